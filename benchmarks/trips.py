"""What SUMO wrote about each trip, as plain rows.

Everything is in SUMO's tripinfo file: a vehicle that never departed has departDelay = end minus
its scheduled departure, an unfinished one its time loss until the end.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from greenband.networks.demand import UNTIMED

MG_PER_KG = 1e6


@dataclass(frozen=True, slots=True)
class Trip:
    """One vehicle. Times in seconds; `depart_s` and `arrival_s` are -1 where it never did."""

    id: str
    type: str
    depart_s: float
    depart_delay_s: float
    arrival_s: float
    duration_s: float
    time_loss_s: float
    waiting_s: float
    stops: int
    speed_factor: float
    co2_kg: float

    @property
    def inserted(self) -> bool:
        """It entered the network."""
        return self.depart_s >= 0

    @property
    def arrived(self) -> bool:
        """It reached its destination."""
        return self.arrival_s >= 0

    def scheduled_s(self, end_s: float) -> float:
        """When it should have departed, for a run that ended at end_s."""
        return (self.depart_s if self.inserted else end_s) - self.depart_delay_s

    @property
    def delay_s(self) -> float:
        """Strict delay: time loss and departure delay."""
        return self.time_loss_s + self.depart_delay_s


@dataclass(frozen=True, slots=True)
class Walk:
    """One person: time lost while walking, waits at crossings included."""

    id: str
    depart_s: float
    time_loss_s: float


def read_trips(path: Path) -> tuple[list[Trip], list[Walk]]:
    """All vehicles and all persons of a tripinfo file, in its order."""
    trips: list[Trip] = []
    walks: list[Walk] = []
    for element in _children(path):
        if element.tag == "tripinfo":
            trips.append(_trip(element))
        elif element.tag == "personinfo":
            walks.append(_walk(element))
    return trips, walks


def _children(path: Path) -> Iterator[ET.Element]:
    """The root's children, one by one and forgotten afterwards."""
    depth, root = 0, None
    for event, element in ET.iterparse(path, events=("start", "end")):
        if event == "start":
            depth += 1
            root = element if depth == 1 else root
            continue
        depth -= 1
        if depth == 1 and root is not None:
            yield element
            root.clear()


def _trip(element: ET.Element) -> Trip:
    get = element.attrib
    emissions = element.find("emissions")
    return Trip(
        id=get["id"],
        type=get.get("vType", ""),
        depart_s=float(get["depart"]),
        depart_delay_s=float(get["departDelay"]),
        arrival_s=float(get["arrival"]),
        duration_s=float(get["duration"]),
        time_loss_s=float(get["timeLoss"]),
        waiting_s=float(get["waitingTime"]),
        stops=int(get["waitingCount"]),
        speed_factor=float(get.get("speedFactor", 1.0)),
        co2_kg=0.0 if emissions is None else float(emissions.attrib["CO2_abs"]) / MG_PER_KG,
    )


def _walk(element: ET.Element) -> Walk:
    lost = [float(w.attrib.get("timeLoss", 0.0)) for w in element.iter("walk")]
    return Walk(
        element.attrib["id"], float(element.attrib["depart"]), sum(t for t in lost if t > 0)
    )


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle's route with the time at which it left each edge, -1 where it did not."""

    id: str
    depart_s: float
    edges: tuple[str, ...]
    exits_s: tuple[float, ...]


def read_passages(path: Path) -> list[Passage]:
    """Routes with exit times, as SUMO's vehroute file has them."""
    found = []
    for element in _children(path):
        route = element.find("route")
        if element.tag != "vehicle" or route is None:
            continue
        if element.attrib["depart"] in UNTIMED:  # whoever waits for a rider was not scheduled
            continue
        edges = tuple(route.attrib["edges"].split())
        exits = [float(t) for t in route.attrib.get("exitTimes", "").split()]
        exits += [-1.0] * (len(edges) - len(exits))
        depart_s = float(element.attrib["depart"])
        found.append(Passage(element.attrib["id"], depart_s, edges, tuple(exits)))
    return found


@dataclass(frozen=True)
class Totals:
    """Counts that SUMO keeps itself."""

    collisions: int
    teleports: int


def read_totals(path: Path) -> Totals:
    """From SUMO's statistic file."""
    root = ET.parse(path).getroot()
    safety, teleports = root.find("safety"), root.find("teleports")
    return Totals(
        collisions=0 if safety is None else int(safety.attrib["collisions"]),
        teleports=0 if teleports is None else int(teleports.attrib["total"]),
    )
