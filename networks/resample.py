"""Demand drawn anew, so that a result does not hang on one published file.

Each vehicle's departure is shifted by up to 60 s, one in ten is dropped, and one in ten has a
double that departs at another time within the window. A shift that would lead out of the window
is mirrored back into it, so that the volume stays. Flows are first written out vehicle by vehicle
(random ones are drawn here, from the same seed). Vehicles with a `line` run to a timetable and
stay, and so do people, containers, and vehicles that wait for somebody (depart "triggered").
Demand in additional files stays too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from .demand import (
    PERSONS,
    VEHICLES,
    departure_s,
    flow_departures,
    flow_end_s,
    is_random,
    within,
)
from .net_xml import top_elements
from .scenario import Scenario, with_digest
from .sumocfg import seconds

SHIFT_S = 60.0
DROPPED = 0.1
DOUBLED = 0.1

FLOW_ONLY = frozenset({"begin", "end", "number", "period", "vehsPerHour", "perHour", "probability"})


@dataclass(frozen=True)
class Draw:
    """How far vehicles are shifted at most, and the parts of them dropped and doubled."""

    shift_s: float = SHIFT_S
    dropped_ratio: float = DROPPED
    doubled_ratio: float = DOUBLED


RESAMPLED = Draw()


def resample(scenario: Scenario, seed: int, folder: Path, draw: Draw = RESAMPLED) -> Scenario:
    """The scenario with a new route file in `folder`; the published files are left alone.

    The same seed gives the same file. Raises InputError for demand that can't be read.
    """
    rng = np.random.default_rng(seed)
    fixed: list[str] = []
    departing: list[tuple[float, str]] = []
    last_s = _last_s(scenario)
    for path in scenario.routes:
        for element in top_elements(path):
            if element.tag in VEHICLES or element.tag == "flow" or element.tag in PERSONS:
                departing.extend(_drawn(path, element, scenario, last_s, rng, draw))
            elif element.tag != "routes":
                fixed.append(_text(element))
    departing.sort(key=lambda item: item[0])
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{scenario.name}.resampled-{seed}.rou.xml"
    unfinished = target.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write("<routes>\n")
        file.writelines(f"    {text}\n" for text in (*fixed, *(t for _, t in departing)))
        file.write("</routes>\n")
    unfinished.replace(target)
    published = scenario.drawn_from or scenario
    return with_digest(replace(scenario, routes=(target.resolve(),), drawn_from=published))


def _last_s(scenario: Scenario) -> float:
    """The end of the window for doubles: the scenario's, or the last departure."""
    if scenario.end_s is not None:
        return scenario.end_s
    last_s = scenario.begin_s
    for path in scenario.routes:
        for element in top_elements(path):
            if element.tag in VEHICLES:
                last_s = max(last_s, departure_s(path, element, scenario) or last_s)
            elif element.tag == "flow" and not is_random(element):
                last_s = max((last_s, *flow_departures(path, element, scenario)))
    return last_s


def _drawn(
    path: Path,
    element: ET.Element,
    scenario: Scenario,
    last_s: float,
    rng: np.random.Generator,
    draw: Draw,
) -> Iterator[tuple[float, str]]:
    """What becomes of one element: (departure, XML) of each vehicle."""
    if element.tag in PERSONS or element.get("line") is not None:
        yield _begin_s(element, scenario), _text(element)
        return
    for depart_s, vehicle in _vehicles(path, element, scenario, rng):
        if depart_s is None:
            yield scenario.begin_s, _text(vehicle)
        elif within(scenario, depart_s):
            yield from _varied(vehicle, depart_s, (scenario.begin_s, last_s), rng, draw)


def _begin_s(element: ET.Element, scenario: Scenario) -> float:
    """Where what stays belongs in a file that must be in the order of departures."""
    try:
        return seconds(element.get("depart", element.get("begin", "")))
    except ValueError:
        return scenario.begin_s


