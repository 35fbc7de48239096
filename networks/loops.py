"""Default loops: one at each stop line, one 80 m upstream, on the lane that is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from greenband.engine.site import Detector

from .net_xml import Net
from .stitching import exit_weights, sources_of, ways_into
from .sumo_site import Placement, Upstream
from .traffic import Traffic

Kind = Literal["stop-bar", "upstream"]

LOOP_LENGTH_M = 2.0
STOP_BAR_M = 1.0
"""From the stop line to the front edge of the loop there; a queue's first vehicle stands here."""

MIN_LENGTH_M = 1.0
BODY_M = 4.0
"""Where a lane leaves less than a metre for the loop behind its front edge, the loop goes on
what leads there, as long as a car that stands at the stop line still covers it."""

MARGIN_M = 2.0
"""A loop stays this far from the upstream end of its lane, so that what enters is counted."""

ENTRY_MARGIN_M = 13.0
"""And this far where vehicles start their trips: SUMO puts them on the lane with their full
length, a bus of 12 m with its front at 12 m."""

MIN_SHARE_RATIO = 0.1
"""A loop watches the stop-line lanes to which at least this part of its vehicles goes."""


LEAST_COMING_RATIO = 0.1
"""Loops go on ways of which at least this part of the vehicles comes to the approach."""


@dataclass(frozen=True)
class _Spot:
    """Where a loop goes: its front edge on a lane, and how far that is from the stop line."""

    kind: Kind
    lane: str
    position_m: float
    length_m: float
    distance_m: float


@dataclass(frozen=True)
class _Site:
    """What the placing of loops looks at."""

    net: Net
    upstream: Mapping[str, tuple[Upstream, ...]]
    traffic: Traffic

    def approach(self, stop_lane: str) -> str:
        """The edge of a stop-line lane."""
        return self.net.lanes[stop_lane].edge

    def share(self, lane: str, stop_lane: str) -> float:
        """Part of a lane's vehicles that goes to a stop-line lane."""
        return max((p.share_ratio for p in self.upstream[stop_lane] if p.lane == lane), default=0.0)

    def turning(self, edge: str, onward: str) -> float:
        """Part of an edge's vehicles that goes on to another edge."""
        known = self.traffic.turns.get(edge) or exit_weights(self.net, edge)
        return known.get(onward, 0.0)


def default_loops(
    net: Net,
    upstream: Mapping[str, tuple[Upstream, ...]],
    upstream_loop_m: float,
    traffic: Traffic,
) -> tuple[tuple[Detector, ...], dict[str, Placement]]:
    """Detectors of one site and where they lie; no two in one place.

    A detector's lanes are in the order of the share of its vehicles that goes to each. An
    approach begins at the latest where its trips begin.
    """
    site = _Site(net, upstream, traffic)
    spots: dict[tuple[Kind, str], tuple[_Spot, list[str]]] = {}
    for stop_lane in upstream:
        found = (*_stop_bars(site, stop_lane), *_upstream(site, stop_lane, upstream_loop_m))
        for spot in dict.fromkeys(found):
            spots.setdefault((spot.kind, spot.lane), (spot, []))[1].append(stop_lane)
    detectors: list[Detector] = []
    placements: dict[str, Placement] = {}
    for (_, lane), (spot, reached) in sorted(spots.items(), key=lambda item: item[0]):
        name = f"{'stop' if spot.kind == 'stop-bar' else 'up'}_{lane}"
        detectors.append(
            Detector(
                id=name,
                lanes=_watched(site, spot, reached),
                kind=spot.kind,
                distance_m=round(spot.distance_m, 2),
                length_m=round(spot.length_m, 2),
            )
        )
        placements[name] = Placement(lane, spot.position_m, spot.length_m)
    return tuple(detectors), placements


def _watched(site: _Site, spot: _Spot, reached: list[str]) -> tuple[str, ...]:
    """The stop-line lanes that a loop on this lane is for.

    At the stop line nobody changes lanes any more: only those that its lane leads to.
    """
    approaches = {site.approach(s) for s in reached}
    shares = {s: site.share(spot.lane, s) for s in site.upstream if site.approach(s) in approaches}
    chosen = set(reached)
    if spot.kind == "upstream":
        chosen |= {s for s, share in shares.items() if share >= MIN_SHARE_RATIO}
    return tuple(sorted(chosen, key=lambda s: (-shares[s], s)))


