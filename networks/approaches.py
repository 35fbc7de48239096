"""Approaches and movements of a signal, named by compass and turn: NB, NBL, SWB2, EBT2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot

from greenband.engine.site import Turn

from .net_xml import Connection, Net, NetLane, Point
from .signal_groups import ControlledLink

TURNS: dict[str, Turn] = {"s": "T", "l": "L", "L": "L", "r": "R", "R": "R", "t": "U", "T": "U"}
"""SUMO's `dir` of a connection; its T is a U-turn in left-hand traffic."""

CARDINAL = ("NB", "EB", "SB", "WB")
COMPASS = ("NB", "NEB", "EB", "SEB", "SB", "SWB", "WB", "NWB")

LOOK_BACK_M = 20.0
"""The direction at the stop line is taken over this length: the last segment may be a stub."""


@dataclass(frozen=True)
class Arm:
    """An incoming edge under the signal."""

    id: str
    edge: str
    bearing_deg: float
    lanes: tuple[str, ...]


@dataclass(frozen=True)
class Turning:
    """A movement: from an edge to an edge."""

    id: str
    arm: str
    turn: Turn
    from_edge: str
    to_edge: str
    links: tuple[ControlledLink, ...]


def arms_of(net: Net, links: Sequence[ControlledLink]) -> tuple[Arm, ...]:
    """The incoming edges with their controlled lanes, clockwise from north."""
    lanes: dict[str, set[str]] = {}
    for link in links:
        if not link.crossing:
            lane = link.connection.from_lane
            lanes.setdefault(net.lanes[lane].edge, set()).add(lane)
    bearings = {e: bearing_deg(net.lanes[net.edges[e].lanes[-1]]) for e in lanes}
    names = compass_names(bearings)
    arms = [
        Arm(names[e], e, bearings[e], tuple(x for x in net.edges[e].lanes if x in lanes[e]))
        for e in lanes
    ]
    return tuple(sorted(arms, key=lambda a: (_from_north(a.bearing_deg), a.id)))


def _from_north(bearing: float) -> float:
    """Clockwise order that begins in the middle of north-west, so that 358 deg counts as NB."""
    return (bearing + 22.5) % 360.0


def compass_names(bearings: dict[str, float]) -> dict[str, str]:
    """A name for each approach: NB, EB, SB, WB to the closest one, then NEB, then a number."""
    names: dict[str, str] = {}
    taken: dict[str, int] = {}

    def give(edge: str, name: str) -> None:
        taken[name] = taken.get(name, 0) + 1
        names[edge] = name if taken[name] == 1 else f"{name}{taken[name]}"

    def off(edge: str, name: str) -> float:
        return _turned(bearings[edge], 45.0 * COMPASS.index(name))

    pairs = sorted((off(e, n), n, e) for e in bearings for n in CARDINAL)
    for difference, name, edge in pairs:
        if difference <= 45.0 and edge not in names and name not in taken:
            give(edge, name)
    for edge in sorted(set(bearings) - set(names), key=lambda e: (bearings[e], e)):
        free = [n for n in COMPASS if n not in taken and off(edge, n) <= 45.0]
        nearest = min(free or CARDINAL, key=lambda n: off(edge, n))
        give(edge, nearest)
    return names


def _turned(a: float, b: float) -> float:
    """The angle between two bearings, 0 to 180 degrees."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


def bearing_deg(lane: NetLane) -> float:
    """Direction of travel at the lane's end, clockwise from north."""
    return _bearing(_back_along(lane.shape, LOOK_BACK_M), lane.shape[-1])


def leaving_deg(lane: NetLane) -> float:
    """Direction of travel at the lane's start, clockwise from north."""
    return _bearing(lane.shape[0], _back_along(lane.shape[::-1], LOOK_BACK_M))


def _bearing(a: Point, b: Point) -> float:
    angle = degrees(atan2(b[0] - a[0], b[1] - a[1])) % 360.0
    return 0.0 if angle >= 360.0 else angle


def _back_along(shape: Sequence[Point], distance_m: float) -> Point:
    """The point this far before the end of a polyline, or its start where that is nearer."""
    left = distance_m
    for b, a in zip(shape[::-1], shape[-2::-1], strict=False):
        length = hypot(b[0] - a[0], b[1] - a[1])
        if length >= left:
            part = left / length
            return (b[0] + (a[0] - b[0]) * part, b[1] + (a[1] - b[1]) * part)
        left -= length
    return shape[0]


def grade_percent(lane: NetLane, over_m: float = 50.0) -> float:
    """Mean grade over the last metres before the stop line, 0 where the net is flat."""
    if not lane.shape or len(lane.shape[-1]) < 3:
        return 0.0
    run, rise = 0.0, 0.0
    for b, a in zip(lane.shape[::-1], lane.shape[-2::-1], strict=False):
        run += hypot(b[0] - a[0], b[1] - a[1])
        rise += b[2] - a[2]
        if run >= over_m:
            break
    return max(-15.0, min(15.0, round(100.0 * rise / run, 1))) if run > 1.0 else 0.0


def turnings_of(
    net: Net, links: Sequence[ControlledLink], arms: Sequence[Arm]
) -> tuple[Turning, ...]:
    """Movements in the order of their approaches, and from left to right within one."""
    arm_of = {a.edge: a for a in arms}
    groups: dict[tuple[str, str], list[ControlledLink]] = {}
    for link in links:
        if not link.crossing:
            c = link.connection
            ends = (net.lanes[c.from_lane].edge, net.lanes[c.to_lane].edge)
            groups.setdefault(ends, []).append(link)
    order = {a.edge: i for i, a in enumerate(arms)}
    swing = {ends: _swing(net, group[0].connection) for ends, group in groups.items()}
    turnings: list[Turning] = []
    used: dict[str, int] = {}
    for ends in sorted(groups, key=lambda e: (order[e[0]], swing[e], e[1])):
        turn = _turn(groups[ends])
        name = f"{arm_of[ends[0]].id}{turn}"
        if arm_of[ends[0]].id[-1].isdigit():
            name = f"{arm_of[ends[0]].id}-{turn}"
        used[name] = used.get(name, 0) + 1
        number = "" if used[name] == 1 else str(used[name])
        turnings.append(
            Turning(
                f"{name}{number}", arm_of[ends[0]].id, turn, ends[0], ends[1], tuple(groups[ends])
            )
        )
    return tuple(turnings)


def _turn(group: Sequence[ControlledLink]) -> Turn:
    return TURNS.get(group[0].connection.turn, "T")


def _swing(net: Net, connection: Connection) -> float:
    """How far a movement turns to the right: -180 (back to the left) to 180."""
    arriving = bearing_deg(net.lanes[connection.from_lane])
    leaving = leaving_deg(net.lanes[connection.to_lane])
    swing = (leaving - arriving + 180.0) % 360.0 - 180.0
    if TURNS.get(connection.turn) == "U":
        return 180.0 if net.lefthand else -180.0
    return swing
