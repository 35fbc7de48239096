"""Default loops: one at each stop line, one 80 m upstream, on the lane that is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from greenband.engine.site import Detector

from .net_xml import Net
from .stitching import sources_of, ways_into
from .sumo_site import Placement, Upstream

Kind = Literal["stop-bar", "upstream"]

LOOP_LENGTH_M = 2.0
STOP_BAR_M = 1.0
"""From the stop line to the front edge of the loop there; a queue's first vehicle stands here."""

MARGIN_M = 2.0
"""A loop stays this far from the upstream end of its lane, so that what enters is counted."""

ENTRY_MARGIN_M = 13.0
"""And this far where vehicles start their trips: SUMO puts them on the lane with their full
length, a bus of 12 m with its front at 12 m."""

MIN_SHARE_RATIO = 0.1
"""A loop watches the stop-line lanes to which at least this part of its vehicles goes."""


@dataclass(frozen=True)
class _Spot:
    """Where a loop goes: its front edge on a lane, and how far that is from the stop line."""

    kind: Kind
    lane: str
    position_m: float
    length_m: float
    distance_m: float


def default_loops(
    net: Net, upstream: Mapping[str, tuple[Upstream, ...]], upstream_loop_m: float
) -> tuple[tuple[Detector, ...], dict[str, Placement]]:
    """Detectors of one site and where they lie; no two in one place.

    A detector's lanes are in the order of the share of its vehicles that goes to each.
    """
    spots: dict[tuple[Kind, str], tuple[_Spot, list[str]]] = {}
    wanted: tuple[tuple[Kind, float], ...] = (
        ("stop-bar", STOP_BAR_M),
        ("upstream", upstream_loop_m),
    )
    for stop_lane, pieces in upstream.items():
        for kind, distance_m in wanted:
            for spot in dict.fromkeys(_spots(net, stop_lane, pieces, kind, distance_m)):
                spots.setdefault((kind, spot.lane), (spot, []))[1].append(stop_lane)
    detectors: list[Detector] = []
    placements: dict[str, Placement] = {}
    for (_, lane), (spot, reached) in sorted(spots.items(), key=lambda item: item[0]):
        name = f"{'stop' if spot.kind == 'stop-bar' else 'up'}_{lane}"
        detectors.append(
            Detector(
                id=name,
                lanes=_watched(upstream, lane, reached),
                kind=spot.kind,
                distance_m=round(spot.distance_m, 2),
                length_m=round(spot.length_m, 2),
            )
        )
        placements[name] = Placement(lane, spot.position_m, spot.length_m)
    return tuple(detectors), placements


def _watched(
    upstream: Mapping[str, tuple[Upstream, ...]], lane: str, reached: list[str]
) -> tuple[str, ...]:
    """The stop-line lanes that a loop on this lane is for."""
    shares = {
        stop_lane: max((p.share_ratio for p in pieces if p.lane == lane), default=0.0)
        for stop_lane, pieces in upstream.items()
    }
    chosen = {s for s, share in shares.items() if share >= MIN_SHARE_RATIO} | set(reached)
    return tuple(sorted(chosen, key=lambda s: (-shares[s], s)))


def _spots(
    net: Net, stop_lane: str, pieces: tuple[Upstream, ...], kind: Kind, distance_m: float
) -> Iterator[_Spot]:
    """Go upstream from the stop line to the distance, on each branch that leads there."""
    by_lane = {p.lane: p for p in pieces}
    lanes, seen = [stop_lane], {stop_lane}
    while lanes:
        lane = lanes.pop()
        piece = by_lane[lane]
        before = _before(net, lane, by_lane)
        ends_m = piece.distance_m + net.lanes[lane].length_m
        beyond = min((by_lane[b].distance_m for b in before), default=ends_m)
        if ends_m > distance_m or not before or beyond > distance_m:
            yield _spot(net, kind, piece, distance_m)
        else:
            lanes.extend(b for b in before if b not in seen)
            seen.update(before)


def _before(net: Net, lane: str, by_lane: Mapping[str, Upstream]) -> list[str]:
    """The lanes that lead to this one; none where a signal controls one of them.

    Then the approach begins here for the loop: behind, some vehicles would be missed.
    """
    ways = [c for source in sources_of(net, lane) for c in ways_into(net, source)]
    if any(c.signal for c in ways):
        return []
    return [c.from_lane for c in ways if c.from_lane in by_lane]


def _spot(net: Net, kind: Kind, piece: Upstream, distance_m: float) -> _Spot:
    """As near to the distance as the lane allows."""
    lane_m = net.lanes[piece.lane].length_m
    length_m = min(LOOP_LENGTH_M, lane_m / 2)
    starts_here = not any(ways_into(net, x) for x in sources_of(net, piece.lane))
    margin_m = min(ENTRY_MARGIN_M if starts_here else MARGIN_M, lane_m / 2)
    wanted_m = lane_m - (distance_m - piece.distance_m)
    first_m = max(margin_m, length_m) if kind == "upstream" else length_m
    position_m = min(max(wanted_m, first_m), lane_m - min(0.1, lane_m / 10))
    return _Spot(kind, piece.lane, position_m, length_m, piece.distance_m + lane_m - position_m)
