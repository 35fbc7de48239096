"""Vehicles on lanes, and how many of them stand.

The information level `area`, and what `full` asks of lanes rather than of single vehicles. SUMO's
own lane areas (E2) would say the same a second late, and cost more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, repeat

import numpy as np
from numpy.typing import NDArray

from .sumo_api import Simulator
from .sumo_site import SumoSite, Upstream

STANDING_MPS = 0.1
"""SUMO's own bound for a halting vehicle."""
WHOLE_M = 0.5
"""A piece that lacks no more than this of its lane is the lane."""


MANY_LANES = 500
"""From so many on, vehicles are asked for their lanes instead where they are few beside them."""
FEW_RATIO = 0.5
LOOK_EVERY_S = 60
"""How often it is looked whether they are few."""


@dataclass(frozen=True)
class Sums:
    """Counts that are added up: of each target the places and weights, one after the other.

    Target k has [starts[k], starts[k + 1]) of `places`; `of` has, for each lane or movement of
    the network, its target.
    """

    places: NDArray[np.int64]
    weights: NDArray[np.float64]
    starts: NDArray[np.int64]
    of: NDArray[np.int64]


class Totals:
    """Adds counts up into arrays of the network, all in one go.

    Parameters
    ----------
    counts : (2, n_places), vehicles and standing ones; read anew each time.
    targets : sums, and the array that each of the two rows goes to.
    """

    def __init__(
        self,
        counts: NDArray[np.float64],
        targets: Sequence[tuple[Sums, tuple[NDArray[np.float64], NDArray[np.float64]]]],
    ) -> None:
        rows = [(sums, row * counts.shape[1]) for sums, _ in targets for row in range(2)]
        n_added = np.cumsum([0, *(len(sums.places) for sums, _ in rows)])
        n_sums = np.cumsum([0, *(len(sums.starts) for sums, _ in rows)])
        offsets = list(zip(rows, n_added, n_sums, strict=False))
        self._counts = counts.reshape(-1)
        self._places = np.concatenate([sums.places + at for (sums, at), _, _ in offsets])
        self._weights = np.concatenate([sums.weights for sums, _ in rows])
        self._starts = np.concatenate([sums.starts + n for (sums, _), n, _ in offsets])
        self._of = [sums.of + n for (sums, _), _, n in offsets]
        self._into = [into for _, arrays in targets for into in arrays]

    def add(self) -> None:
        """Fill the arrays."""
        sums = np.add.reduceat(self._counts[self._places] * self._weights, self._starts)
        for of, into in zip(self._of, self._into, strict=True):
            sums.take(of, out=into, mode="clip")  # in range; "raise" would take a copy


@dataclass(frozen=True)
class Pieces:
    """All places where vehicles are counted, and where each count belongs.

    `lanes` are whole lanes, `areas` the nearer parts of lanes, as (lane, from_m): from there to
    the lane's end. Their counts stand one after the other, and at last one that is always 0.
    """

    lanes: tuple[str, ...]
    areas: tuple[tuple[str, float], ...]
    upstream: Sums
    downstream: Sums


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
    near: list[list[tuple[bool, int, float]]] = []
    far: list[tuple[int, ...]] = []
    for site in sites:
        for lane in site.site.lanes if upstream else ():
            near.append([])
            for piece in site.upstream[lane.id]:
                cut = piece.length_m < lane_length_m[piece.lane] - WHOLE_M
                at = _cut(parts, piece) if cut else whole.setdefault(piece.lane, len(whole))
                near[-1].append((cut, at, piece.share_ratio))
        far.extend(
            tuple(whole.setdefault(x, len(whole)) for x in site.exits[movement.id])
            for movement in (site.site.movements if downstream else ())
        )
    n, zero = len(whole), len(whole) + len(parts)
    placed = [tuple((at + n if cut else at, share) for cut, at, share in row) for row in near]
    return Pieces(
        lanes=tuple(whole),
        areas=tuple((lane, lane_length_m[lane] - length_m) for lane, length_m in parts),
        upstream=_sums(placed, zero),
        downstream=_sums([tuple((at, 1.0) for at in row) for row in far], zero),
    )


def _sums(rows: list[tuple[tuple[int, float], ...]], zero: int) -> Sums:
    """Equal rows, such as the movements into one link, are added up once."""
    targets = {row: k for k, row in enumerate(dict.fromkeys(rows))}
    filled = [row or ((zero, 0.0),) for row in targets]
    return Sums(
        places=np.array([at for row in filled for at, _ in row], np.int64),
        weights=np.array([weight for row in filled for _, weight in row]),
        starts=np.cumsum([0, *(len(row) for row in filled[:-1])]).astype(np.int64),
        of=np.array([targets[row] for row in rows], np.int64),
    )


def _cut(parts: dict[tuple[str, float], int], piece: Upstream) -> int:
    return parts.setdefault((piece.lane, round(piece.length_m, 1)), len(parts))


