"""How many vehicles are on lanes, and how many of them stand: `area`, and what `full` asks of
lanes rather than of single vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from greenband.engine.packing import Packing

from .sumo_api import Simulator
from .sumo_site import SumoSite, Upstream

AREA_PREFIX = "greenband-area:"
STANDING_MPS = 0.1
"""SUMO's own bound for a halting vehicle."""
WHOLE_M = 0.5
"""A piece that lacks no more than this of its lane is the lane."""


@dataclass(frozen=True)
class Pieces:
    """All places where vehicles are counted, and where each count belongs.

    `lanes` are whole lanes, `areas` the nearer parts of lanes, as (name, lane, length_m); their
    counts stand one after the other. Rows of `upstream` and `downstream`: which count goes to
    which lane (or movement) of the network, with which weight.
    """

    lanes: tuple[str, ...]
    areas: tuple[tuple[str, str, float], ...]
    upstream: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    downstream: tuple[NDArray[np.int64], NDArray[np.int64]]


def pieces_of(
    sites: tuple[SumoSite, ...],
    lane_length_m: dict[str, float],
    *,
    upstream: bool,
    downstream: bool,
) -> Pieces:
    """Where to count: upstream of the stop lines, on the receiving links, or both."""
    whole: dict[str, int] = {}
    parts: dict[tuple[str, float], int] = {}
    near: list[tuple[bool, int, int, float]] = []
    lane_row = movement_row = 0
    far: list[tuple[int, int]] = []
    for site in sites:
        for lane in site.site.lanes:
            for piece in site.upstream[lane.id] if upstream else ():
                cut = piece.length_m < lane_length_m[piece.lane] - WHOLE_M
                at = _cut(parts, piece) if cut else whole.setdefault(piece.lane, len(whole))
                near.append((cut, at, lane_row, piece.share_ratio))
            lane_row += 1
        for movement in site.site.movements:
            for exit_lane in site.exits[movement.id] if downstream else ():
                far.append((whole.setdefault(exit_lane, len(whole)), movement_row))
            movement_row += 1
    places = [at + len(whole) if cut else at for cut, at, _, _ in near]
    return Pieces(
        lanes=tuple(whole),
        areas=tuple((f"{AREA_PREFIX}{lane}:{m:.1f}", lane, m) for lane, m in parts),
        upstream=(
            np.array(places, np.int64),
            np.array([row for _, _, row, _ in near], np.int64),
            np.array([share for *_, share in near], np.float64),
        ),
        downstream=(
            np.array([at for at, _ in far], np.int64),
            np.array([row for _, row in far], np.int64),
        ),
    )


def _cut(parts: dict[tuple[str, float], int], piece: Upstream) -> int:
    return parts.setdefault((piece.lane, round(piece.length_m, 1)), len(parts))


def areas_xml(pieces: Pieces, lane_length_m: dict[str, float]) -> str:
    """Rows for SUMO's additional file: lane-area detectors (E2) that end with their lane."""
    return "".join(
        f"    <laneAreaDetector id={quoteattr(name)} lane={quoteattr(lane)}"
        f' pos="{lane_length_m[lane] - length_m:.2f}" length="{length_m:.2f}" friendlyPos="true"'
        f' timeThreshold="0" speedThreshold="{STANDING_MPS}" period="3600" file="NUL"/>\n'
        for name, lane, length_m in pieces.areas
    )


class LaneCounts:
    """Reads counts on lanes once a second into arrays of the network (None: not wanted)."""

    def __init__(
        self,
        simulator: Simulator,
        pieces: Pieces,
        packing: Packing,
        upstream_veh: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        downstream_veh: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    ) -> None:
        self._number = simulator.getter("lane", "getLastStepVehicleNumber")
        self._halting = simulator.getter("lane", "getLastStepHaltingNumber")
        self._area_number = simulator.getter("lanearea", "getLastStepVehicleNumber")
        self._area_halting = simulator.getter("lanearea", "getLastStepHaltingNumber")
        self._pieces = pieces
        self._names = [*pieces.lanes, *(name for name, _, _ in pieces.areas)]
        self._n_lanes = int(packing.lanes[-1])
        self._n_movements = int(packing.movements[-1])
        self._upstream_veh, self._downstream_veh = upstream_veh, downstream_veh
        self._counts = np.zeros((2, len(self._names)))

    def read_second(self) -> None:
        """All vehicles, and of the lanes that have any those that stand."""
        counts, names, lanes = self._counts, self._names, self._pieces.lanes
        n = len(lanes)
        counts[0, :n] = list(map(self._number, lanes))
        counts[0, n:] = list(map(self._area_number, names[n:]))
        counts[1].fill(0.0)
        some = np.flatnonzero(counts[0])
        split = int(np.searchsorted(some, n))
        asked = [names[i] for i in some.tolist()]
        counts[1, some[:split]] = list(map(self._halting, asked[:split]))
        counts[1, some[split:]] = list(map(self._area_halting, asked[split:]))
        if self._upstream_veh is not None:
            at, row, share = self._pieces.upstream
            for k, target in enumerate(self._upstream_veh):
                target[:] = np.bincount(row, counts[k, at] * share, self._n_lanes)
        if self._downstream_veh is not None:
            at, row = self._pieces.downstream
            for k, target in enumerate(self._downstream_veh):
                target[:] = np.bincount(row, counts[k, at], self._n_movements)
