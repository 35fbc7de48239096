"""Every vehicle on the approaches: the information level `full`, which no street has."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from greenband.engine.packing import VehicleArrays

from .sumo_api import Simulator, floats
from .sumo_areas import STANDING_MPS
from .sumo_site import SumoSite

UNKNOWN = -1


@dataclass(frozen=True)
class _Watched:
    """One lane to look at.

    `target` has for each movement (the last: unknown) the lane at the stop line that its
    vehicles head for; `end_m` is the distance from the lane's beginning to the stop line,
    `reach_m` how far from it the approach ends. `own` is True for a lane at the stop line: what
    stands there is in the way even if it goes nowhere; upstream it would turn off before.
    """

    lane: str
    site: int
    end_m: float
    reach_m: float
    target: tuple[int, ...]
    own: bool


def watched_lanes(
    sites: tuple[SumoSite, ...], lane_length_m: dict[str, float]
) -> tuple[_Watched, ...]:
    """The lanes of all approaches, each once, site after site."""
    watched: dict[str, _Watched] = {}
    for s, site in enumerate(sites):
        for name in dict.fromkeys(p.lane for pieces in site.upstream.values() for p in pieces):
            if name not in watched:
                watched[name] = _watch(site, s, name, lane_length_m[name])
    return tuple(watched.values())


def _watch(site: SumoSite, s: int, name: str, length_m: float) -> _Watched:
    served = [
        (piece, lane)
        for lane in site.site.lanes
        for piece in site.upstream[lane.id]
        if piece.lane == name
    ]
    served.sort(key=lambda pl: (pl[1].id != name, pl[0].distance_m, -pl[0].share_ratio))
    index = site.site.lane_index
    own = index.get(name)
    targets = []
    for movement in (*(m.id for m in site.site.movements), ""):
        fitting = [lane.id for _, lane in served if movement in lane.movements]
        first = index[fitting[0] if fitting else served[0][1].id]
        targets.append(first if own is None else own)
    nearest = served[0][0]
    return _Watched(
        name,
        s,
        nearest.distance_m + length_m,
        nearest.distance_m + nearest.length_m,
        tuple(targets),
        own is not None,
    )


class _Codes(dict[str, int]):
    """Movement at one site and kind of each vehicle, looked up when it is first seen on an edge.

    A code is 2 x (movement + 1), plus 1 for a bus.
    """

    def __init__(
        self, simulator: Simulator, turns: dict[tuple[str, str], int], buses: dict[str, bool]
    ) -> None:
        super().__init__()
        self._route = simulator.getter("vehicle", "getRoute")
        self._index = simulator.getter("vehicle", "getRouteIndex")
        self._kind = simulator.getter("vehicle", "getVehicleClass")
        self._turns = turns
        self._buses = buses

    def __missing__(self, vehicle: str) -> int:
        ahead = self._route(vehicle)[max(self._index(vehicle), 0) :]
        turns = self._turns
        movement = next((turns[p] for p in pairwise(ahead) if p in turns), UNKNOWN)
        if vehicle not in self._buses:
            self._buses[vehicle] = self._kind(vehicle) == "bus"
        self[vehicle] = code = 2 * (movement + 1) + self._buses[vehicle]
        return code


class AllVehicles:
    """Reads every vehicle on the watched lanes into the network's arrays, once a second."""

    def __init__(
        self,
        simulator: Simulator,
        sites: tuple[SumoSite, ...],
        lane_length_m: dict[str, float],
        arrays: VehicleArrays,
    ) -> None:
        self._ids = simulator.getter("lane", "getLastStepVehicleIDs")
        self._position = simulator.getter("vehicle", "getLanePosition")
        self._speed = simulator.getter("vehicle", "getSpeed")
        self._waiting = simulator.getter("vehicle", "getWaitingTime")
        self._lanes = watched_lanes(sites, lane_length_m)
        self._names = [w.lane for w in self._lanes]
        buses: dict[str, bool] = {}
        turns = [turns_of(site) for site in sites]
        # by edge: on the way a vehicle may come to the same site again, for another movement
        codes = {
            key: _Codes(simulator, turns[key[1]], buses)
            for key in {(edge_of(w.lane), w.site) for w in self._lanes}
        }
        self._codes = [codes[edge_of(w.lane), w.site] for w in self._lanes]
        self._arrays = arrays
        self._end_m = np.array([w.end_m for w in self._lanes])
        self._reach_m = np.array([w.reach_m for w in self._lanes])
        self._own = np.array([w.own for w in self._lanes])
        self._site = np.array([w.site for w in self._lanes], np.int64)
        self._target = _table([w.target for w in self._lanes])
        self._site_numbers = np.arange(len(sites) + 1)

    def read_second(self) -> None:
        """Lane, movement, distance, speed and waiting time of each, site after site."""
        on_lanes = list(map(self._ids, self._names))
        ids = list(chain.from_iterable(on_lanes))
        n = len(ids)
        lane = np.repeat(np.arange(len(on_lanes)), list(map(len, on_lanes)))
        code = np.fromiter(
            (c[v] for c, on in zip(self._codes, on_lanes, strict=True) if on for v in on),
            np.int64,
            n,
        )
        distance_m = self._end_m[lane] - floats(map(self._position, ids), n)
        speed_mps = floats(map(self._speed, ids), n)
        waiting_s = np.zeros(n)
        standing = np.flatnonzero(speed_mps < STANDING_MPS)
        waiting_s[standing] = list(map(self._waiting, [ids[i] for i in standing.tolist()]))
        comes = (code > 1) | self._own[lane]
        near = np.flatnonzero(comes & (distance_m <= self._reach_m[lane]))
        self._store(lane[near], code[near], distance_m[near], speed_mps[near], waiting_s[near])

    def _store(
        self,
        lane: NDArray[np.int64],
        code: NDArray[np.int64],
        distance_m: NDArray[np.float64],
        speed_mps: NDArray[np.float64],
        waiting_s: NDArray[np.float64],
    ) -> None:
        arrays, n = self._arrays, len(lane)
        if n > len(arrays.lane):
            _grow(arrays, 2 * n)
        movement = (code >> 1) - 1
        arrays.sites[:] = np.searchsorted(self._site[lane], self._site_numbers)
        arrays.lane[:n] = self._target[lane, movement]
        arrays.movement[:n] = movement
        arrays.distance_m[:n] = distance_m
        arrays.speed_mps[:n] = speed_mps
        arrays.waiting_s[:n] = waiting_s
        arrays.bus[:n] = code & 1


def _table(targets: list[tuple[int, ...]]) -> NDArray[np.int32]:
    """(n_lanes, most movements + 1), the unknown movement in the last column, for index -1."""
    width = max(map(len, targets), default=1)
    table = np.zeros((len(targets), width), np.int32)
    for row, target in zip(table, targets, strict=True):
        row[: len(target) - 1] = target[:-1]
        row[-1] = target[-1]
    return table


def _grow(arrays: VehicleArrays, room: int) -> None:
    for name in ("lane", "movement", "distance_m", "speed_mps", "waiting_s", "bus"):
        old = getattr(arrays, name)
        new = np.zeros(room, old.dtype)
        new[: len(old)] = old
        setattr(arrays, name, new)


def turns_of(site: SumoSite) -> dict[tuple[str, str], int]:
    """(edge, following edge) of a route to the movement that it makes at the site."""
    turns: dict[tuple[str, str], int] = {}
    index = site.site.movement_index
    for link in site.links:
        if link.movement:
            turns[edge_of(link.from_lane), edge_of(link.to_lane)] = index[link.movement]
    return turns


def edge_of(lane: str) -> str:
    """The edge that a lane belongs to, by SUMO's naming rule."""
    return lane.rpartition("_")[0]
