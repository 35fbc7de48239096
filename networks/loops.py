"""Default loops: one at each stop line, one 80 m upstream, on the lane that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from greenband.engine.site import Detector

from .net_xml import Net
from .sumo_site import Placement, Upstream

LOOP_LENGTH_M = 2.0
STOP_BAR_M = 1.0
"""From the stop line to the front edge of the loop there; queues stand about here."""

MARGIN_M = 2.0
"""A loop stays this far from the upstream end of its lane, so that what enters is counted."""


@dataclass(frozen=True)
class _Spot:
    """Where a loop goes: its front edge on a lane, and how far that is from the stop line."""

    kind: Literal["stop-bar", "upstream"]
    lane: str
    position_m: float
    length_m: float
    distance_m: float


_Key = tuple[str, str, float]


def default_loops(
    net: Net, upstream: Mapping[str, tuple[Upstream, ...]], upstream_loop_m: float
) -> tuple[tuple[Detector, ...], dict[str, Placement]]:
    """Detectors of one site and where they lie.

    Loops of several stop-line lanes that would lie in one place are one loop for all of them.
    """
    served: dict[_Key, list[str]] = {}
    spots: dict[_Key, _Spot] = {}
    for stop_lane, pieces in upstream.items():
        for spot in (*_stop_bars(net, pieces), *_upstream(net, pieces, upstream_loop_m)):
            key: _Key = (spot.kind, spot.lane, round(spot.position_m, 1))
            spots.setdefault(key, spot)
            if stop_lane not in served.setdefault(key, []):
                served[key].append(stop_lane)
    detectors: list[Detector] = []
    placements: dict[str, Placement] = {}
    for key in sorted(spots, key=lambda k: (k[0], k[1], k[2])):
        spot = spots[key]
        name = f"{'stop' if spot.kind == 'stop-bar' else 'up'}_{spot.lane}"
        name = name if name not in placements else f"{name}_{spot.position_m:.0f}"
        detectors.append(
            Detector(
                id=name,
                lanes=tuple(served[key]),
                kind=spot.kind,
                distance_m=round(spot.distance_m, 2),
                length_m=round(spot.length_m, 2),
            )
        )
        placements[name] = Placement(spot.lane, spot.position_m, spot.length_m)
    return tuple(detectors), placements


def _stop_bars(net: Net, pieces: tuple[Upstream, ...]) -> list[_Spot]:
    """One loop on the lane itself, or on what leads to it where nobody can stand on the lane."""
    return [
        _spot(net, "stop-bar", piece, max(STOP_BAR_M, piece.distance_m))
        for piece in _at(pieces, STOP_BAR_M)
    ]


def _upstream(net: Net, pieces: tuple[Upstream, ...], distance_m: float) -> list[_Spot]:
    """A loop on each lane that is there at this distance; else where the approach begins."""
    spots = []
    for piece in _at(pieces, distance_m):
        if net.lanes[piece.lane].internal:
            piece = _outside(net, pieces, piece)
        spots.append(_spot(net, "upstream", piece, distance_m))
    return spots


def _at(pieces: tuple[Upstream, ...], distance_m: float) -> list[Upstream]:
    """The pieces that lie at a distance, and those that end nearer with nothing behind them."""
    starts = {round(p.distance_m, 3) for p in pieces}
    return [
        p
        for p in pieces
        if p.distance_m <= distance_m
        and (
            p.distance_m + p.length_m > distance_m
            or round(p.distance_m + p.length_m, 3) not in starts
        )
    ]


def _outside(net: Net, pieces: tuple[Upstream, ...], inner: Upstream) -> Upstream:
    """The street lane next to a lane inside a junction: the one after it."""
    streets = [p for p in pieces if not net.lanes[p.lane].internal]
    return min(streets, key=lambda p: abs(p.distance_m + p.length_m - inner.distance_m))


def _spot(
    net: Net, kind: Literal["stop-bar", "upstream"], piece: Upstream, distance_m: float
) -> _Spot:
    lane_m = net.lanes[piece.lane].length_m
    length_m = min(LOOP_LENGTH_M, lane_m / 2)
    wanted_m = lane_m - (distance_m - piece.distance_m)
    margin_m = min(MARGIN_M, lane_m / 4)
    position_m = min(max(wanted_m, margin_m + length_m), lane_m - min(0.1, lane_m / 10))
    return _Spot(kind, piece.lane, position_m, length_m, piece.distance_m + lane_m - position_m)