def _varied(
    vehicle: ET.Element,
    depart_s: float,
    window_s: tuple[float, float],
    rng: np.random.Generator,
    draw: Draw,
) -> Iterator[tuple[float, str]]:
    """Every vehicle takes the same number of draws, so that one change moves no other."""
    begin_s, last_s = window_s
    fate, shift, other = rng.random(3)
    if fate < draw.dropped_ratio:
        return
    shifted_s = _mirrored(depart_s + draw.shift_s * (2.0 * shift - 1.0), begin_s, last_s)
    yield shifted_s, _at(vehicle, depart_s, shifted_s, vehicle.get("id", ""))
    if fate >= 1.0 - draw.doubled_ratio:
        other_s = begin_s + (last_s - begin_s) * other
        yield other_s, _at(vehicle, depart_s, other_s, f"{vehicle.get('id', '')}.double")


def _mirrored(time_s: float, begin_s: float, last_s: float) -> float:
    if time_s < begin_s:
        time_s = 2.0 * begin_s - time_s
    if time_s >= last_s:
        time_s = 2.0 * last_s - time_s - 0.01
    return max(begin_s, time_s)


def _vehicles(
    path: Path, element: ET.Element, scenario: Scenario, rng: np.random.Generator
) -> Iterator[tuple[float | None, ET.Element]]:
    if element.tag != "flow":
        yield departure_s(path, element, scenario), element
        return
    times = (
        _random_departures(path, element, scenario, rng)
        if is_random(element)
        else flow_departures(path, element, scenario)
    )
    keep = {k: v for k, v in element.attrib.items() if k not in FLOW_ONLY}
    tag = "vehicle" if "route" in keep or element.find("route") is not None else "trip"
    for k, depart_s in enumerate(times):
        vehicle = ET.Element(tag, {**keep, "id": f"{keep.get('id', '')}.{k}"})
        vehicle.extend(element)
        yield depart_s, vehicle


def _random_departures(
    path: Path, flow: ET.Element, scenario: Scenario, rng: np.random.Generator
) -> list[float]:
    """Each second with the flow's probability, or with exponential gaps."""
    begin_s = seconds(flow.get("begin", "0").replace("begin", f"{scenario.begin_s:g}"))
    end_s = flow_end_s(path, flow, scenario)
    horizon_s = (end_s if end_s is not None else begin_s + 86400.0) - begin_s
    number = int(flow.get("number", "-1"))
    probability = flow.get("probability")
    if probability is not None:
        hits = rng.random(int(horizon_s)) < float(probability)
        times = begin_s + np.flatnonzero(hits)
    else:
        rate = next(v for k in ("period", "vehsPerHour", "perHour") if (v := flow.get(k)))
        per_s = float(rate.strip()[len("exp(") : -1])
        gaps = rng.exponential(1.0 / per_s, size=int(horizon_s * per_s * 2) + 20)
        times = begin_s + np.cumsum(gaps)
        times = times[times < begin_s + horizon_s]
    chosen = times[:number] if number >= 0 else times
    return [float(t) for t in chosen]


def _at(vehicle: ET.Element, depart_s: float, new_s: float, name: str) -> str:
    """The vehicle as text with another departure; its stops move along."""
    attributes = {**vehicle.attrib, "id": name, "depart": f"{new_s:.2f}"}
    copy = ET.Element(vehicle.tag, attributes)
    for child in vehicle:
        until = child.get("until")
        if child.tag == "stop" and until is not None:
            moved = {**child.attrib, "until": f"{seconds(until) + new_s - depart_s:.2f}"}
            copy.append(ET.Element("stop", moved))
        else:
            copy.append(child)
    return _text(copy)


def _text(element: ET.Element) -> str:
    """One line of XML, its attributes in their order."""
    inner = "".join(_text(child) for child in element)
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in element.attrib.items())
    return (
        f"<{element.tag}{attributes}>{inner}</{element.tag}>"
        if inner
        else (f"<{element.tag}{attributes}/>")
    )
