"""Who departs when: the vehicles of a scenario's route files, flows written out one by one.

A flow with a number, a period or a rate departs as SUMO lets it: the k-th vehicle at its begin
plus k periods, as long as that is before its end. A flow with a probability or with exponential
gaps is drawn by SUMO from its own seed: it has no schedule before it has run, and is named.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from greenband.engine.errors import InputError

from .net_xml import top_elements
from .scenario import Scenario
from .sumocfg import seconds

VEHICLES = frozenset({"vehicle", "trip"})
PERSONS = frozenset({"person", "personFlow", "container", "containerFlow"})
UNTIMED = frozenset({"triggered", "containerTriggered", "split"})
"""Departures that something else than the clock decides."""
RATES = ("vehsPerHour", "perHour")
SLACK = 1e-6
"""Of a period: rounding must not add a departure at the flow's very end."""


@dataclass(frozen=True)
class Departures:
    """Vehicles scheduled to depart within the window, in the order of their departures.

    Attributes
    ----------
    ids : of the vehicles; those of a flow are FLOW.0, FLOW.1 and so on.
    depart_s : (n_vehicles,) seconds.
    before : vehicles scheduled before the window, which are no part of the scenario.
    random_flows : flows whose departures SUMO draws; they are not among the ids.
    persons : people and containers (a flow of them counts once).
    """

    ids: tuple[str, ...]
    depart_s: NDArray[np.float64]
    before: int
    random_flows: tuple[str, ...]
    persons: int


def scheduled(scenario: Scenario) -> Departures:
    """The vehicles scheduled to depart in [begin, end) of a scenario.

    Raises InputError where a departure can't be read, or where a flow has no end and the
    scenario has none either.
    """
    found: list[tuple[float, str]] = []
    before, persons = 0, 0
    random_flows: list[str] = []
    for path, element in demand_elements(scenario):
        if element.tag in PERSONS:
            persons += 1
        elif element.tag == "flow" and is_random(element):
            random_flows.append(element.get("id", ""))
        elif element.tag in VEHICLES or element.tag == "flow":
            for depart_s, name in _departures(path, element, scenario):
                before += depart_s < scenario.begin_s
                if within(scenario, depart_s):
                    found.append((depart_s, name))
    found.sort(key=lambda item: item[0])
    return Departures(
        ids=tuple(name for _, name in found),
        depart_s=np.array([depart_s for depart_s, _ in found], dtype=np.float64),
        before=before,
        random_flows=tuple(random_flows),
        persons=persons,
    )


def within(scenario: Scenario, depart_s: float) -> bool:
    """True where a departure counts."""
    return scenario.begin_s <= depart_s and (scenario.end_s is None or depart_s < scenario.end_s)


def demand_elements(scenario: Scenario) -> Iterator[tuple[Path, ET.Element]]:
    """The elements of all route and additional files."""
    for path in (*scenario.routes, *scenario.additional):
        for element in top_elements(path):
            yield path, element


def _departures(path: Path, element: ET.Element, scenario: Scenario) -> list[tuple[float, str]]:
    name = element.get("id", "")
    if element.tag == "flow":
        times = flow_departures(path, element, scenario)
        return [(t, f"{name}.{k}") for k, t in enumerate(times)]
    depart_s = departure_s(path, element, scenario)
    return [] if depart_s is None else [(depart_s, name)]


def departure_s(path: Path, element: ET.Element, scenario: Scenario) -> float | None:
    """When a vehicle departs; None where something else than the clock decides (triggered)."""
    text = element.get("depart", "0")
    if text in UNTIMED:
        return None
    if text in {"begin", "now"}:
        return scenario.begin_s
    return _time(path, element, "depart", text)


def is_random(flow: ET.Element) -> bool:
    """True where SUMO draws the departures of a flow."""
    drawn = any("exp" in flow.get(rate, "") for rate in ("period", *RATES))
    return drawn or flow.get("probability") is not None


def flow_departures(path: Path, flow: ET.Element, scenario: Scenario) -> list[float]:
    """The departures of a flow that is not random, seconds."""
    begin_s = _time(path, flow, "begin", flow.get("begin", "0"), scenario)
    end_s = flow_end_s(path, flow, scenario)
    number = flow.get("number")
    period_s = _period_s(path, flow)
    if number is not None:
        count = int(_value(path, flow, "number", number))
        if period_s is None:
            period_s = (_known_end(path, flow, end_s) - begin_s) / count if count else 0.0
    elif period_s is None:
        raise _wrong(path, flow, "no number, period, rate or probability", "one of them")
    else:
        count = max(0, ceil((_known_end(path, flow, end_s) - begin_s) / period_s - SLACK))
    return [begin_s + k * period_s for k in range(count)]


def flow_end_s(path: Path, flow: ET.Element, scenario: Scenario) -> float | None:
    """When a flow ends; without an end of its own it ends with the scenario."""
    text = flow.get("end")
    return scenario.end_s if text is None else _time(path, flow, "end", text)


def _period_s(path: Path, flow: ET.Element) -> float | None:
    text = flow.get("period")
    if text is not None:
        return _positive(path, flow, "period", text)
    for rate in RATES:
        text = flow.get(rate)
        if text is not None:
            return 3600.0 / _positive(path, flow, rate, text)
    return None


def _known_end(path: Path, flow: ET.Element, end_s: float | None) -> float:
    if end_s is None:
        raise _wrong(
            path, flow, "no end, and the configuration has none", "a flow or a run that ends"
        )
    return end_s


def _time(
    path: Path, element: ET.Element, key: str, text: str, scenario: Scenario | None = None
) -> float:
    if text == "begin" and scenario is not None:
        return scenario.begin_s
    try:
        return seconds(text)
    except ValueError:
        raise _wrong(path, element, f"{key} {text!r}", "seconds, or HH:MM:SS") from None


def _value(path: Path, element: ET.Element, key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _wrong(path, element, f"{key} {text!r}", "a number") from None


def _positive(path: Path, element: ET.Element, key: str, text: str) -> float:
    value = _value(path, element, key, text)
    if value <= 0:
        raise _wrong(path, element, f"{key} {value:g}", "more than 0, as SUMO wants it")
    return value


def _wrong(path: Path, element: ET.Element, found: str, allowed: str) -> InputError:
    return InputError(
        f"{path}, {element.tag} {element.get('id', '')}", found, allowed, "Correct the route file."
    )
