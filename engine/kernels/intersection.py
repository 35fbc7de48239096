"""Every lane group of an intersection at once: flows, capacity, delay, queue, for one timing.

The order is the HCM's (7th ed. ch. 19, steps 2 to 10). Flows, saturation flows and unblocked
greens depend on each other and are repeated until they settle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .back_of_queue import (
    first_term_veh,
    percentile_factor,
    second_term_veh,
    storage_ratio,
    third_term_veh,
)
from .delay import (
    actuated_k,
    arrivals_on_green,
    blended_uniform_delay_s,
    end_queue_veh,
    incremental_delay_s,
    initial_queue_delay_s,
    progression_factor,
    uniform_delay_s,
    unmet_h,
)
from .jit import jit
from .lane_flow import equalise, lane_change_probability
from .lane_service import FILTER, FREE, RED, Lane, Make, Turning, join_turn_greens, lane_intervals
from .lane_service import turning as turning_of
from .queue_polygon import full_stops_veh, polygon_delay_s
from .service import EPS, PERMITTED, PROTECTED, Movements, Service, Windows, movement_service

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MIN_CAPACITY_VEH_H = 1.0
"""Stands for no capacity, so that X and delay stay finite numbers."""
PASSES = 40
SETTLED_VEH_H = 0.01
THROUGH_BESIDE_SHARED_LEFT = 0.91
"""Eq. 31-62: drivers avoid the through lane beside a shared left-turn lane."""
Z_95 = 1.64
ANY = -1

(
    VOLUME,
    SATURATION,
    PERMITTED_SATURATION,
    GREEN,
    UNBLOCKED,
    CAPACITY,
    X,
    ARRIVED,
    D1,
    D2,
    D3,
    DELAY,
    QUEUE,
    QUEUE_95,
    STORAGE,
    STORAGE_95,
    END_QUEUE,
    K,
) = range(18)
COLUMNS = 18


class Groups(NamedTuple):
    """Lane groups, g of them, as far as they don't depend on timing."""

    approach: Ints
    lanes: Floats
    base: Floats
    """Saturation flow of a lane without turns, veh/h."""
    given: Floats
    """Measured saturation flow of a lane, veh/h; 0 where there is none."""
    serves: Flags
    """(g, m)."""
    platoon: Floats
    filtering: Floats
    initial: Floats
    """Queue at the start of the period, veh."""
    stop_delay: Floats
    """d_a, s."""
    spacing: Floats
    storage: Floats
    """Metres of a lane."""
    single: Flags
    """The approach's only lane."""


class Control(NamedTuple):
    """What the phases and the period add; p phases."""

    max_green: Floats
    passage: Floats
    fixed: Flags
    """Pretimed, coordinated or on maximum recall: k = 0.5."""
    base_flow: float
    sneakers: float
    period_h: float


@jit
def _even_flows(groups: Groups, movements: Movements) -> Floats:
    """Each movement over its lane groups by their lanes: where the repetition starts."""
    g, m = groups.serves.shape
    flows = np.zeros((m, g))
    for i in range(m):
        lanes = 0.0
        for j in range(g):
            if groups.serves[j, i]:
                lanes += groups.lanes[j]
        for j in range(g):
            if groups.serves[j, i] and lanes > 0.0:
                flows[i, j] = movements.volume[i] * groups.lanes[j] / lanes
    return flows


@jit
def _mix(serves: Ints, group: int, flows: Floats, movements: Movements, floor: float) -> Floats:
    """Shares of the movements in a lane group; through traffic alone where nobody comes.

    Lefts get ``floor`` at least, so that their effect on the lane can be seen.
    """
    n = len(serves)
    mix = np.zeros(n)
    total = 0.0
    throughs = 0
    for k in range(n):
        total += flows[serves[k], group]
        if movements.turn[serves[k]] == 1:
            throughs += 1
    for k in range(n):
        if total > EPS:
            mix[k] = flows[serves[k], group] / total
        elif throughs > 0:
            mix[k] = 1.0 / throughs if movements.turn[serves[k]] == 1 else 0.0
        else:
            mix[k] = 1.0 / n
        if movements.turn[serves[k]] == 0:
            mix[k] = max(mix[k], floor)
    return mix / np.sum(mix)


