"""Queues counted in at the upstream loops and out at the stop bars (information level ``loops``).

Vehicles are fractions: one that crosses an upstream loop adds weight to each lane at the stop
line that it may go to, by shares learned from the stop bars. What the stop bars show corrects
the sum: it would drift without. Rows of the tables: `phase_lanes` (phase, lane), `upstream`
(detector, lane, seconds to the stop line, room in vehicles), `stop_bar` (detector, lane, lanes
that share the detector, detectors of the lane).

Per-lane memory is one array (n_lanes, 4), columns OUT, QUIET, VARIANCE and DISCHARGING.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

OUT, QUIET, VARIANCE, DISCHARGING = 0, 1, 2, 3

OUT_MEMORY = 1.0 - 1.0 / 900.0
"""Stop-bar flows are remembered for a quarter of an hour."""
OUT_PRIOR_VEH = 1.0
QUIET_GREEN_S = 4.0
"""A green stop bar that was clear for so long has no queue left: headways are 2 s."""
QUIET_RED_S = 2.0
"""A red stop bar that was clear for so long has nobody waiting."""
COVERED_S = 5.0
"""An upstream loop that is covered for so long has the queue standing on it."""
UNKNOWN_VEH = 1.0
"""Stands for the queue of a lane whose loops can't be believed: always a call."""


@jit
def step_loops(
    slot: int,
    phase_lanes: NDArray[np.int64],
    upstream: NDArray[np.int64],
    stop_bar: NDArray[np.int64],
    lane_approach: NDArray[np.int64],
    counts_veh: NDArray[np.int32],
    presence: NDArray[np.bool_],
    health: NDArray[np.int8],
    colour: NDArray[np.int8],
    memory: NDArray[np.float64],
    covered_s: NDArray[np.float64],
    due_veh: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    sd_veh: NDArray[np.float64],
) -> None:
    """One second: who has arrived, entered, left, and what the stop bars say to the sum.

    `due_veh` is (n_lanes, slots): vehicles between the loops by the second (modulo slots) in
    which they reach the stop line; `slot` is the present one.
    """
    _discharging(phase_lanes, colour, memory)
    for lane in range(queue_veh.size):
        queue_veh[lane] += due_veh[lane, slot]
        due_veh[lane, slot] = 0.0
        memory[lane, OUT] *= OUT_MEMORY
    _enter(slot, upstream, counts_veh, health, memory, due_veh)
    _leave(slot, stop_bar, lane_approach, counts_veh, health, memory, due_veh, queue_veh)
    _correct_at_stop_bars(stop_bar, presence, counts_veh, memory, due_veh, queue_veh, slot)
    _correct_upstream(upstream, presence, memory, covered_s, due_veh, queue_veh)
    for lane in range(queue_veh.size):
        moving_veh[lane] = due_veh[lane].sum()
        sd_veh[lane] = np.sqrt(memory[lane, VARIANCE])
    _leave_out(upstream, health, due_veh, queue_veh, moving_veh, sd_veh)
    _leave_out(stop_bar, health, due_veh, queue_veh, moving_veh, sd_veh)


@jit
def _discharging(
    phase_lanes: NDArray[np.int64], colour: NDArray[np.int8], memory: NDArray[np.float64]
) -> None:
    """The most open colour of the phases that serve each lane."""
    memory[:, DISCHARGING] = 0.0
    for k in range(phase_lanes.shape[0]):
        p, lane = phase_lanes[k]
        memory[lane, DISCHARGING] = max(memory[lane, DISCHARGING], float(colour[p]))


@jit
def _enter(
    slot: int,
    upstream: NDArray[np.int64],
    counts_veh: NDArray[np.int32],
    health: NDArray[np.int8],
    memory: NDArray[np.float64],
    due_veh: NDArray[np.float64],
) -> None:
    """Share each crossing out over the lanes; rows of one loop follow one another."""
    first, n = 0, upstream.shape[0]
    while first < n:
        d = upstream[first, 0]
        last, total = first, 0.0
        while last < n and upstream[last, 0] == d:
            total += memory[upstream[last, 1], OUT] + OUT_PRIOR_VEH
            last += 1
        if counts_veh[d] > 0 and health[d] == 0:
            for k in range(first, last):
                lane, travel = upstream[k, 1], upstream[k, 2]
                share = (memory[lane, OUT] + OUT_PRIOR_VEH) / total
                due_veh[lane, (slot + travel) % due_veh.shape[1]] += counts_veh[d] * share
                memory[lane, VARIANCE] += counts_veh[d] * share * (1.0 - share)
        first = last


