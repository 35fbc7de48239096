"""The measures of a run, over the vehicles scheduled to depart in [begin, end).

`delay_s` is strict: nobody is left out because a jam kept him from departing or arriving.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from greenband.networks.net_xml import open_xml

from .trips import Totals, Trip, Walk

DEPARTURE_BIN_S = 300.0

Due = tuple[str, str, float]
"""Element (vehicle or trip), id and scheduled departure in seconds."""


@dataclass(frozen=True)
class Measures:
    """Means over scheduled vehicles unless said otherwise; None where there is nobody.

    `trip_s` is over arrived vehicles, `max_wait_s` the largest waiting time with the wait to
    depart; `pedestrian_delay_s` is the time lost by walking persons. `emergencies` are emergency
    vehicles; `others_delay_s` is of those that are neither, where there are buses or any of these.
    """

    delay_s: float | None
    delay_resco_s: float | None
    trip_s: float | None
    wait_s: float | None
    stops: float | None
    max_wait_s: float | None
    wait_95_s: float | None
    vehicles: int
    arrived: int
    never_inserted: int
    unfinished: int
    collisions: int
    teleports: int
    gridlock: bool
    co2_kg: float | None = None
    buses: int = 0
    bus_delay_s: float | None = None
    emergencies: int = 0
    emergency_delay_s: float | None = None
    others_delay_s: float | None = None
    pedestrians: int = 0
    pedestrian_delay_s: float | None = None
    main_street_delay_s: float | None = None
    side_street_delay_s: float | None = None
    delay_gini: float | None = None
    worst_approach_wait_s: float | None = None
    delay_by_movement: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    delay_by_departure: dict[str, dict[str, float]] = field(default_factory=dict)
    """Number and mean delay of those scheduled in each 300 s, by the second in which these
    begin; 300 s without anybody are left out."""


def scheduled(trips: Iterable[Trip], begin_s: float, end_s: float) -> list[Trip]:
    """The vehicles that count: scheduled to depart in [begin, end)."""
    return [t for t in trips if begin_s <= t.scheduled_s(end_s) < end_s]


def delay_by_departure(
    counted: Iterable[Trip], begin_s: float, end_s: float
) -> dict[str, dict[str, float]]:
    """Vehicles and mean delay by scheduled departure, in bins of DEPARTURE_BIN_S."""
    bins: dict[float, list[float]] = {}
    for trip in counted:
        k = (trip.scheduled_s(end_s) - begin_s) // DEPARTURE_BIN_S
        bins.setdefault(begin_s + k * DEPARTURE_BIN_S, []).append(trip.delay_s)
    return {
        f"{start_s:g}": {"vehicles": len(delays_s), "delay_s": sum(delays_s) / len(delays_s)}
        for start_s, delays_s in sorted(bins.items())
    }


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return sum(values) / len(values) if values else None


def measures(
    trips: Sequence[Trip],
    walks: Sequence[Walk],
    totals: Totals,
    *,
    begin_s: float,
    end_s: float,
    demand: Sequence[Due] = (),
    bus_types: frozenset[str] = frozenset(),
    emergency_types: frozenset[str] = frozenset(),
    co2: bool = False,
    gridlock: bool = False,
) -> Measures:
    """All measures that need no signal; `movement_delays` adds the others.

    `demand` is what the route files schedule (`departures`), for RESCO's formula.
    """
    counted = scheduled(trips, begin_s, end_s)
    arrived = [t for t in counted if t.arrived]
    inserted = [t for t in counted if t.inserted]
    buses = [t for t in counted if t.type in bus_types]
    emergencies = [t for t in counted if t.type in emergency_types]
    others = [t for t in counted if t.type not in bus_types | emergency_types]
    waits_s = [t.waiting_s + t.depart_delay_s for t in counted]
    return Measures(
        delay_s=mean([t.delay_s for t in counted]),
        delay_resco_s=resco_delay_s(trips, demand, end_s),
        trip_s=mean([t.duration_s for t in arrived]),
        wait_s=mean([t.waiting_s for t in inserted]),
        stops=mean([t.stops for t in inserted]),
        max_wait_s=max(waits_s, default=None),
        wait_95_s=float(np.percentile(waits_s, 95.0)) if waits_s else None,
        vehicles=len(counted),
        arrived=len(arrived),
        never_inserted=len(counted) - len(inserted),
        unfinished=len(inserted) - len(arrived),
        collisions=totals.collisions,
        teleports=totals.teleports,
        gridlock=gridlock,
        co2_kg=sum(t.co2_kg for t in trips) if co2 else None,
        buses=len(buses),
        bus_delay_s=mean([t.delay_s for t in buses]),
        emergencies=len(emergencies),
        emergency_delay_s=mean([t.delay_s for t in emergencies]),
        others_delay_s=mean([t.delay_s for t in others]) if buses or emergencies else None,
        pedestrians=len(walks),
        pedestrian_delay_s=mean([w.time_loss_s for w in walks]),
        delay_by_departure=delay_by_departure(counted, begin_s, end_s),
    )


def resco_delay_s(trips: Sequence[Trip], demand: Sequence[Due], end_s: float) -> float | None:
    """RESCO's own formula (its utils/readXML.py), kept with its peculiarities.

    The sum of timeLoss + departDelay of all that departed, plus end minus scheduled departure of
    those <vehicle>s of the route file that are scheduled after the scheduled departure of the
    last one that departed; divided by the number of both. Vehicles that could not depart and
    were scheduled earlier, and <trip>s, are left out. `demand` is in the order of the file.
    """
    departed = [t for t in trips if t.inserted]
    if not departed:
        return None
    last = max(departed, key=lambda t: t.depart_s)  # the first of several, as there
    total_s, number = sum(t.delay_s for t in departed), len(departed)
    last_s = {name: due_s for _, name, due_s in demand}.get(last.id)
    if last_s is not None:
        missing_s = [end_s - s for tag, _, s in demand if tag == "vehicle" and s > last_s]
        total_s, number = total_s + sum(missing_s), number + len(missing_s)
    return total_s / number


def departures(routes: Iterable[Path]) -> Iterator[Due]:
    """Element, id and scheduled departure of each <vehicle> and <trip> of route files."""
    for path in routes:
        with open_xml(path) as file:
            for _, element in ET.iterparse(file):
                if element.tag not in ("vehicle", "trip"):
                    continue
                with suppress(KeyError, ValueError):  # "triggered", or hours:minutes
                    name, depart = element.attrib["id"], element.attrib["depart"]
                    yield element.tag, name, float(depart)
                element.clear()


def vehicle_schedule_s(routes: Iterable[Path]) -> dict[str, float]:
    """Scheduled departures of the <vehicle> elements of route files, in their order."""
    return {name: depart_s for tag, name, depart_s in departures(routes) if tag == "vehicle"}


def left_out(
    demand: Iterable[Due], trips: Iterable[Trip], begin_s: float, end_s: float
) -> list[str]:
    """Scheduled vehicles that SUMO did not simulate, such as those out of order in their file."""
    known = {t.id for t in trips}
    return [
        name for _, name, depart_s in demand if begin_s <= depart_s < end_s and name not in known
    ]
