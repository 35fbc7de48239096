"""Which lanes belong to a lane at the stop line, upstream and downstream of the junction.

Nets made from maps cut streets into short edges; of ingolstadt21's 158 lanes at stop lines 29
are shorter than 5 m. So an approach goes upstream through everything that no signal controls, to
200 m or to the previous signal; a receiving link goes downstream likewise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from .net_xml import Connection, Net
from .sumo_site import Upstream

REACH_M = 200.0
"""How far an approach or a receiving link goes at most."""

TURN_BACK = frozenset("tT")
"""A U-turn at the end of a street is no way to come: what is on it leaves this signal."""

MIN_SHARE_RATIO = 0.02
"""Branches that send a smaller part of their vehicles here are left out."""

TURN_WEIGHTS = {"s": 0.6, "l": 0.2, "L": 0.2, "r": 0.2, "R": 0.2}
"""How vehicles are taken to divide over the exits of an edge, before any count is known."""

U_TURN_WEIGHT = 0.03

Shares = dict[str, float]
"""Part of a lane's vehicles that goes to each stop-line lane."""


@dataclass
class _Walk:
    """An approach on its way upstream."""

    net: Net
    reach_m: float
    pieces: dict[str, tuple[float, Shares]] = field(default_factory=dict)
    distance_m: dict[str, float] = field(default_factory=dict)
    at_exit: dict[str, dict[str, list[Shares]]] = field(default_factory=dict)
    """By lane and the edge that is entered from it: the shares of each connection."""
    heap: list[tuple[float, str]] = field(default_factory=list)


def upstream_of(
    net: Net, edge: str, stop_lanes: Iterable[str], reach_m: float = REACH_M
) -> dict[str, tuple[Upstream, ...]]:
    """The pieces of lane whose vehicles come to each stop-line lane of an edge, nearest first.

    Vehicles on an upstream lane divide over the exits of each edge by `TURN_WEIGHTS`, and change
    lanes only where they must: to the nearest lane that serves their exit, or evenly over the
    lanes that only open on this edge.
    """
    walk = _Walk(net, reach_m)
    for lane in stop_lanes:
        onward = {net.lanes[c.to_lane].edge for c in net.out_of.get(lane, ())}
        walk.at_exit[lane] = {exit_edge: [{lane: 1.0}] for exit_edge in onward}
        walk.distance_m[lane] = 0.0
        walk.pieces[lane] = (0.0, {lane: 1.0})
    heappush(walk.heap, (0.0, edge))
    done: set[str] = set()
    while walk.heap:
        _, current = heappop(walk.heap)
        if current not in done:
            done.add(current)
            _go_through(walk, current, done)
    return {lane: _pieces_of(walk, lane) for lane in stop_lanes}


def _pieces_of(walk: _Walk, stop_lane: str) -> tuple[Upstream, ...]:
    found = [
        Upstream(
            lane,
            distance_m,
            min(walk.net.lanes[lane].length_m, walk.reach_m - distance_m),
            min(1.0, shares[stop_lane]),
        )
        for lane, (distance_m, shares) in walk.pieces.items()
        if shares.get(stop_lane, 0.0) >= MIN_SHARE_RATIO
    ]
    return tuple(sorted(found, key=lambda p: (p.distance_m, -p.share_ratio, p.lane)))


def _go_through(walk: _Walk, edge: str, done: set[str]) -> None:
    """Note the lanes of an edge, and what leads to them for later."""
    net = walk.net
    lanes = [x for x in net.edges[edge].lanes if net.lanes[x].for_vehicles]
    nearest_m = min(walk.distance_m[x] for x in lanes if x in walk.distance_m)
    weights = exit_weights(net, edge)
    for lane in lanes:
        shares = _entering(walk, edge, lane, weights)
        distance_m = walk.distance_m.get(lane, nearest_m)
        if max(shares.values(), default=0.0) < MIN_SHARE_RATIO:
            continue
        walk.pieces.setdefault(lane, (distance_m, shares))
        start_m = distance_m + net.lanes[lane].length_m
        if start_m < walk.reach_m:
            for connection in ways_into(net, lane):
                _go_before(walk, connection, start_m, shares, done)


