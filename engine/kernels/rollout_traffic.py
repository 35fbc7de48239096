"""The rows of vehicles that a roll-out begins with (`rollout.Traffic`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

STANDING_MPS = 2.0
"""Slower vehicles near their place in the queue stand in it."""
SPACING_M = 7.5
PLACE_M = 5.0
GOLDEN = 0.6180339887498949
"""Its multiples spread evenly between whole numbers however many there are."""

Rows = tuple[
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
]
"""first, due_s, movement, stops, weight of `rollout.Traffic`."""


@jit
def rows_of_vehicles(
    lane: NDArray[np.int32],
    movement: NDArray[np.int32],
    distance_m: NDArray[np.float64],
    speed_mps: NDArray[np.float64],
    weight: NDArray[np.float64],
    lane_for: NDArray[np.int64],
    free_speed_mps: NDArray[np.float64],
    acceleration_mps2: float,
    share_ends: NDArray[np.float64],
) -> Rows:
    """From every vehicle on the approaches.

    A vehicle is due after its distance at free speed and what it lacks of that speed; one that
    stands where its place in the queue would be is due at once. `lane_for` (n_lanes, n_movements
    + 1) is the lane that it ends up in, the last column for who has no known movement; that one's
    is drawn from `share_ends` (n_lanes, n_movements), cumulated turning shares.
    """
    n, n_lanes = lane.size, free_speed_mps.size
    first, in_lane = np.zeros(n_lanes + 1, np.int64), np.empty(n, np.int64)
    for v in range(n):
        in_lane[v] = lane_for[lane[v], movement[v]]
        first[in_lane[v] + 1] += 1
    for k in range(n_lanes):
        first[k + 1] += first[k]
    rows = _nearest_first(in_lane, distance_m, first)
    due_s, turn = np.empty(n), np.empty(n, np.int64)
    stops, weights = np.ones(n), np.empty(n)
    for k in range(n_lanes):
        for i in range(first[k], first[k + 1]):
            v = rows[i]
            turn[i] = movement[v] if movement[v] >= 0 else _turn(share_ends[k], i * GOLDEN)
            weights[i] = weight[v]
            lacking_mps = max(free_speed_mps[k] - speed_mps[v], 0.0)
            due_s[i] = distance_m[v] / free_speed_mps[k] + lacking_mps * lacking_mps / (
                2.0 * acceleration_mps2 * free_speed_mps[k]
            )
            if speed_mps[v] < STANDING_MPS:
                stops[i] = 0.0
                if distance_m[v] <= SPACING_M * (i - first[k] + 1) + PLACE_M:
                    due_s[i] = 0.0
    return first, due_s, turn, stops, weights


@jit
def rows_of_beliefs(
    queue_veh: NDArray[np.float64],
    arrivals_veh: NDArray[np.float64],
    weight: NDArray[np.float64],
    share_ends: NDArray[np.float64],
) -> Rows:
    """From queues and expected arrivals: whole vehicles where their sum passes a half.

    `weight` (n_lanes,) is what one of the queue counts; `share_ends` (n_lanes, n_movements) are
    cumulated turning shares, from which the movement of each vehicle is drawn evenly by its place.
    """
    n_lanes = arrivals_veh.shape[0]
    most = int(queue_veh.sum() + arrivals_veh.sum()) + 2 * n_lanes
    starts, at = np.zeros(n_lanes + 1, np.int64), 0
    due_s, turn = np.zeros(most), np.empty(most, np.int64)
    stops, weights = np.ones(most), np.ones(most)
    for k in range(n_lanes):
        starts[k] = at
        number = 0
        while queue_veh[k] >= number + 0.5:
            turn[at] = _turn(share_ends[k], number * GOLDEN)
            stops[at], weights[at] = 0.0, weight[k]
            at, number = at + 1, number + 1
        at = _add(arrivals_veh[k], queue_veh[k], number, at, share_ends[k], due_s, turn)
    starts[n_lanes] = at
    return starts, due_s[:at], turn[:at], stops[:at], weights[:at]


@jit
def _nearest_first(
    in_lane: NDArray[np.int64], distance_m: NDArray[np.float64], first: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The vehicles lane by lane, in the order in which they come to the stop line."""
    rows, end = np.empty(in_lane.size, np.int64), first.copy()
    for v in range(in_lane.size):
        k = in_lane[v]
        i = end[k]
        end[k] += 1
        while i > first[k] and distance_m[rows[i - 1]] > distance_m[v]:
            rows[i] = rows[i - 1]
            i -= 1
        rows[i] = v
    return rows


@jit
def _add(
    arrivals_veh: NDArray[np.float64],
    total_veh: float,
    number: int,
    at: int,
    share_ends: NDArray[np.float64],
    due_s: NDArray[np.float64],
    turn: NDArray[np.int64],
) -> int:
    """Add a vehicle in each second in which the sum passes the next half; the next free row."""
    for t in range(arrivals_veh.size):
        total_veh += arrivals_veh[t]
        while total_veh >= number + 0.5:
            due_s[at] = t
            turn[at] = _turn(share_ends, number * GOLDEN)
            at, number = at + 1, number + 1
    return at


@jit
def _turn(share_ends: NDArray[np.float64], drawn: float) -> int:
    part = drawn % 1.0
    for m in range(share_ends.size):
        if part < share_ends[m]:
            return m
    return int(np.argmax(share_ends))