@jit
def _opposing_left(
    group: int, groups: Groups, flows: Floats, movements: Movements, serves: Ints
) -> float:
    """Share of lefts in the single lane that opposes the group's left; -1 if more oppose."""
    found = -1
    for m in serves:
        if movements.turn[m] != 0:
            continue
        for other in range(len(movements.volume)):
            if not movements.yields[m, other]:
                continue
            for j in range(len(groups.lanes)):
                if not groups.serves[j, other]:
                    continue
                if found >= 0 and found != j:
                    return -1.0
                found = j
    if found < 0 or groups.lanes[found] > 1.0:
        return -1.0
    lefts = 0.0
    total = 0.0
    for m in range(len(movements.volume)):
        if groups.serves[found, m]:
            total += flows[m, found]
            if movements.turn[m] == 0:
                lefts += flows[m, found]
    return lefts / total if total > EPS else 0.0


@jit
def _lane_of(
    group: int,
    relax: float,
    floor: float,
    flows: Floats,
    groups: Groups,
    movements: Movements,
    control: Control,
    service: Service,
    turns: Turning,
    queues: Floats,
    cycle: float,
) -> tuple[Lane, Floats]:
    serves = np.flatnonzero(groups.serves[group])
    mix = _mix(serves, group, flows, movements, floor)
    make = Make(
        groups.base[group],
        groups.given[group],
        control.sneakers,
        groups.single[group],
        _opposing_left(group, groups, flows, movements, serves),
        control.base_flow,
    )
    lane = lane_intervals(
        serves, mix, relax, make, movements, service, turns, queues, cycle
    )
    if len(serves) == 1:
        join_turn_greens(lane)
    return lane, mix


@jit
def served_per_cycle(lane: Lane) -> float:
    """Vehicles that a lane discharges in a cycle at most."""
    return np.sum(lane.rate * lane.length) / 3600.0 + np.sum(lane.leaving)


@jit
def saturation_of(lane: Lane, state: int) -> float:
    """Mean rate while the lane is in the state, or in any but red (ANY); 0 where it never is."""
    length = 0.0
    passed = 0.0
    for j in range(len(lane.length)):
        if lane.state[j] == state or (state == ANY and lane.state[j] != RED):
            length += lane.length[j]
            passed += lane.rate[j] * lane.length[j]
    return passed / length if length > EPS else 0.0


@jit
def green_of(lane: Lane) -> float:
    """Effective green, blocked or not."""
    green = 0.0
    for j in range(len(lane.length)):
        if lane.state[j] != RED:
            green += lane.length[j]
    return green


@jit
def _queue_service_s(
    flow: float, saturation: float, green: float, platoon: float, cycle: float
) -> float:
    """g_s, how long a lane's queue takes to leave (eq. 31-9); all of the green at most."""
    if flow <= 0.0 or green <= 0.0:
        return 0.0
    if green >= cycle - EPS:
        return 0.0
    q = flow / 3600.0
    p = arrivals_on_green(platoon, green / cycle)
    net = saturation / 3600.0 - q * cycle * p / green
    if net <= 0.0:
        return green
    return min(q * cycle * (1.0 - p) / net, green)


@jit
def _standing_queues_s(
    flows: Floats, saturation: Floats, greens: Floats, groups: Groups, movements: Movements,
    service: Service, cycle: float,
) -> Floats:
    """G_q of each movement (Exhibit 31-12, note a): its slowest lane group, start-up included.

    A lane shared with a left turn counts only where the movement has no other.
    """
    n_groups, n = groups.serves.shape
    queues = np.zeros(n)
    for m in range(n):
        best = 0.0
        shared = 0.0
        others = False
        for j in range(n_groups):
            if not groups.serves[j, m] or movements.volume[m] <= 0.0:
                continue
            flow = np.sum(flows[:, j]) / groups.lanes[j]
            t = _queue_service_s(flow, saturation[j], greens[j], groups.platoon[j], cycle)
            if movements.turn[m] != 0 and _serves_turn(j, 0, groups, movements):
                shared = max(shared, t)
            else:
                best = max(best, t)
                others = True
        t = best if others else shared
        if t > 0.0 and service.count[m] > 0:
            queues[m] = t + movements.startup[service.phase[m, 0]]
    return queues


@jit
def _serves_turn(group: int, turn: int, groups: Groups, movements: Movements) -> bool:
    for m in range(len(movements.volume)):
        if groups.serves[group, m] and movements.turn[m] == turn:
            return True
    return False


