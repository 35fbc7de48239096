"""Where every vehicle of a running SUMO is, beside what the loops say of it.

A vehicle is queued from the second in which it goes slower than 30 % of its approach's speed
limit less than 30 m behind the stop line or behind a queued vehicle of its approach, until it
crosses the stop line. Every other one on the stitched approach is due after its distance at the
speed limit. The lane at the stop line that a vehicle counts for is the one it crosses from, as it
turns out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenband.engine.packing import Packing
from greenband.networks.sumo_api import Simulator
from greenband.networks.sumo_site import SumoSite
from greenband.networks.sumo_vehicles import turns_of, watched_lanes

SLOW_RATIO = 0.3
"""Slower than this part of the limit behind a queue: in the queue."""
NEAR_M = 30.0
"""So far a vehicle that joins a queue is from the one before it, or from the stop line."""


@dataclass(frozen=True)
class Truth:
    """Who was on the approaches in each second.

    Attributes
    ----------
    second, visit, due_s, queued : (n,) a row for each vehicle and second: the second of the run,
        the visit, whole seconds to the stop line at the limit, and whether it is queued.
    lane, movement, entered : (n_visits,) of each visit of a vehicle to an approach the lane that
        it crossed from (through the network), its movement (-1 unknown) and its first second.
    """

    second: NDArray[np.int32]
    visit: NDArray[np.int32]
    due_s: NDArray[np.int16]
    queued: NDArray[np.bool_]
    lane: NDArray[np.int32]
    movement: NDArray[np.int32]
    entered: NDArray[np.int32]


@dataclass
class _Visit:
    """A vehicle on an approach."""

    number: int
    queued: bool = False


@dataclass
class _Rows:
    second: list[int] = field(default_factory=list)
    visit: list[int] = field(default_factory=list)
    due_s: list[int] = field(default_factory=list)
    queued: list[bool] = field(default_factory=list)


@dataclass(frozen=True)
class _Seen:
    """One vehicle in this second."""

    distance_m: float
    speed_mps: float
    key: tuple[str, int, int]
    lane: int
    approach: int
    movement: int


class Watcher:
    """Looks at all vehicles once a second; `truth` when the run is over."""

    def __init__(
        self,
        simulator: Simulator,
        sites: Sequence[SumoSite],
        packing: Packing,
        lane_lengths_m: dict[str, float],
    ) -> None:
        self._ids = simulator.getter("lane", "getLastStepVehicleIDs")
        self._position = simulator.getter("vehicle", "getLanePosition")
        self._speed = simulator.getter("vehicle", "getSpeed")
        self._route = simulator.getter("vehicle", "getRoute")
        self._index = simulator.getter("vehicle", "getRouteIndex")
        self._watched = watched_lanes(tuple(sites), lane_lengths_m)
        self._turns = [turns_of(site) for site in sites]
        self._first_lane = packing.lanes
        self._limits_mps, self._approach = _of_lanes(packing)
        self._known: dict[tuple[str, int, int], int] = {}
        self._open: dict[tuple[str, int, int], _Visit] = {}
        self._rows = _Rows()
        self._lane: list[int] = []
        self._movement: list[int] = []
        self._entered: list[int] = []

    def look(self, second: int) -> None:
        """Note everybody on the approaches in this second of the run."""
        by_approach: dict[int, list[_Seen]] = {}
        for watched in self._watched:
            for vehicle in self._ids(watched.lane):
                seen = self._see(watched, vehicle)
                if seen is not None:
                    by_approach.setdefault(seen.approach, []).append(seen)
        left = self._open
        self._open = {}
        for seen_here in by_approach.values():
            self._note(second, sorted(seen_here, key=lambda s: s.distance_m), left)

    def _see(self, w: Any, vehicle: str) -> _Seen | None:
        site: int = w.site
        movement = self._movement_of(vehicle, site)
        distance_m = w.end_m - self._position(vehicle)
        comes = movement >= 0 or w.own
        if not comes or distance_m > w.reach_m:
            return None
        lane = int(self._first_lane[site]) + w.target[movement]
        return _Seen(
            distance_m,
            self._speed(vehicle),
            (vehicle, site, int(self._approach[lane])),
            lane,
            int(self._approach[lane]),
            movement,
        )

    def _movement_of(self, vehicle: str, site: int) -> int:
        at = max(self._index(vehicle), 0)
        key = (vehicle, site, at)  # it may come back, by another approach
        found = self._known.get(key)
        if found is None:
            ahead = self._route(vehicle)[at:]
            turns = self._turns[site]
            found = next((turns[p] for p in pairwise(ahead) if p in turns), -1)
            self._known[key] = found
        return found

    def _note(
        self, second: int, seen_here: list[_Seen], left: dict[tuple[str, int, int], _Visit]
    ) -> None:
        """The vehicles of one approach, from the stop line upstream."""
        end_m, rows = 0.0, self._rows
        for seen in seen_here:
            visit = left.get(seen.key) or self._new(second, seen)
            self._open[seen.key] = visit
            limit_mps = self._limits_mps[seen.lane]
            slow = seen.speed_mps < SLOW_RATIO * limit_mps and seen.distance_m < end_m + NEAR_M
            visit.queued = visit.queued or slow
            if visit.queued:
                end_m = max(end_m, seen.distance_m)
            self._lane[visit.number] = seen.lane
            self._movement[visit.number] = seen.movement
            rows.second.append(second)
            rows.visit.append(visit.number)
            rows.due_s.append(int(seen.distance_m / limit_mps))
            rows.queued.append(visit.queued)

    def _new(self, second: int, seen: _Seen) -> _Visit:
        self._lane.append(seen.lane)
        self._movement.append(seen.movement)
        self._entered.append(second)
        return _Visit(len(self._lane) - 1)

    def truth(self) -> Truth:
        """All that was noted."""
        rows = self._rows
        return Truth(
            second=np.array(rows.second, np.int32),
            visit=np.array(rows.visit, np.int32),
            due_s=np.array(rows.due_s, np.int16),
            queued=np.array(rows.queued, np.bool_),
            lane=np.array(self._lane, np.int32),
            movement=np.array(self._movement, np.int32),
            entered=np.array(self._entered, np.int32),
        )


def _of_lanes(packing: Packing) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Speed limit and approach of each lane of the network."""
    approaches = [a for site in packing.sites for a in site.approaches]
    sizes = [len(a.lanes) for a in approaches]
    limits = np.repeat(np.array([a.speed_mps for a in approaches]), sizes)
    return limits, np.repeat(np.arange(len(approaches)), sizes)


