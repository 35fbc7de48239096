"""Buses in the rows of vehicles that a roll-out begins with: what each of them counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .frame import Buses, Vehicles
from .kernels.rollout_traffic import PLACE_M, SPACING_M, STANDING_MPS, Rows

SAME_S = 3.0
"""An expected vehicle that is due within so much of a bus is the bus."""
SAME_M = 1.0
MOST_LATE_S = 600.0


def bus_weights(buses: Buses, bus_ratio: float, late_s: float) -> NDArray[np.float64]:
    """(n_buses,) what each counts: `bus_ratio`, twice that where it is `late_s` late, and so on.

    Early ones, and those of which no schedule is known, count as if they were on time.
    """
    behind_s = np.clip(np.nan_to_num(buses.lateness_s, nan=0.0), 0.0, MOST_LATE_S)
    weights: NDArray[np.float64] = bus_ratio * (1.0 + behind_s / late_s)
    return weights


def weigh_vehicles(
    weight: NDArray[np.float64],
    vehicles: Vehicles,
    buses: Buses,
    bus_weight: NDArray[np.float64],
) -> None:
    """Multiply the weights of those vehicles that are the buses, where every vehicle is seen."""
    known = np.flatnonzero(vehicles.bus)
    for m, distance_m, times in zip(buses.movement, buses.distance_m, bus_weight, strict=True):
        apart_m = np.abs(vehicles.distance_m[known] - distance_m)
        weight[known[(apart_m <= SAME_M) & (vehicles.movement[known] == m)]] *= times


def with_buses(
    rows: Rows,
    buses: Buses,
    bus_weight: NDArray[np.float64],
    free_speed_mps: NDArray[np.float64],
    acceleration_mps2: float,
) -> Rows:
    """The rows with each bus in its place.

    It is the vehicle in its place in the queue, or one that is due when it is; where none is
    expected, as beyond the loops, it is added. `free_speed_mps` has shape (n_lanes,).
    """
    taken: set[int] = set()
    for b in range(buses.lane.size):
        k, distance_m = int(buses.lane[b]), float(buses.distance_m[b])
        due_s = _due_s(distance_m, buses.speed_mps[b], free_speed_mps[k], acceleration_mps2)
        standing = buses.speed_mps[b] < STANDING_MPS
        row = _same(rows, k, distance_m if standing else np.inf, due_s, taken)
        if row < 0:
            row = int(rows[0][k] + np.searchsorted(rows[1][rows[0][k] : rows[0][k + 1]], due_s))
            rows = _inserted(rows, k, row, due_s, 0.0 if standing else 1.0)
            taken = {t + (t >= row) for t in taken}
        taken.add(row)
        rows[2][row] = buses.movement[b]
        rows[4][row] *= bus_weight[b]
    return rows


def _due_s(distance_m: float, speed_mps: float, free_mps: float, acceleration_mps2: float) -> float:
    """When it could cross the stop line, as `rows_of_vehicles` has it."""
    if speed_mps < STANDING_MPS and distance_m <= SPACING_M + PLACE_M:
        return 0.0
    lacking_mps = max(free_mps - speed_mps, 0.0)
    return float(distance_m / free_mps + lacking_mps**2 / (2.0 * acceleration_mps2 * free_mps))


def _same(rows: Rows, lane: int, standing_m: float, due_s: float, taken: set[int]) -> int:
    """The row that is taken to be the bus, -1 where none is."""
    first, due, _, stops, _ = rows
    free = [i for i in range(int(first[lane]), int(first[lane + 1])) if i not in taken]
    queued = [i for i in free if stops[i] == 0.0]
    if queued and standing_m <= SPACING_M * (queued[-1] - first[lane] + 1) + PLACE_M:
        return min(queued, key=lambda i: abs(SPACING_M * (i - first[lane]) - standing_m))
    coming = [i for i in free if stops[i] != 0.0 and abs(due[i] - due_s) <= SAME_S]
    return min(coming, key=lambda i: abs(due[i] - due_s), default=-1)


def _inserted(rows: Rows, lane: int, row: int, due_s: float, stops: float) -> Rows:
    first, due, movement, stop, weight = rows
    after = first.copy()
    after[lane + 1 :] += 1
    return (
        after,
        np.insert(due, row, due_s),
        np.insert(movement, row, 0),
        np.insert(stop, row, stops),
        np.insert(weight, row, 1.0),
    )