@jit
def _may_choose(approach: int, groups: Groups) -> bool:
    """Whether some movement of the approach has more than one lane group."""
    n_groups, n = groups.serves.shape
    for m in range(n):
        served = 0
        for j in range(n_groups):
            if groups.approach[j] == approach and groups.serves[j, m]:
                served += 1
        if served > 1:
            return True
    return False


@jit
def _lane_flow_veh_h(approach: int, flows: Floats, groups: Groups, movements: Movements) -> float:
    """v_app: mean flow of the lanes that go straight on, or of all where none does (eq. 31-51).

    Turns that have lanes of their own and no others stay out of it.
    """
    through = 0.0
    through_lanes = 0.0
    total = 0.0
    lanes = 0.0
    for j in range(len(groups.lanes)):
        if groups.approach[j] != approach:
            continue
        flow = np.sum(flows[:, j])
        total += flow
        lanes += groups.lanes[j]
        if _serves_turn(j, 1, groups, movements):
            through += flow
            through_lanes += groups.lanes[j]
    return through / through_lanes if through_lanes > 0.0 else total / max(lanes, 1.0)


@jit
def _vehicle_costs(
    lane: Lane, mix: Floats, serves: Ints, lanes: float, base: float, movements: Movements
) -> Floats:
    """What a vehicle of each movement takes of a lane group's cycle: what equalisation levels.

    Turns are charged what they slow the lane by; lefts and rights share that by their numbers,
    each right at no more than its own equivalent.
    """
    most = 0.0
    for j in range(len(lane.length)):
        if lane.state[j] != RED:
            most += lane.length[j] * base / 3600.0
    served = max(served_per_cycle(lane), 1e-4)
    most = max(most, served)
    costs = np.full(len(serves), 1.0 / (most * lanes))
    if len(serves) == 1:
        costs[0] = 1.0 / (served * lanes)
        return costs
    slowed = most / served - 1.0
    turned = 0.0
    for k in range(len(serves)):
        if movements.turn[serves[k]] != 1:
            turned += mix[k]
    if turned <= EPS:
        return costs
    for k in range(len(serves)):
        if movements.turn[serves[k]] != 1:
            costs[k] *= 1.0 + slowed / turned
    return costs


@jit
def _beside_shared_left(
    group: int, groups: Groups, movements: Movements, turns: Turning
) -> bool:
    """Whether the group is a plain through lane beside a lane shared with a permitted left."""
    for m in range(len(movements.volume)):
        if groups.serves[group, m] and movements.turn[m] != 1:
            return False
    for j in range(len(groups.lanes)):
        if groups.approach[j] != groups.approach[group]:
            continue
        left = False
        through = False
        for m in range(len(movements.volume)):
            if groups.serves[j, m]:
                through = through or movements.turn[m] == 1
                left = left or (movements.turn[m] == 0 and np.sum(turns.any_opposed[m]) > 0)
        if left and through:
            return True
    return False


@jit
def _spread(
    approach: int,
    flows: Floats,
    groups: Groups,
    movements: Movements,
    control: Control,
    service: Service,
    turns: Turning,
    queues: Floats,
    cycle: float,
) -> None:
    """Step 3: flows of an approach's movements over its lane groups, in place."""
    members = np.flatnonzero(groups.approach == approach)
    users = np.zeros(len(movements.volume), np.bool_)
    for j in members:
        users |= groups.serves[j]
    ids = np.flatnonzero(users)
    chance = lane_change_probability(_lane_flow_veh_h(approach, flows, groups, movements))
    cost = np.full((len(ids), len(members)), np.inf)
    part = np.zeros((len(ids), len(members)))
    for b in range(len(members)):
        j = members[b]
        lane, mix = _lane_of(
            j, chance, 0.02, flows, groups, movements, control, service, turns, queues, cycle
        )
        serves = np.flatnonzero(groups.serves[j])
        base = groups.given[j] if groups.given[j] > 0.0 else groups.base[j]
        costs = _vehicle_costs(lane, mix, serves, groups.lanes[j], base, movements)
        if _beside_shared_left(j, groups, movements, turns):
            costs = costs / THROUGH_BESIDE_SHARED_LEFT
        for a in range(len(ids)):
            part[a, b] = flows[ids[a], j]
            for k in range(len(serves)):
                if serves[k] == ids[a]:
                    cost[a, b] = costs[k]
    equalise(movements.volume[ids], cost, part)
    for a in range(len(ids)):
        for b in range(len(members)):
            flows[ids[a], members[b]] = part[a, b]