def queued_veh(truth: Truth, seconds: int, lanes: int) -> NDArray[np.float64]:
    """(seconds, lanes): queued vehicles."""
    rows = truth.queued
    at = truth.second[rows] * lanes + truth.lane[truth.visit[rows]]
    return np.bincount(at, minlength=seconds * lanes).reshape(seconds, lanes).astype(np.float64)


def arriving_veh(truth: Truth, seconds: int, lanes: int, within_s: int) -> NDArray[np.float64]:
    """(seconds, lanes): vehicles that reach the stop line within so many seconds if unhindered.

    Those on the approach by their distance, and those that enter it meanwhile, as it turned out.
    """
    here = ~truth.queued & (truth.due_s < within_s)
    at = truth.second[here] * lanes + truth.lane[truth.visit[here]]
    counted = np.bincount(at, minlength=seconds * lanes).astype(np.float64)
    first = np.unique(truth.visit, return_index=True)[1]  # row in which each visit begins
    for begin, lane, due_s in zip(
        truth.second[first], truth.lane[truth.visit[first]], truth.due_s[first], strict=True
    ):
        # seen from every earlier second from which its arrival is within the time
        since = max(begin + due_s - within_s + 1, 0)
        counted[since * lanes + lane : begin * lanes + lane : lanes] += 1.0
    return counted.reshape(seconds, lanes)