def _stop_bars(site: _Site, stop_lane: str) -> Iterator[_Spot]:
    """On the lane itself, else on what leads to it: a vehicle that waits stands there.

    That may be inside a junction without a signal, just before a lane of less than a metre.
    """
    net, by_lane = site.net, {p.lane: p for p in site.upstream[stop_lane]}
    found: list[Upstream] = []
    lanes = [stop_lane]
    while lanes:
        lane = lanes.pop()
        if net.lanes[lane].length_m + by_lane[lane].distance_m >= STOP_BAR_M + MIN_LENGTH_M:
            found.append(by_lane[lane])
            continue
        for way in (c for source in sources_of(net, lane) for c in ways_into(net, source)):
            inner = [x.id for x in reversed(net.internal_lanes(way)) if x.id in by_lane]
            long_enough = [x for x in inner if _room_m(site, by_lane[x]) >= MIN_LENGTH_M]
            if long_enough:
                found.append(by_lane[long_enough[0]])
            elif not way.signal and way.from_lane in by_lane:
                lanes.append(way.from_lane)
    for piece in found or [by_lane[stop_lane]]:
        if piece.distance_m <= BODY_M or piece.lane == stop_lane:
            yield _spot(site, "stop-bar", piece, max(STOP_BAR_M, piece.distance_m))


def _room_m(site: _Site, piece: Upstream) -> float:
    """What a piece has to offer for a loop at the stop line."""
    ends_m = piece.distance_m + site.net.lanes[piece.lane].length_m
    return ends_m - max(STOP_BAR_M, piece.distance_m)


def _upstream(site: _Site, stop_lane: str, distance_m: float) -> Iterator[_Spot]:
    """Go upstream from the stop line to the distance, on each branch that leads there."""
    net, by_lane = site.net, {p.lane: p for p in site.upstream[stop_lane]}
    lanes, seen = [(stop_lane, 1.0)], {stop_lane}
    while lanes:
        lane, share = lanes.pop()
        before = _before(site, lane, share, by_lane)
        ends_m = by_lane[lane].distance_m + net.lanes[lane].length_m
        beyond = min((by_lane[b].distance_m for b in before), default=ends_m)
        if ends_m > distance_m or not before or beyond > distance_m:
            yield _spot(site, "upstream", by_lane[lane], distance_m)
        else:
            lanes.extend((b, part) for b, part in before.items() if b not in seen)
            seen.update(before)


def _before(site: _Site, lane: str, share: float, known: Collection[str]) -> dict[str, float]:
    """The lanes that lead to this one, with the part of their vehicles that is for the approach.

    None where the approach begins for its loops: where trips begin, and where a signal controls
    one of the ways; further upstream some vehicles would be missed. A way of which most
    vehicles go elsewhere has no loop.
    """
    net, edge = site.net, site.net.lanes[lane].edge
    ways = [c for source in sources_of(net, lane) for c in ways_into(net, source)]
    if edge in site.traffic.origins or any(c.signal for c in ways):
        return {}
    parts = {c.from_lane: share * site.turning(net.lanes[c.from_lane].edge, edge) for c in ways}
    return {b: part for b, part in parts.items() if b in known and part >= LEAST_COMING_RATIO}


def _spot(site: _Site, kind: Kind, piece: Upstream, distance_m: float) -> _Spot:
    """As near to the distance as the lane allows."""
    net = site.net
    lane_m = net.lanes[piece.lane].length_m
    length_m = min(LOOP_LENGTH_M, lane_m / 2)
    starts_here = net.lanes[piece.lane].edge in site.traffic.origins or not any(
        ways_into(net, x) for x in sources_of(net, piece.lane)
    )
    margin_m = min(ENTRY_MARGIN_M if starts_here else MARGIN_M, lane_m / 2)
    wanted_m = lane_m - (distance_m - piece.distance_m)
    first_m = max(margin_m, length_m) if kind == "upstream" else length_m
    position_m = min(max(wanted_m, first_m), lane_m - min(0.1, lane_m / 10))
    return _Spot(kind, piece.lane, position_m, length_m, piece.distance_m + lane_m - position_m)