@jit
def settle(
    groups: Groups, movements: Movements, control: Control, service: Service, cycle: float
) -> tuple[Floats, Floats]:
    """Steps 3 and 4 together: flows (m, g), and the standing queues (m,) that block turns."""
    n_groups = len(groups.lanes)
    flows = _even_flows(groups, movements)
    queues = np.zeros(len(movements.volume))
    saturation = np.zeros(n_groups)
    greens = np.zeros(n_groups)
    for step in range(PASSES):
        before = flows.copy()
        waited = queues.copy()
        turns = turning_of(movements, service, queues, cycle)
        for j in range(n_groups):
            lane, _ = _lane_of(
                j, 1.0, 0.0, flows, groups, movements, control, service, turns, queues, cycle
            )
            saturation[j] = saturation_of(lane, ANY)
            greens[j] = green_of(lane)
        queues = _standing_queues_s(
            flows, saturation, greens, groups, movements, service, cycle
        )
        for approach in np.unique(groups.approach):
            if _may_choose(approach, groups):
                _spread(
                    approach, flows, groups, movements, control, service, turns, queues, cycle
                )
        if step > 4:  # two flows that answer each other may swing for ever: go half way
            flows = 0.5 * (flows + before)
            queues = 0.5 * (queues + waited)
        moved = np.max(np.abs(flows - before)) + np.max(np.abs(queues - waited))
        if moved < SETTLED_VEH_H:
            break
    return flows, queues


@jit
def _basic(lane: Lane) -> bool:
    """One green a cycle at one rate and nothing after it: the closed forms hold."""
    rate = -1.0
    starts = 0
    for j in range(len(lane.length)):
        if lane.leaving[j] > 0.0:
            return False
        if lane.state[j] == RED:
            continue
        if rate >= 0.0 and abs(lane.rate[j] - rate) > 1e-6:
            return False
        rate = lane.rate[j]
        if lane.state[j - 1] == RED:
            starts += 1
    return starts <= 1


@jit
def _arrival_rates(lane: Lane, flow: float, arrived: float, green: float, cycle: float) -> Floats:
    """Arrivals of a lane in veh/s, interval by interval: a share ``arrived`` of them on green."""
    q = flow / 3600.0
    rates = np.full(len(lane.length), q)
    if green <= EPS or green >= cycle - EPS:
        return rates
    for j in range(len(rates)):
        if lane.state[j] == RED:
            rates[j] = (1.0 - arrived) * q * cycle / (cycle - green)
        else:
            rates[j] = arrived * q * cycle / green
    return rates


@jit
def _uniform(
    lane: Lane, flow: float, x: float, arrived: float, green: float, cycle: float, shift: float
) -> tuple[float, float]:
    """d1 and Q1 of one lane with ``flow`` veh/h."""
    if _basic(lane):
        s = saturation_of(lane, ANY)
        pf = progression_factor(arrived, green / cycle, x)
        d1 = uniform_delay_s(cycle, green, x, pf)
        q1 = first_term_veh(flow, s, green, cycle, arrived, shift) if s > 0.0 else flow * 0.0
        return d1, q1
    capped = max(flow, 0.01) / max(1.0, x)
    arrivals = _arrival_rates(lane, capped, arrived, green, cycle)
    service = lane.rate / 3600.0
    d1 = polygon_delay_s(lane.length, arrivals, service, lane.leaving)
    q1 = full_stops_veh(lane.length, arrivals, service, lane.leaving, shift)
    return d1, q1 if flow > 0.01 else 0.0


@jit
def _k(
    group: int,
    lane: Lane,
    volume: float,
    capacity: float,
    groups: Groups,
    control: Control,
    service: Service,
    cycle: float,
) -> float:
    """k of the incremental delay, from the phase that serves the group (eq. 19-22 to 19-25).

    Available capacity is what the phase's maximum green would add (eq. 31-120 to 31-127).
    """
    k = 0.5
    least = 1e18
    for kind in (PROTECTED, PERMITTED):
        found = False
        for m in np.flatnonzero(groups.serves[group]):
            for i in range(service.count[m]):
                p = service.phase[m, i]
                if service.kind[m, i] != kind or found:
                    continue
                found = True
                if control.fixed[p]:
                    return 0.5
                green = service.stop[m, i] - service.begin[m, i]
                more = max(control.max_green[p] - green, 0.0)
                rate = saturation_of(lane, FREE if kind == PROTECTED else FILTER)
                available = capacity + groups.lanes[group] * more * rate / cycle
                least = volume / max(available, MIN_CAPACITY_VEH_H)
                k = actuated_k(least, control.passage[p])
        if found:
            break
    return k