class LaneCounts:
    """Reads counts on lanes once a second into arrays of the network (None: not wanted)."""

    def __init__(
        self,
        simulator: Simulator,
        pieces: Pieces,
        upstream_veh: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        downstream_veh: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    ) -> None:
        self._number = simulator.getter("lane", "getLastStepVehicleNumber")
        self._halting = simulator.getter("lane", "getLastStepHaltingNumber")
        self._ids = simulator.getter("lane", "getLastStepVehicleIDs")
        self._position = simulator.getter("vehicle", "getLanePosition")
        self._speed = simulator.getter("vehicle", "getSpeed")
        place = {lane: k for k, lane in enumerate(pieces.lanes)}
        self._areas = [lane for lane, _ in pieces.areas]
        self._from_m = [from_m for _, from_m in pieces.areas]
        self._area_numbers = range(len(self._areas))
        self._vehicles = simulator.getter("vehicle", "getIDList")
        self._lane_of = simulator.getter("vehicle", "getLaneID")
        self._look_in, self._are_few = 0, False
        # what is known of a lane from its vehicles is not asked of the lane again
        also = {lane: a for a, lane in enumerate(self._areas) if lane in place}
        self._also = [place[lane] for lane in also]
        self._also_areas = list(also.values())
        self._lanes = [lane for lane in pieces.lanes if lane not in also]
        self._names = [*self._lanes, *self._areas]
        self._lane_places = np.array([place[lane] for lane in self._lanes], np.int64)
        self._first_area = len(pieces.lanes)
        self._counts = np.zeros((2, len(pieces.lanes) + len(pieces.areas) + 1))
        both = ((pieces.upstream, upstream_veh), (pieces.downstream, downstream_veh))
        targets = [(sums, veh) for sums, veh in both if veh is not None and sums.of.size]
        self._totals = Totals(self._counts, targets) if targets else None

    def read_second(self) -> None:
        """Count, and hand the counts to the lanes and movements that they belong to."""
        numbers = self._numbers()
        n_lanes = len(self._lanes)
        if self._lanes:
            self._count_lanes(numbers[:n_lanes])
        if self._areas:
            self._count_areas(numbers[n_lanes:])
        if self._totals is not None:
            self._totals.add()

    def _numbers(self) -> list[int]:
        """Vehicles on each lane, whole ones first.

        Where vehicles are few each says where it is, which is the same.
        """
        names = self._names
        if len(names) < MANY_LANES or not self._few():
            return list(map(self._number, names))
        on_lane = Counter(map(self._lane_of, self._vehicles()))
        return list(map(on_lane.get, names, repeat(0)))

    def _few(self) -> bool:
        """True while vehicles are few beside the lanes; looked at now and then."""
        if self._look_in == 0:
            self._look_in = LOOK_EVERY_S
            self._are_few = len(self._vehicles()) < FEW_RATIO * len(self._names)
        self._look_in -= 1
        return self._are_few

    def _count_lanes(self, lane_veh: list[int]) -> None:
        """Whole lanes; only those that have vehicles are asked for standing ones."""
        (all_veh, halted_veh), names, places = self._counts, self._lanes, self._lane_places
        numbers = np.array(lane_veh, np.float64)
        all_veh[places] = numbers
        halted_veh[places] = 0.0
        busy = numbers.nonzero()[0]
        halted_veh[places[busy]] = list(map(self._halting, [names[k] for k in busy.tolist()]))

    def _count_areas(self, all_veh: list[int]) -> None:
        """The nearer parts of lanes, by the positions of the vehicles there."""
        counts, names, n = self._counts, self._areas, len(self._areas)
        halted_veh, near_veh, near_halted_veh = [0] * n, [0] * n, [0] * n
        for a in compress(self._area_numbers, all_veh):
            name = names[a]
            halted_veh[a] = halted = self._halting(name)
            near_veh[a], near_halted_veh[a] = self._near(self._ids(name), halted, self._from_m[a])
        counts[:, self._first_area : -1] = near_veh, near_halted_veh
        if self._also:
            counts[0, self._also] = [all_veh[a] for a in self._also_areas]
            counts[1, self._also] = [halted_veh[a] for a in self._also_areas]

    def _near(self, ids: Sequence[str], halted: int, from_m: float) -> tuple[int, int]:
        """How many of a lane's vehicles, from its beginning on, are near, and how many stand there.

        They are in the order of their positions, so that only a few have to be asked.
        """
        n, position = len(ids), self._position
        far = 0 if position(ids[0]) >= from_m else bisect_left(ids, from_m, 1, key=position)
        if not far or not halted or far == n:
            return n - far, halted if far < n else 0
        if halted == n:
            return n - far, n - far
        speed = self._speed
        return n - far, sum(speed(v) < STANDING_MPS for v in ids[far:])
