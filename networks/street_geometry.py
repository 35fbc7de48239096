"""SUMO plain XML (nodes, edges, connections) for a described street.

Names: nodes west, east, the signals, and A.N, A.S where a side street begins; edge west-A runs
from there towards A and west-A.bay is its last piece, where the left-turn bay is. Lanes are
counted from the kerb, the sidewalk first where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

from .street_description import Cross, Direction, Street

LEFT: dict[Direction, Direction] = {"EB": "NB", "NB": "WB", "WB": "SB", "SB": "EB"}
RIGHT: dict[Direction, Direction] = {"EB": "SB", "SB": "WB", "WB": "NB", "NB": "EB"}
HEADING: dict[Direction, tuple[int, int]] = {
    "EB": (1, 0),
    "WB": (-1, 0),
    "NB": (0, 1),
    "SB": (0, -1),
}


@dataclass(frozen=True)
class Leg:
    """The approach to one signal in one direction, and where it comes from."""

    signal: str
    direction: Direction
    origin: str
    cross: Cross
    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def edge(self) -> str:
        """Edge that enters the leg."""
        return f"{self.origin}-{self.signal}"

    @property
    def stop_edge(self) -> str:
        """Edge that ends at the stop line."""
        return f"{self.edge}.bay" if self.cross.bay_m else self.edge


def legs_of(street: Street) -> list[Leg]:
    """All approaches of all signals, signal by signal."""
    legs = []
    xs = [s.x_m for s in street.signals]
    names = [s.id for s in street.signals]
    for k, signal in enumerate(street.signals):
        here = (signal.x_m, 0.0)
        west = (xs[k - 1], 0.0) if k else (signal.x_m - street.main.length_m, 0.0)
        east = (xs[k + 1], 0.0) if k + 1 < len(xs) else (signal.x_m + street.main.length_m, 0.0)
        north, south = (here[0], signal.side.length_m), (here[0], -signal.side.length_m)
        origins: list[tuple[Direction, str, Cross, tuple[float, float]]] = [
            ("EB", names[k - 1] if k else "west", street.main, west),
            ("WB", names[k + 1] if k + 1 < len(names) else "east", street.main, east),
            ("NB", f"{signal.id}.S", signal.side, south),
            ("SB", f"{signal.id}.N", signal.side, north),
        ]
        legs += [Leg(signal.id, d, o, c, start, here) for d, o, c, start in origins]
    return legs


def exit_edge(legs: list[Leg], signal: str, direction: Direction) -> str:
    """The edge by which vehicles that travel in this direction leave a signal."""
    opposite = LEFT[LEFT[direction]]
    back = next(leg for leg in legs if leg.signal == signal and leg.direction == opposite)
    return f"{signal}-{back.origin}"


def nodes_xml(street: Street, legs: list[Leg]) -> str:
    """Nodes: ends, bays and signals."""
    ends: dict[str, tuple[float, float]] = {
        leg.origin: leg.start for leg in legs if leg.origin not in {s.id for s in street.signals}
    }
    lines = [f'<node id="{n}" x="{x}" y="{y}" type="priority"/>' for n, (x, y) in ends.items()]
    for leg in legs:
        if leg.cross.bay_m:
            dx, dy = HEADING[leg.direction]
            x, y = leg.end[0] - dx * _bay_m(leg), leg.end[1] - dy * _bay_m(leg)
            lines.append(f'<node id="{leg.edge}.start" x="{x}" y="{y}" type="priority"/>')
    lines += [
        f'<node id="{s.id}" x="{s.x_m}" y="0" type="traffic_light" tl="{s.id}"/>'
        for s in street.signals
    ]
    return _document("nodes", lines)


def _bay_m(leg: Leg) -> float:
    """The bay's storage counts from the stop line, which lies about 12 m from the centre."""
    return leg.cross.bay_m + 12.0


def edges_xml(street: Street, legs: list[Leg]) -> str:
    """Edges with explicit lanes, so that no lane is guessed."""
    lines = []
    for leg in legs:
        middle = f"{leg.edge}.start" if leg.cross.bay_m else leg.signal
        lines += _edge(street, leg.edge, leg.origin, middle, leg.cross, bay=False)
        if leg.cross.bay_m:
            lines += _edge(street, leg.stop_edge, middle, leg.signal, leg.cross, bay=True)
    inward = {leg.edge for leg in legs}
    for leg in legs:
        out = f"{leg.signal}-{leg.origin}"
        if out not in inward:
            lines += _edge(street, out, leg.signal, leg.origin, leg.cross, bay=False)
    return _document("edges", lines)


def _edge(street: Street, name: str, start: str, end: str, cross: Cross, *, bay: bool) -> list[str]:
    widths = [cross.lane_width_m] * (cross.lanes + bay)
    walk = street.sidewalk_m > 0
    lanes = [f'<lane index="0" allow="pedestrian" width="{street.sidewalk_m}"/>'] if walk else []
    lanes += [
        f'<lane index="{i + walk}" disallow="pedestrian" width="{w}"/>'
        for i, w in enumerate(widths)
    ]
    head = (
        f'<edge id="{name}" from="{start}" to="{end}" numLanes="{len(lanes)}" '
        f'speed="{cross.speed_mps}" priority="1">'
    )
    return [head, *lanes, "</edge>"]


def connections_xml(street: Street, legs: list[Leg]) -> str:
    """Which lane goes where, and the crossings."""
    lines = []
    walk = int(street.sidewalk_m > 0)
    for leg in legs:
        lanes = leg.cross.lanes
        if leg.cross.bay_m:
            pairs = [(i, i) for i in range(lanes)] + [(lanes - 1, lanes)]
            lines += [_connection(leg.edge, leg.stop_edge, a + walk, b + walk) for a, b in pairs]
        lines += _signal_connections(legs, leg, walk)
    if walk:
        lines += [
            f'<crossing node="{leg.signal}" edges="{leg.stop_edge} {leg.signal}-{leg.origin}" '
            f'priority="true" width="3.0"/>'
            for leg in legs
        ]
    return _document("connections", lines)


def _signal_connections(legs: list[Leg], leg: Leg, walk: int) -> list[str]:
    """Right from the kerb lane, straight on from every lane, left from the bay."""
    through = exit_edge(legs, leg.signal, leg.direction)
    right = exit_edge(legs, leg.signal, RIGHT[leg.direction])
    left = exit_edge(legs, leg.signal, LEFT[leg.direction])
    lanes = leg.cross.lanes
    left_lane = lanes if leg.cross.bay_m else lanes - 1
    inner = _lanes_of(legs, left) - 1
    lines = [_connection(leg.stop_edge, right, walk, walk)]
    lines += [_connection(leg.stop_edge, through, i + walk, i + walk) for i in range(lanes)]
    return [*lines, _connection(leg.stop_edge, left, left_lane + walk, inner + walk)]


def _lanes_of(legs: list[Leg], edge: str) -> int:
    """Vehicle lanes of an edge that leaves a signal."""
    for leg in legs:
        if edge in (leg.edge, f"{leg.signal}-{leg.origin}"):
            return leg.cross.lanes
    raise KeyError(edge)


def _connection(start: str, end: str, from_lane: int, to_lane: int) -> str:
    return f'<connection from="{start}" to="{end}" fromLane="{from_lane}" toLane="{to_lane}"/>'


def _document(root: str, lines: list[str]) -> str:
    return "\n".join([f"<{root}>", *(f"  {line}" for line in lines), f"</{root}>", ""])
