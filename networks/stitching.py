"""Which lanes belong to a lane at the stop line, upstream and downstream of the junction.

Nets made from maps cut streets into short edges; of ingolstadt21's 158 lanes at stop lines 29
are shorter than 5 m. So an approach goes upstream through everything that no signal controls, to
200 m or to the previous signal; a receiving link goes downstream likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

from .net_xml import Connection, Net, NetLane
from .sumo_site import Upstream

REACH_M = 200.0
"""How far an approach or a receiving link goes at most."""

TURN_BACK = frozenset("tT")
"""A U-turn at the end of a street is no way to come: what is on it leaves this signal."""

MIN_SHARE_RATIO = 0.02
"""Branches that send a smaller part of their vehicles here are left out."""


@dataclass(frozen=True)
class _Step:
    """A lane to look at: distance of its end to the stop line, part of its vehicles that come."""

    lane: str
    distance_m: float
    share_ratio: float


def upstream_of(net: Net, lane: str, reach_m: float = REACH_M) -> tuple[Upstream, ...]:
    """The pieces of lane whose vehicles come to this lane at the stop line, nearest first."""
    found: dict[str, Upstream] = {}
    steps = [_Step(lane, 0.0, 1.0)]
    while steps:
        step = steps.pop(0)
        if step.lane in found or step.distance_m >= reach_m:
            continue
        found[step.lane] = _piece(net, step, reach_m)
        steps.extend(_before(net, step, found, reach_m))
        steps.sort(key=lambda s: (-s.share_ratio, s.distance_m))
    return tuple(sorted(found.values(), key=lambda p: (p.distance_m, -p.share_ratio, p.lane)))


def _piece(net: Net, step: _Step, reach_m: float) -> Upstream:
    length_m = min(net.lanes[step.lane].length_m, reach_m - step.distance_m)
    return Upstream(step.lane, step.distance_m, length_m, min(1.0, step.share_ratio))


def _before(net: Net, step: _Step, found: dict[str, Upstream], reach_m: float) -> list[_Step]:
    """The lanes that lead to this one; the way through the junction between is taken along."""
    steps: list[_Step] = []
    end_m = step.distance_m + net.lanes[step.lane].length_m
    for connection, share in feeders(net, step.lane):
        distance_m = end_m
        for inner in reversed(net.internal_lanes(connection)):
            if distance_m < reach_m and inner.id not in found:
                inner_step = _Step(inner.id, distance_m, step.share_ratio)
                found[inner.id] = _piece(net, inner_step, reach_m)
            distance_m += inner.length_m
        share_ratio = step.share_ratio * share
        if not connection.signal and share_ratio >= MIN_SHARE_RATIO:
            steps.append(_Step(connection.from_lane, distance_m, share_ratio))
    return steps


def feeders(net: Net, lane: str) -> list[tuple[Connection, float]]:
    """Connections whose vehicles come to this lane, with the part of the feeding lane's vehicles.

    A lane that nothing leads to (a bay that opens on its edge) is fed through the nearest lanes
    of its edge: vehicles change over. Each feeding lane's vehicles are divided evenly over its
    connections, and then over the lanes that its connection serves in this way.
    """
    shares: dict[int, tuple[Connection, float]] = {}
    for source in _sources(net, lane):
        parts = 1 + len(_orphans(net, source))
        for connection in net.into.get(source, ()):
            if connection.turn in TURN_BACK:
                continue
            onward = net.out_of.get(connection.from_lane, ())
            ways = sum(c.turn not in TURN_BACK for c in onward) or 1
            shares[id(connection)] = (connection, 1.0 / (ways * parts))
    return list(shares.values())


def _sources(net: Net, lane: str) -> list[str]:
    """The lane itself where something leads to it, else the nearest lanes beside it that have."""
    if net.into.get(lane):
        return [lane]
    own = net.lanes[lane]
    fed = [x for x in _beside(net, own) if net.into.get(x.id)]
    nearest = min((abs(x.index - own.index) for x in fed), default=0)
    return [x.id for x in fed if abs(x.index - own.index) == nearest]


def _orphans(net: Net, lane: str) -> list[str]:
    """Lanes of the same edge that are fed through this one."""
    return [
        x.id
        for x in _beside(net, net.lanes[lane])
        if not net.into.get(x.id) and lane in _sources(net, x.id)
    ]


def _beside(net: Net, lane: NetLane) -> list[NetLane]:
    """The other lanes of the edge that the same vehicles may use."""
    others = (net.lanes[x] for x in net.edges[lane.edge].lanes if x != lane.id)
    return [x for x in others if x.for_cars == lane.for_cars and x.for_vehicles]


def reach_of(pieces: tuple[Upstream, ...]) -> float:
    """Metres of approach that belong to a lane: the end of its farthest piece."""
    return max(p.distance_m + p.length_m for p in pieces)


def downstream_of(net: Net, edge: str, reach_m: float = REACH_M) -> tuple[str, ...]:
    """Lanes of the receiving link, down to the next signal or 200 m, nearest first."""
    lanes: list[str] = []
    length_m, current, seen = 0.0, edge, set[str]()
    while current and current not in seen and length_m < reach_m:
        seen.add(current)
        own = [net.lanes[x] for x in net.edges[current].lanes if net.lanes[x].for_cars]
        own = own or [net.lanes[x] for x in net.edges[current].lanes if net.lanes[x].for_vehicles]
        lanes.extend(x.id for x in own)
        length_m += max((x.length_m for x in own), default=0.0)
        current = next_edge(net, current)
    return tuple(lanes)


def next_edge(net: Net, edge: str) -> str:
    """The edge that goes on straight from this one without a signal, or empty."""
    onward = [c for lane in net.edges[edge].lanes for c in net.out_of.get(lane, ())]
    if not onward or any(c.signal for c in onward):
        return ""
    straight = [c for c in onward if c.turn == "s"]
    targets = {net.lanes[c.to_lane].edge for c in (straight or onward) if c.turn not in TURN_BACK}
    return targets.pop() if len(targets) == 1 else ""


def next_signal_edge(net: Net, edge: str, reach_m: float = 2000.0) -> str:
    """The edge that ends at the next signal straight on from this one, else the edge itself."""
    length_m, current, seen = 0.0, edge, set[str]()
    while current and current not in seen and length_m < reach_m:
        seen.add(current)
        if any(c.signal for lane in net.edges[current].lanes for c in net.out_of.get(lane, ())):
            return current
        length_m += max(net.lanes[x].length_m for x in net.edges[current].lanes)
        current = next_edge(net, current)
    return edge
