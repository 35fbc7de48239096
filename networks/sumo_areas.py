"""Vehicles on lanes, and how many of them stand.

The information level `area`, and what `full` asks of lanes rather than of single vehicles. SUMO's
own lane areas (E2) would say the same a second late, and cost more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from greenband.engine.packing import Packing

from .sumo_api import Simulator, floats
from .sumo_site import SumoSite, Upstream

STANDING_MPS = 0.1
"""SUMO's own bound for a halting vehicle."""
WHOLE_M = 0.5
"""A piece that lacks no more than this of its lane is the lane."""


@dataclass(frozen=True)
class Pieces:
    """All places where vehicles are counted, and where each count belongs.

    `lanes` are whole lanes, `areas` the nearer parts of lanes, as (lane, from_m): from there to
    the lane's end; their counts stand one after the other. Rows of `upstream` and `downstream`:
    which count goes to which lane (or movement) of the network, with which weight.
    """

    lanes: tuple[str, ...]
    areas: tuple[tuple[str, float], ...]
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
            exits = site.exits[movement.id] if downstream else ()
            far.extend((whole.setdefault(lane, len(whole)), movement_row) for lane in exits)
            movement_row += 1
    places = [at + len(whole) if cut else at for cut, at, _, _ in near]
    return Pieces(
        lanes=tuple(whole),
        areas=tuple((lane, lane_length_m[lane] - length_m) for lane, length_m in parts),
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
        self._ids = simulator.getter("lane", "getLastStepVehicleIDs")
        self._position = simulator.getter("vehicle", "getLanePosition")
        self._speed = simulator.getter("vehicle", "getSpeed")
        self._pieces = pieces
        self._areas = [lane for lane, _ in pieces.areas]
        self._from_m = np.array([from_m for _, from_m in pieces.areas])
        self._n_lanes = int(packing.lanes[-1])
        self._n_movements = int(packing.movements[-1])
        self._upstream_veh, self._downstream_veh = upstream_veh, downstream_veh
        self._counts = np.zeros((2, len(pieces.lanes) + len(pieces.areas)))

    def read_second(self) -> None:
        """Count, and hand the counts to the lanes and movements that they belong to."""
        counts = self._counts
        n = len(self._pieces.lanes)
        self._count_lanes(counts[:, :n])
        if self._areas:
            self._count_areas(counts[:, n:])
        if self._upstream_veh is not None:
            at, row, share = self._pieces.upstream
            for k, target in enumerate(self._upstream_veh):
                target[:] = np.bincount(row, counts[k, at] * share, self._n_lanes)
        if self._downstream_veh is not None:
            at, row = self._pieces.downstream
            for k, target in enumerate(self._downstream_veh):
                target[:] = np.bincount(row, counts[k, at], self._n_movements)

    def _count_lanes(self, counts: NDArray[np.float64]) -> None:
        """Whole lanes; only those that have vehicles are asked for standing ones."""
        lanes = self._pieces.lanes
        counts[0] = list(map(self._number, lanes))
        counts[1].fill(0.0)
        some = np.flatnonzero(counts[0])
        counts[1, some] = list(map(self._halting, [lanes[i] for i in some.tolist()]))

    def _count_areas(self, counts: NDArray[np.float64]) -> None:
        """The nearer parts of lanes, by the positions of the vehicles there."""
        on_areas = list(map(self._ids, self._areas))
        ids = list(chain.from_iterable(on_areas))
        area = np.repeat(np.arange(len(on_areas)), list(map(len, on_areas)))
        near = floats(map(self._position, ids), len(ids)) >= self._from_m[area]
        standing = floats(map(self._speed, ids), len(ids)) < STANDING_MPS
        counts[0] = np.bincount(area[near], minlength=len(on_areas))
        counts[1] = np.bincount(area[near & standing], minlength=len(on_areas))