@jit
def _unblocked_of(group: int, groups: Groups, service: Service, turns: Turning) -> float:
    """g_u of the group's permitted turn; 0 where there is none."""
    total = 0.0
    for m in np.flatnonzero(groups.serves[group]):
        for i in range(service.count[m]):
            if service.kind[m, i] == PERMITTED and turns.any_opposed[m, i] == 1:
                total += turns.unblocked[m, i]
    return total


@jit
def _group_result(
    j: int,
    lane: Lane,
    volume: float,
    groups: Groups,
    control: Control,
    service: Service,
    cycle: float,
    out: Floats,
) -> None:
    """Steps 5 to 10 of one lane group into its row."""
    lanes = groups.lanes[j]
    period = control.period_h
    green = green_of(lane)
    free = saturation_of(lane, FREE)
    whole = saturation_of(lane, ANY)
    one = np.sum(groups.serves[j]) == 1
    real = lanes * served_per_cycle(lane) * 3600.0 / cycle
    capacity = max(real, MIN_CAPACITY_VEH_H)
    x = volume / capacity
    arrived = arrivals_on_green(groups.platoon[j], green / cycle)
    flow = volume / lanes
    d1, q1 = _uniform(lane, flow, x, arrived, green, cycle, groups.stop_delay[j])
    initial = groups.initial[j]
    if initial > 0.0 and volume > 0.0:
        full, _ = _uniform(lane, capacity / lanes, 1.0, arrived, green, cycle, 0.0)
        d1 = blended_uniform_delay_s(full, d1, unmet_h(initial, volume, capacity, period), period)
    k = _k(j, lane, volume, capacity, groups, control, service, cycle)
    filtering = groups.filtering[j]
    d2 = incremental_delay_s(x, capacity, period, k, filtering)
    d3 = initial_queue_delay_s(initial, volume, capacity, period)
    terms = q1 + second_term_veh(capacity, lanes, d2)
    q3 = third_term_veh(initial, volume, capacity, lanes, period)
    often = terms * percentile_factor(terms, Z_95, filtering, green / cycle, x) + q3
    out[VOLUME] = volume
    out[SATURATION] = free if one and free > 0.0 else whole
    if one and free <= 0.0 and saturation_of(lane, FILTER) > 0.0:
        out[SATURATION] = saturation_of(lane, FILTER)
    out[PERMITTED_SATURATION] = saturation_of(lane, FILTER)
    out[GREEN] = green
    out[CAPACITY] = real
    out[X] = x
    out[ARRIVED] = arrived
    out[D1] = d1
    out[D2] = d2
    out[D3] = d3
    out[DELAY] = d1 + d2 + d3
    out[QUEUE] = terms + q3
    out[QUEUE_95] = often
    out[STORAGE] = storage_ratio(groups.spacing[j], terms + q3, groups.storage[j])
    out[STORAGE_95] = storage_ratio(groups.spacing[j], often, groups.storage[j])
    out[END_QUEUE] = end_queue_veh(initial, volume, capacity, period)
    out[K] = k


@jit
def evaluate_groups(
    groups: Groups, movements: Movements, control: Control, windows: Windows, cycle: float
) -> tuple[Floats, Floats]:
    """Results (g, COLUMNS) of all lane groups for one timing, and the flows (m, g)."""
    service = movement_service(movements, windows, cycle)
    flows, queues = settle(groups, movements, control, service, cycle)
    turns = turning_of(movements, service, queues, cycle)
    out = np.zeros((len(groups.lanes), COLUMNS))
    for j in range(len(groups.lanes)):
        lane, _ = _lane_of(
            j, 1.0, 0.0, flows, groups, movements, control, service, turns, queues, cycle
        )
        volume = np.sum(flows[:, j])
        _group_result(j, lane, volume, groups, control, service, cycle, out[j])
        out[j, UNBLOCKED] = _unblocked_of(j, groups, service, turns)
    return out, flows


@jit
def mean_delay_s(out: Floats) -> float:
    """Control delay of the intersection (eq. 19-29); 0 where nobody comes."""
    total = np.sum(out[:, VOLUME])
    return np.sum(out[:, VOLUME] * out[:, DELAY]) / total if total > 0.0 else 0.0
