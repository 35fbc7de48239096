"""What the next minute would cost under one choice of stages: a point-queue model of a site.

Each lane is a row of vehicles with the second in which each could cross the stop line if nothing
hindered it. Second by second the signal follows a choice (hold the present stage for some
seconds, then go to another, then carry on by a simple rule), lanes discharge at their headway
after a start-up loss, turns that give way wait for a gap, and nobody enters a link without room.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit

NEVER = 1e9
NEVER_S = 1 << 30
CLEARING_S = 3.0
"""Who has waited inside the junction for a gap clears it within so long after the green's end."""
STOPPED_AFTER_S = 1.0
"""Who is delayed for longer has braked; `STOP_RAMP_S` later it stands."""
STOP_RAMP_S = 4.0
STAGE, BEGUN, FREE, READY = 0, 1, 2, 3
"""Of the clock: the stage, the second it began, may be left, and has all its greens."""


class Layout(NamedTuple):
    """A site, as its roll-outs need it.

    `serves` (n_stages, n_movements) who may go in a stage; `stays` (n_stages, n_stages,
    n_movements) who stays green from one stage to another; `gives_way` (n_movements,
    n_movements) whom a movement gives way to; `passed` (n_stages, n_stages, n_movements) who would
    be passed over, and may not be while he waits; `change_s` (n_stages, n_stages) from leaving a
    stage until the next is green; `least_s` (n_stages,) shortest green; `exit_of` (n_movements,)
    receiving link.
    """

    serves: NDArray[np.bool_]
    stays: NDArray[np.bool_]
    gives_way: NDArray[np.bool_]
    passed: NDArray[np.bool_]
    change_s: NDArray[np.int64]
    least_s: NDArray[np.int64]
    exit_of: NDArray[np.int64]


class Traffic(NamedTuple):
    """Who is coming: lane k has the vehicles [first[k], first[k + 1]) in their order.

    `due_s` when each could cross the stop line unhindered, from now; `movement` its turn;
    `stops` 1 where being stopped would cost it a stop (it still moves), `weight` what its seconds
    count; `headway_s` (n_lanes,); `hold_veh` (n_lanes,) from how many on a queue is about to
    block back; `room_veh` (n_exits,) what each link can take now, `freed_veh` (n_exits, seconds)
    how much of it becomes free in each second.
    """

    first: NDArray[np.int64]
    due_s: NDArray[np.float64]
    movement: NDArray[np.int64]
    stops: NDArray[np.float64]
    weight: NDArray[np.float64]
    headway_s: NDArray[np.float64]
    hold_veh: NDArray[np.float64]
    room_veh: NDArray[np.float64]
    freed_veh: NDArray[np.float64]


class Model(NamedTuple):
    """Numbers of the roll-out, as in `rolling.Settings`."""

    horizon_s: int
    startup_s: float
    yellow_used_s: float
    stop_s: float
    gap_s: float
    stay_gap_s: float
    stay_most_s: float
    sneak_s: float
    spill_ratio: float
    tail_s: float


class Present(NamedTuple):
    """What the signal shows now.

    `stage` has been green for `green_s`, or will be in `opening_s`; `green` (n_movements,) says who
    has green now.
    """

    stage: int
    green_s: int
    opening_s: int
    green: NDArray[np.bool_]


class Queues(NamedTuple):
    """What changes in a roll-out, by lane, movement or exit; `busy` are the lanes to look at."""

    busy: NDArray[np.int64]
    head: NDArray[np.int64]
    came: NDArray[np.int64]
    next_s: NDArray[np.float64]
    blocked_s: NDArray[np.float64]
    served: NDArray[np.bool_]
    open_from_s: NDArray[np.float64]
    open_until_s: NDArray[np.float64]
    room_veh: NDArray[np.float64]
    clock: NDArray[np.int64]


@jit
def rollout(
    layout: Layout,
    traffic: Traffic,
    model: Model,
    present: Present,
    hold_s: int,
    then: int,
    dearest: float,
    outflow_veh: NDArray[np.float64],
) -> tuple[float, int]:
    """Vehicle-seconds of delay over the horizon, with what stops and what is left at the end cost.

    The present stage is held for `hold_s` more, then left for `then`, or as the simple rule says
    where that is -1. `outflow_veh` (n_movements, seconds) gets who crosses when; leave it empty
    where that isn't wanted. Infinite once the cost exceeds `dearest`. Beside the cost the second in
    which the present stage is left, `NEVER_S` where it isn't.
    """
    queues = _begin(layout, traffic, present)
    clock = queues.clock
    cost, left_s = 0.0, NEVER_S
    to_come = traffic.due_s.size
    for t in range(model.horizon_s):
        if to_come == 0 or cost > dearest:
            break
        if t >= clock[FREE] and t >= hold_s:
            to = then
            if t > hold_s or then < 0:
                to = _next_stage(layout, traffic, model, queues, t)
            if to >= 0 and to != clock[STAGE]:
                _set_out(layout, model, queues, to, t)
                left_s = min(left_s, t)
        if t < traffic.freed_veh.shape[1]:
            for e in range(queues.room_veh.size):
                queues.room_veh[e] += traffic.freed_veh[e, t]
        to_come = 0
        for k in queues.busy:
            if queues.head[k] < traffic.first[k + 1]:
                cost += _lane_second(layout, traffic, model, queues, k, t, outflow_veh)
                to_come += traffic.first[k + 1] - queues.head[k]
    cost += _left_over(traffic, model, queues)
    return (np.inf if cost > dearest else cost), left_s