@jit
def _leave(
    slot: int,
    stop_bar: NDArray[np.int64],
    lane_approach: NDArray[np.int64],
    counts_veh: NDArray[np.int32],
    health: NDArray[np.int8],
    memory: NDArray[np.float64],
    due_veh: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
) -> None:
    """A crossing takes a vehicle from its lane, and what is missing from its neighbours."""
    for k in range(stop_bar.shape[0]):
        d, lane, sharing, _ = stop_bar[k]
        if counts_veh[d] == 0 or health[d] != 0:
            continue
        crossed = counts_veh[d] / sharing
        memory[lane, OUT] += crossed
        missing = _take(lane, crossed, slot, due_veh, queue_veh)
        other = lane - 1
        while missing > 0.0 and other >= 0 and lane_approach[other] == lane_approach[lane]:
            missing = _take(other, missing, slot, due_veh, queue_veh)
            other -= 1
        other = lane + 1
        while (
            missing > 0.0
            and other < lane_approach.size
            and lane_approach[other] == lane_approach[lane]
        ):
            missing = _take(other, missing, slot, due_veh, queue_veh)
            other += 1


@jit
def _take(
    lane: int,
    wanted_veh: float,
    slot: int,
    due_veh: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
) -> float:
    """Take vehicles out of the queue, then those due next; returns how many were missing."""
    taken = min(queue_veh[lane], wanted_veh)
    queue_veh[lane] -= taken
    return _take_due(lane, wanted_veh - taken, slot, due_veh)


@jit
def _take_due(lane: int, wanted_veh: float, slot: int, due_veh: NDArray[np.float64]) -> float:
    """Take those that are due next; returns how many were missing."""
    slots = due_veh.shape[1]
    for ahead in range(1, slots):
        if wanted_veh <= 0.0:
            return 0.0
        at = (slot + ahead) % slots
        taken = min(due_veh[lane, at], wanted_veh)
        due_veh[lane, at] -= taken
        wanted_veh -= taken
    return wanted_veh


@jit
def _correct_at_stop_bars(
    stop_bar: NDArray[np.int64],
    presence: NDArray[np.bool_],
    counts_veh: NDArray[np.int32],
    memory: NDArray[np.float64],
    due_veh: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    slot: int,
) -> None:
    """Covered under red: one at least. Clear under red: none. Clear for long in green: none."""
    for k in range(stop_bar.shape[0]):
        d, lane, sharing, beside = stop_bar[k]
        if presence[d] or counts_veh[d] > 0:
            memory[lane, QUIET] = 0.0
            least_veh = 1.0 / sharing
            if presence[d] and memory[lane, DISCHARGING] == 0.0 and queue_veh[lane] < least_veh:
                _take_due(lane, least_veh - queue_veh[lane], slot, due_veh)
                queue_veh[lane] = least_veh
            continue
        memory[lane, QUIET] += 1.0 / beside
        limit_s = QUIET_RED_S if memory[lane, DISCHARGING] == 0.0 else QUIET_GREEN_S
        if memory[lane, QUIET] >= limit_s:
            queue_veh[lane] = 0.0
            memory[lane, VARIANCE] = 0.0


@jit
def _correct_upstream(
    upstream: NDArray[np.int64],
    presence: NDArray[np.bool_],
    memory: NDArray[np.float64],
    covered_s: NDArray[np.float64],
    due_veh: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
) -> None:
    """A queue on the upstream loop fills the lane that leads to one lane only."""
    for k in range(upstream.shape[0]):
        d, lane, room_veh = upstream[k, 0], upstream[k, 1], float(upstream[k, 3])
        first = k == 0 or upstream[k - 1, 0] != d
        alone = first and (k + 1 == upstream.shape[0] or upstream[k + 1, 0] != d)
        if first:
            covered_s[d] = covered_s[d] + 1.0 if presence[d] else 0.0
        if alone and covered_s[d] >= COVERED_S and queue_veh[lane] < room_veh:
            queue_veh[lane] = room_veh
            due_veh[lane] = 0.0
            memory[lane, VARIANCE] = 1.0


@jit
def _leave_out(
    pairs: NDArray[np.int64],
    health: NDArray[np.int8],
    due_veh: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    sd_veh: NDArray[np.float64],
) -> None:
    """Lanes with a loop that can't be believed: one vehicle, and nothing is sure."""
    for k in range(pairs.shape[0]):
        if health[pairs[k, 0]] != 0:
            lane = pairs[k, 1]
            due_veh[lane] = 0.0
            queue_veh[lane] = UNKNOWN_VEH
            moving_veh[lane] = 0.0
            sd_veh[lane] = np.inf
