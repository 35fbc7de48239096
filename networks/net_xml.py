"""A SUMO net file as plain data: only what signals, their approaches and exits need.

Read straight from the XML: sumolib takes several times as long for a city.
"""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

from greenband.engine.errors import InputError

DEFAULT_LANE_WIDTH_M = 3.2
"""What SUMO takes where a lane has no width of its own."""

NO_CARS = frozenset({"pedestrian", "bicycle", "tram", "rail", "rail_urban", "rail_electric"})

BROKEN = (ET.ParseError, EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a file raises that is cut off, damaged or no XML."""

Point = tuple[float, ...]


@dataclass(frozen=True)
class NetLane:
    """A lane: `allow` and `disallow` as written, empty where all may use it."""

    id: str
    edge: str
    index: int
    speed_mps: float
    length_m: float
    width_m: float
    shape: tuple[Point, ...]
    allow: frozenset[str]
    disallow: frozenset[str]

    @property
    def internal(self) -> bool:
        """Inside a junction."""
        return self.id.startswith(":")

    @property
    def for_vehicles(self) -> bool:
        """Not only for people on foot."""
        if self.allow:
            return self.allow != {"pedestrian"}
        return "all" not in self.disallow

    @property
    def for_cars(self) -> bool:
        """Motor traffic on tyres, buses among them, may use it."""
        if self.allow:
            return not self.allow <= NO_CARS
        return not {"passenger", "bus"} <= self.disallow and "all" not in self.disallow


@dataclass(frozen=True)
class NetEdge:
    """An edge; `function` is empty for a street, else internal, crossing or walkingarea."""

    id: str
    from_node: str
    to_node: str
    function: str
    lanes: tuple[str, ...]
    crosses: tuple[str, ...]


@dataclass(frozen=True)
class Connection:
    """From lane to lane, through the internal lane `via` where the net has internal lanes."""

    from_lane: str
    to_lane: str
    via: str
    signal: str
    index: int
    turn: str


@dataclass(frozen=True)
class Junction:
    """A node with its right-of-way matrix: a row per link, `foes` and `response` as bits."""

    id: str
    type: str
    incoming: tuple[str, ...]
    internal: tuple[str, ...]
    response: tuple[int, ...]
    foes: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """One tlLogic; `entries` are (duration_s, state, name)."""

    signal: str
    id: str
    type: str
    offset_s: float
    entries: tuple[tuple[float, str, str], ...]
    params: dict[str, str]


@dataclass
class Net:
    """A net: dictionaries by id, connections in the order of the file."""

    path: Path
    lanes: dict[str, NetLane] = field(default_factory=dict)
    edges: dict[str, NetEdge] = field(default_factory=dict)
    junctions: dict[str, Junction] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    programs: dict[str, Program] = field(default_factory=dict)
    lefthand: bool = False

    @cached_property
    def into(self) -> dict[str, list[Connection]]:
        """Connections by the lane that they lead to, those inside junctions left out."""
        return _by(self.connections, "to_lane", self)

    @cached_property
    def out_of(self) -> dict[str, list[Connection]]:
        """Connections by the lane that they leave, those inside junctions left out."""
        return _by(self.connections, "from_lane", self)

    @cached_property
    def crossings(self) -> dict[str, list[NetEdge]]:
        """Pedestrian crossings by the edges that they cross."""
        found: dict[str, list[NetEdge]] = {}
        for edge in self.edges.values():
            for crossed in edge.crosses if edge.function == "crossing" else ():
                found.setdefault(crossed, []).append(edge)
        return found

    @cached_property
    def inner(self) -> dict[str, Connection]:
        """What follows an internal lane."""
        return {c.from_lane: c for c in self.connections if c.from_lane.startswith(":")}

    def internal_lanes(self, connection: Connection) -> list[NetLane]:
        """The internal lanes of a connection, in the direction of travel."""
        found: list[NetLane] = []
        via = connection.via
        while via in self.lanes and len(found) < 8:
            found.append(self.lanes[via])
            via = self.inner[via].via if via in self.inner else ""
        return found

    def edge_of(self, lane: str) -> NetEdge:
        """The edge of a lane."""
        return self.edges[self.lanes[lane].edge]


def _by(connections: list[Connection], end: str, net: Net) -> dict[str, list[Connection]]:
    groups: dict[str, list[Connection]] = {}
    for c in connections:
        if not c.from_lane.startswith(":") and c.from_lane in net.lanes and c.to_lane in net.lanes:
            groups.setdefault(getattr(c, end), []).append(c)
    return groups


def load_net(path: Path, additional: Iterable[Path] = ()) -> Net:
    """Read a .net.xml or .net.xml.gz, and the signal programs of additional files.

    As in SUMO the program that is read last is the one that runs.
    Raises InputError where a file is missing or is no SUMO net.
    """
    net = Net(path)
    root = ""
    for element in top_elements(path):
        root = root or element.tag
        if element.tag == "net":
            net.lefthand = element.get("lefthand") in {"true", "1"}
        _take(net, element)
    if not net.lanes:
        raise InputError(
            str(path),
            f"no lanes (the first element is <{root or 'nothing'}>)",
            "a SUMO network, as netconvert writes it (.net.xml or .net.xml.gz)",
            "Give the network file, or make one with netconvert.",
        )
    for extra in additional:
        for element in top_elements(extra):
            if element.tag == "tlLogic":
                _take(net, element)
    return net


def open_xml(path: Path) -> IO[bytes]:
    """Open an XML file, packed with gzip or not.

    Raises InputError where it is missing.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise InputError(
            str(path),
            "the file can't be read" if path.exists() else "there is no such file",
            "an existing file",
            "Correct the name, or put the file there.",
        ) from error


def top_elements(path: Path) -> Iterator[ET.Element]:
    """The root (still empty), then each of its children when it is whole."""
    with open_xml(path) as file:
        try:
            depth = 0
            root: ET.Element | None = None
            for event, element in ET.iterparse(file, events=("start", "end")):
                depth += 1 if event == "start" else -1
                if root is None:
                    root = element
                    yield element
                elif event == "end" and depth == 1:
                    yield element
                    root.clear()
        except BROKEN as error:
            raise InputError(
                str(path),
                f"not well-formed XML ({error})",
                "XML, packed with gzip or not",
                "Make the file anew; it may have been cut off.",
            ) from error


def _take(net: Net, element: ET.Element) -> None:
    """Raises InputError where a number can't be read."""
    try:
        _take_element(net, element)
    except ValueError as error:
        name = element.get("id") or f"from {element.get('from', '')} to {element.get('to', '')}"
        raise InputError(
            f"{net.path}, {element.tag} {name}",
            f"a number that can't be read ({error})",
            "a SUMO network, as netconvert writes it",
            "Correct the element, or make the file anew with netconvert.",
        ) from error


def _take_element(net: Net, element: ET.Element) -> None:
    if element.tag == "edge":
        _take_edge(net, element)
    elif element.tag == "connection":
        net.connections.append(_connection(element))
    elif element.tag == "junction":
        junction = _junction(element)
        net.junctions[junction.id] = junction
    elif element.tag == "tlLogic":
        program = _program(element)
        if program.id != "off":
            net.programs[program.signal] = program


def _take_edge(net: Net, element: ET.Element) -> None:
    edge = element.get("id", "")
    lanes = [_lane(edge, lane) for lane in element.iter("lane")]
    net.lanes.update((lane.id, lane) for lane in lanes)
    net.edges[edge] = NetEdge(
        id=edge,
        from_node=element.get("from", ""),
        to_node=element.get("to", ""),
        function=element.get("function", ""),
        lanes=tuple(lane.id for lane in lanes),
        crosses=tuple(element.get("crossingEdges", "").split()),
    )


def _lane(edge: str, element: ET.Element) -> NetLane:
    shape = tuple(
        tuple(float(v) for v in point.split(",")) for point in element.get("shape", "").split()
    )
    return NetLane(
        id=element.get("id", ""),
        edge=edge,
        index=int(element.get("index", 0)),
        speed_mps=float(element.get("speed", 13.89)),
        length_m=float(element.get("length", 0.1)),
        width_m=float(element.get("width", DEFAULT_LANE_WIDTH_M)),
        shape=shape,
        allow=frozenset(element.get("allow", "").split()) - {"all"},
        disallow=frozenset(element.get("disallow", "").split()),
    )


def _connection(element: ET.Element) -> Connection:
    return Connection(
        from_lane=f"{element.get('from', '')}_{element.get('fromLane', '0')}",
        to_lane=f"{element.get('to', '')}_{element.get('toLane', '0')}",
        via=element.get("via", ""),
        signal=element.get("tl", "") if element.get("linkIndex") is not None else "",
        index=int(element.get("linkIndex", -1)),
        turn=element.get("dir", "s"),
    )


def _junction(element: ET.Element) -> Junction:
    rows = sorted(element.iter("request"), key=lambda r: int(r.get("index", 0)))
    return Junction(
        id=element.get("id", ""),
        type=element.get("type", ""),
        incoming=tuple(element.get("incLanes", "").split()),
        internal=tuple(element.get("intLanes", "").split()),
        response=tuple(int(r.get("response", "0"), 2) for r in rows),
        foes=tuple(int(r.get("foes", "0"), 2) for r in rows),
    )


def _program(element: ET.Element) -> Program:
    return Program(
        signal=element.get("id", ""),
        id=element.get("programID", ""),
        type=element.get("type", "static"),
        offset_s=_number(element.get("offset")),
        entries=tuple(
            (_number(p.get("duration")), p.get("state", ""), p.get("name", ""))
            for p in element.iter("phase")
        ),
        params={p.get("key", ""): p.get("value", "") for p in element.iter("param")},
    )


def _number(text: str | None) -> float:
    """Seconds; SUMO also lets an offset be the word "begin"."""
    try:
        return float(text or 0.0)
    except ValueError:
        return 0.0