def _go_before(
    walk: _Walk, connection: Connection, distance_m: float, shares: Shares, done: set[str]
) -> None:
    """The way through the junction before a lane, and what is before that unless a signal is."""
    net = walk.net
    for inner in reversed(net.internal_lanes(connection)):
        if distance_m < walk.reach_m:
            walk.pieces.setdefault(inner.id, (distance_m, shares))
        distance_m += inner.length_m
    source, target = connection.from_lane, net.lanes[connection.to_lane].edge
    before = net.lanes[source].edge
    if connection.signal or before in done or distance_m >= walk.reach_m:
        return
    walk.at_exit.setdefault(source, {}).setdefault(target, []).append(shares)
    walk.distance_m[source] = min(distance_m, walk.distance_m.get(source, distance_m))
    heappush(walk.heap, (distance_m, before))


def _entering(walk: _Walk, edge: str, lane: str, weights: Mapping[str, float]) -> Shares:
    """Where the vehicles that enter an edge on this lane end up."""
    total: Shares = {}
    for exit_edge, weight in weights.items():
        chosen = _lanes_for(walk.net, edge, lane, exit_edge)
        for taken in chosen:
            ways = walk.at_exit.get(taken, {}).get(exit_edge, [])
            for shares in ways:
                part = weight / (len(chosen) * len(ways))
                for stop_lane, share in shares.items():
                    total[stop_lane] = total.get(stop_lane, 0.0) + part * share
    return total


def _lanes_for(net: Net, edge: str, lane: str, exit_edge: str) -> list[str]:
    """The lanes on which vehicles that came on this lane leave towards an exit."""
    own = net.lanes[lane]
    serving = [
        net.lanes[x]
        for x in net.edges[edge].lanes
        if net.lanes[x].for_cars == own.for_cars
        and any(net.lanes[c.to_lane].edge == exit_edge for c in net.out_of.get(x, ()))
    ]
    through = [x.id for x in serving if x.id == lane or lane in sources_of(net, x.id)]
    if through:
        return through
    nearest = min((abs(x.index - own.index) for x in serving), default=0)
    return [x.id for x in serving if abs(x.index - own.index) == nearest]


def exit_weights(net: Net, edge: str) -> dict[str, float]:
    """How the vehicles of an edge divide over the edges that follow.

    U-turns at the end of a street are left out; those at a signal are few.
    """
    weights: dict[str, float] = {}
    for lane in net.edges[edge].lanes:
        for c in net.out_of.get(lane, ()):
            if c.signal or c.turn not in TURN_BACK:
                weights[net.lanes[c.to_lane].edge] = TURN_WEIGHTS.get(c.turn, U_TURN_WEIGHT)
    total = sum(weights.values()) or 1.0
    return {exit_edge: weight / total for exit_edge, weight in weights.items()}


def ways_into(net: Net, lane: str) -> list[Connection]:
    """Connections that lead to a lane; a U-turn at the end of a street is none."""
    return [c for c in net.into.get(lane, ()) if c.turn not in TURN_BACK]


def sources_of(net: Net, lane: str) -> list[str]:
    """The lane itself where something leads to it (or to none of its edge).

    A lane that only opens on its edge (a bay) is fed through the nearest lanes beside it.
    """
    own = net.lanes[lane]
    fed = [
        net.lanes[x]
        for x in net.edges[own.edge].lanes
        if net.lanes[x].for_cars == own.for_cars and ways_into(net, x)
    ]
    if own in fed or not fed:
        return [lane]
    nearest = min(abs(x.index - own.index) for x in fed)
    return [x.id for x in fed if abs(x.index - own.index) == nearest]


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