@jit
def _begin(layout: Layout, traffic: Traffic, present: Present) -> Queues:
    n_lanes, n_movements = traffic.headway_s.size, layout.exit_of.size
    open_from_s, open_until_s = np.zeros(n_movements), np.full(n_movements, -NEVER)
    for m in range(n_movements):
        if layout.serves[present.stage, m]:
            open_until_s[m] = NEVER
            if not present.green[m]:
                open_from_s[m] = present.opening_s
    busy = np.flatnonzero(np.diff(traffic.first))
    served = np.zeros(n_lanes, np.bool_)
    for k in busy:
        # who discharges already has no start-up loss
        m = traffic.movement[traffic.first[k]]
        served[k] = open_from_s[m] <= 0.0 and open_until_s[m] > 0.0
    clock = np.empty(4, np.int64)
    clock[STAGE] = present.stage
    clock[BEGUN] = present.opening_s - present.green_s
    clock[READY] = present.opening_s
    clock[FREE] = max(clock[BEGUN] + layout.least_s[present.stage], present.opening_s)
    return Queues(
        busy,
        traffic.first[:-1].copy(),
        traffic.first[:-1].copy(),
        np.zeros(n_lanes),
        np.zeros(n_lanes),
        served,
        open_from_s,
        open_until_s,
        traffic.room_veh.copy(),
        clock,
    )


@jit
def _set_out(layout: Layout, model: Model, queues: Queues, to: int, t: int) -> None:
    """Leave the stage: its greens end, part of their yellow is used, the next ones open later."""
    stage = queues.clock[STAGE]
    ready_s = t + layout.change_s[stage, to]
    for m in range(layout.exit_of.size):
        if layout.stays[stage, to, m]:
            continue
        if layout.serves[to, m]:
            queues.open_from_s[m] = ready_s
            queues.open_until_s[m] = NEVER
        elif layout.serves[stage, m]:
            queues.open_until_s[m] = t + model.yellow_used_s
    queues.clock[STAGE] = to
    queues.clock[BEGUN] = queues.clock[READY] = ready_s
    queues.clock[FREE] = ready_s + layout.least_s[to]


@jit
def _lane_second(
    layout: Layout,
    traffic: Traffic,
    model: Model,
    queues: Queues,
    k: int,
    t: int,
    outflow_veh: NDArray[np.float64],
) -> float:
    """One second of a lane with vehicles: who crosses, and what waiting costs."""
    end, v = traffic.first[k + 1], queues.head[k]
    while queues.came[k] < end and traffic.due_s[queues.came[k]] <= t:
        queues.came[k] += 1
    cost = 0.0
    if traffic.due_s[v] < t + 1:
        m = traffic.movement[v]
        if _crosses(layout, traffic, model, queues, k, m, t):
            cost = _cross(layout, traffic, model, queues, k, t)
            if t < outflow_veh.shape[1]:
                outflow_veh[m, t] += 1.0
    for waiting in range(queues.head[k], queues.came[k]):
        cost += traffic.weight[waiting]
    over_veh = queues.came[k] - queues.head[k] - traffic.hold_veh[k]
    return cost + max(over_veh, 0.0) * model.spill_ratio


@jit
def _crosses(
    layout: Layout, traffic: Traffic, model: Model, queues: Queues, k: int, m: int, t: int
) -> bool:
    """True where the first vehicle of a lane, which is due, crosses in this second."""
    served = queues.open_from_s[m] <= t < queues.open_until_s[m]
    if served and not queues.served[k] and queues.came[k] > queues.head[k]:
        start_s = max(float(t), queues.open_from_s[m]) + model.startup_s
        queues.next_s[k] = max(queues.next_s[k], start_s)
    queues.served[k] = served
    if not served:
        waited = queues.blocked_s[k] >= model.sneak_s
        return waited and 0.0 <= t - queues.open_until_s[m] < CLEARING_S
    if queues.next_s[k] >= t + 1 or queues.room_veh[layout.exit_of[m]] < 1.0:
        return False
    if _finds_gap(layout, traffic, model, queues, m, t):
        return True
    queues.blocked_s[k] += 1.0
    return False


@jit
def _cross(layout: Layout, traffic: Traffic, model: Model, queues: Queues, k: int, t: int) -> float:
    """Let the first vehicle of a lane go; what this second and its stop cost."""
    v = queues.head[k]
    at_s = max(queues.next_s[k], traffic.due_s[v], float(t))
    late_s = at_s - traffic.due_s[v] - STOPPED_AFTER_S
    stopped = min(max(late_s, 0.0) / STOP_RAMP_S, 1.0) * traffic.stops[v]
    queues.next_s[k] = at_s + traffic.headway_s[k]
    queues.room_veh[layout.exit_of[traffic.movement[v]]] -= 1.0
    queues.blocked_s[k] = 0.0
    queues.head[k] = v + 1
    queues.came[k] = max(queues.came[k], v + 1)
    return traffic.weight[v] * (at_s - t + stopped * model.stop_s)


@jit
def _finds_gap(
    layout: Layout, traffic: Traffic, model: Model, queues: Queues, movement: int, t: int
) -> bool:
    """False where somebody whom the movement gives way to is about to cross."""
    for k in queues.busy:
        v = queues.head[k]
        if v >= traffic.first[k + 1]:
            continue
        m = traffic.movement[v]
        if not layout.gives_way[movement, m]:
            continue
        if not queues.open_from_s[m] <= t < queues.open_until_s[m]:
            continue
        if max(traffic.due_s[v], queues.next_s[k]) < t + model.gap_s:
            return False
    return True


@jit
def _next_stage(layout: Layout, traffic: Traffic, model: Model, queues: Queues, t: int) -> int:
    """The simple rule: stay while somebody comes who is served, then to where most wait; or -1."""
    stage = queues.clock[STAGE]
    if t - queues.clock[BEGUN] < model.stay_most_s:
        for k in queues.busy:
            if _comes(layout, traffic, model, queues, stage, k, t + model.stay_gap_s):
                return -1
    best, best_veh = -1, 0.0
    for s in range(layout.serves.shape[0]):
        if s != stage:
            veh = _waiting_for(layout, traffic, model, queues, s, t)
            if veh > best_veh:
                best, best_veh = s, veh
    return best


@jit
def _comes(
    layout: Layout,
    traffic: Traffic,
    model: Model,
    queues: Queues,
    stage: int,
    k: int,
    until_s: float,
) -> bool:
    """True where a lane's first vehicle is due and could go in a stage."""
    v = queues.head[k]
    if v >= traffic.first[k + 1] or traffic.due_s[v] >= until_s:
        return False
    m = traffic.movement[v]
    if not layout.serves[stage, m] or queues.room_veh[layout.exit_of[m]] < 1.0:
        return False
    return not _held_up(layout, traffic, queues, stage, m, until_s)


@jit
def _held_up(
    layout: Layout, traffic: Traffic, queues: Queues, stage: int, movement: int, until_s: float
) -> bool:
    """True where somebody comes in a stage that a movement gives way to."""
    for k in queues.busy:
        v = queues.head[k]
        if v < traffic.first[k + 1] and traffic.due_s[v] < until_s:
            m = traffic.movement[v]
            if layout.gives_way[movement, m] and layout.serves[stage, m]:
                return True
    return False


HELD_UP_RATIO = 0.3
"""What a queue counts whose first vehicle would have to give way."""


@jit
def _waiting_for(
    layout: Layout, traffic: Traffic, model: Model, queues: Queues, stage: int, t: int
) -> float:
    """Vehicles that a stage would find waiting; none where it may not be gone to now."""
    present = queues.clock[STAGE]
    ready_s = t + layout.change_s[present, stage] + 1.0
    total_veh = 0.0
    for k in queues.busy:
        v, end = queues.head[k], traffic.first[k + 1]
        if v >= end or traffic.due_s[v] > ready_s:
            continue
        m = traffic.movement[v]
        if layout.passed[present, stage, m] and traffic.due_s[v] <= t:
            return 0.0
        if not layout.serves[stage, m] or queues.room_veh[layout.exit_of[m]] < 1.0:
            continue
        on = max(queues.came[k], v)
        while on < end and traffic.due_s[on] <= ready_s:
            on += 1
        held_up = _held_up(layout, traffic, queues, stage, m, t + model.stay_gap_s)
        total_veh += (HELD_UP_RATIO if held_up else 1.0) * (on - v)
    return total_veh


@jit
def _left_over(traffic: Traffic, model: Model, queues: Queues) -> float:
    """What those cost who still wait at the end of the horizon."""
    cost = 0.0
    for k in queues.busy:
        ahead = 0.0
        for v in range(queues.head[k], queues.came[k]):
            ahead += 1.0
            cost += traffic.weight[v] * (
                model.tail_s + ahead * traffic.headway_s[k] + traffic.stops[v] * model.stop_s
            )
    return cost
