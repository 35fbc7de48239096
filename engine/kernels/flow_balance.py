"""Flows, saturation flows and standing queues that depend on each other, until they settle.

HCM 7th ed. ch. 19, steps 3 and 4, with ch. 31, sections 2 and 3.
"""

from __future__ import annotations

import numpy as np

from .delay import arrivals_on_green
from .jit import jit_inner
from .junction import EPS, MAX_WINDOWS, Floats, Ints, Junction, Records
from .lane_flow import equalise, lane_change_probability
from .lane_measures import flow_of_movement, join_turn_greens, served_per_cycle
from .lane_service import RED, Use, lane_intervals
from .turning import look_at_turns

PASSES = 40
DAMPED_FROM = 5
SETTLED_VEH_H = 0.01
THROUGH_BESIDE_SHARED_LEFT = 0.91
"""Eq. 31-62: drivers avoid the through lane beside a shared left-turn lane."""
LEAST_LEFTS = 0.02
"""Share of lefts that a lane is tried with when drivers choose."""


@jit_inner
def movements_of(group: int, junction: Junction) -> Ints:
    """Ids of the movements that a lane group serves."""
    found = np.zeros(len(junction.movements), np.int64)
    n = 0
    for m in range(len(found)):
        if junction.links[group, m]["serves"]:
            found[n] = m
            n += 1
    return found[:n]


@jit_inner
def group_flow_veh_h(flows: Floats, group: int) -> float:
    """Flow of all movements in a lane group."""
    total = 0.0
    for m in range(len(flows)):
        total += flows[m, group]
    return total


@jit_inner
def serves_turn(group: int, turn: int, junction: Junction) -> bool:
    """Whether a lane group serves some movement with this turn."""
    for m in range(len(junction.movements)):
        if junction.links[group, m]["serves"] and junction.movements[m]["turn"] == turn:
            return True
    return False


@jit_inner
def even_flows(junction: Junction) -> Floats:
    """Flows (m, g): each movement over its lane groups by their lanes, to start with."""
    n_groups = len(junction.groups)
    n = len(junction.movements)
    flows = np.zeros((n, n_groups))
    for m in range(n):
        lanes = 0.0
        for g in range(n_groups):
            if junction.links[g, m]["serves"]:
                lanes += junction.groups[g]["lanes"]
        for g in range(n_groups):
            if junction.links[g, m]["serves"]:
                share = junction.groups[g]["lanes"] / lanes
                flows[m, g] = junction.movements[m]["volume"] * share
    return flows


@jit_inner
def _mix(serves: Ints, group: int, flows: Floats, junction: Junction, floor: float) -> Floats:
    """Shares of the movements in a lane group; through traffic alone where nobody comes.

    Lefts get ``floor`` at least, so that their effect on the lane can be seen.
    """
    n = len(serves)
    mix = np.zeros(n)
    total = group_flow_veh_h(flows, group)
    through = serves_turn(group, 1, junction)
    whole = 0.0
    for k in range(n):
        turn = junction.movements[serves[k]]["turn"]
        if total > EPS:
            mix[k] = flows[serves[k], group] / total
        elif not through or turn == 1:
            mix[k] = 1.0
        if turn == 0:
            mix[k] = max(mix[k], floor)
        whole += mix[k]
    return mix / whole


@jit_inner
def _opposing_group(group: int, junction: Junction) -> int:
    """The one lane group that the group's lefts give way to; -1 where there are more or none."""
    found = -1
    for m in range(len(junction.movements)):
        if not junction.links[group, m]["serves"] or junction.movements[m]["turn"] != 0:
            continue
        for other in range(len(junction.movements)):
            for g in range(len(junction.groups)):
                if not junction.links[m, other]["yields"] or not junction.links[g, other]["serves"]:
                    continue
                if found not in (-1, g):
                    return -1
                found = g
    return found


@jit_inner
def _opposing_left(group: int, flows: Floats, junction: Junction) -> float:
    """Share of lefts in the single lane that opposes the group's left; -1 if more oppose."""
    found = _opposing_group(group, junction)
    if found < 0 or junction.groups[found]["lanes"] > 1.0:
        return -1.0
    lefts = 0.0
    for m in range(len(junction.movements)):
        if junction.movements[m]["turn"] == 0:
            lefts += flows[m, found]
    total = group_flow_veh_h(flows, found)
    return lefts / total if total > EPS else 0.0


@jit_inner
def use_of(group: int, relax: float, floor: float, flows: Floats, junction: Junction) -> Use:
    """How the flows use a lane group."""
    serves = movements_of(group, junction)
    return Use(
        serves,
        _mix(serves, group, flows, junction, floor),
        relax,
        junction.groups[group]["base"],
        junction.groups[group]["given"],
        junction.groups[group]["single"],
        _opposing_left(group, flows, junction),
    )


@jit_inner
def lane_of(
    group: int, flows: Floats, junction: Junction, service: Records, queues: Floats, cycle: float
) -> Records:
    """Intervals of a lane of the group as capacity and delay have them."""
    use = use_of(group, 1.0, 0.0, flows, junction)
    lane = lane_intervals(use, junction, service, queues, cycle)
    if len(use.serves) == 1:
        join_turn_greens(lane)
    return lane


@jit_inner
def queue_service_s(
    flow: float, saturation: float, green: float, platoon: float, cycle: float
) -> float:
    """g_s, how long a lane's queue takes to leave (eq. 31-9); all of the green at most."""
    if flow <= 0.0 or green <= 0.0 or green >= cycle - EPS:
        return 0.0
    q = flow / 3600.0
    p = arrivals_on_green(platoon, green / cycle)
    net = saturation / 3600.0 - q * cycle * p / green
    if net <= 0.0:
        return green
    return min(q * cycle * (1.0 - p) / net, green)


@jit_inner
def _movement_queue_s(
    m: int, flows: Floats, lanes: Floats, junction: Junction, service: Records, cycle: float
) -> float:
    """G_q of a movement (Exhibit 31-12, note a): its slowest lane group, start-up included.

    A lane shared with a left turn counts only where the movement has no other. ``lanes``
    (m, g, 2) are rate and length of the time in which a movement may go in a lane of a group: of
    through traffic that shares its lane with an always green right turn, its own green.
    """
    if junction.movements[m]["volume"] <= 0.0 or service[m, 0]["kind"] == 0:
        return 0.0
    best = 0.0
    shared = 0.0
    others = False
    for g in range(len(junction.groups)):
        if not junction.links[g, m]["serves"]:
            continue
        flow = group_flow_veh_h(flows, g) / junction.groups[g]["lanes"]
        platoon = junction.groups[g]["platoon"]
        t = queue_service_s(flow, lanes[m, g, 0], lanes[m, g, 1], platoon, cycle)
        if junction.movements[m]["turn"] != 0 and serves_turn(g, 0, junction):
            shared = max(shared, t)
        else:
            best = max(best, t)
            others = True
    t = best if others else shared
    return t + junction.phases[service[m, 0]["phase"]]["startup"] if t > 0.0 else 0.0


@jit_inner
def _lane_flow_veh_h(approach: int, flows: Floats, junction: Junction) -> float:
    """v_app: mean flow of the lanes that go straight on, or of all where none does (eq. 31-51).

    Turns that have lanes of their own and no others stay out of it.
    """
    through = 0.0
    through_lanes = 0.0
    total = 0.0
    lanes = 0.0
    for g in range(len(junction.groups)):
        if junction.groups[g]["approach"] != approach:
            continue
        flow = group_flow_veh_h(flows, g)
        total += flow
        lanes += junction.groups[g]["lanes"]
        if serves_turn(g, 1, junction):
            through += flow
            through_lanes += junction.groups[g]["lanes"]
    return through / through_lanes if through_lanes > 0.0 else total / max(lanes, 1.0)


@jit_inner
def _vehicle_costs(lane: Records, use: Use, lanes: float, junction: Junction) -> Floats:
    """What a vehicle of each movement takes of a lane group's cycle: what equalisation levels.

    What turns slow the lane by is charged to them, alike to each turning vehicle.
    """
    base = use.given if use.given > 0.0 else use.base
    most = 0.0
    for j in range(len(lane)):
        if lane[j]["state"] != RED:
            most += lane[j]["length"] * base / 3600.0
    served = max(served_per_cycle(lane), 1e-4)
    if len(use.serves) == 1:
        return np.full(1, 1.0 / (served * lanes))
    most = max(most, served)
    turned = 0.0
    for k in range(len(use.serves)):
        if junction.movements[use.serves[k]]["turn"] != 1:
            turned += use.mix[k]
    costs = np.full(len(use.serves), 1.0 / (most * lanes))
    for k in range(len(use.serves)):
        if junction.movements[use.serves[k]]["turn"] != 1 and turned > EPS:
            costs[k] *= 1.0 + (most / served - 1.0) / turned
    return costs


@jit_inner
def _beside_shared_left(group: int, junction: Junction, service: Records) -> bool:
    """Whether the group is a plain through lane beside a lane shared with a permitted left."""
    if serves_turn(group, 0, junction) or serves_turn(group, 2, junction):
        return False
    approach = junction.groups[group]["approach"]
    for g in range(len(junction.groups)):
        if junction.groups[g]["approach"] != approach or not serves_turn(g, 1, junction):
            continue
        for m in range(len(junction.movements)):
            if not junction.links[g, m]["serves"] or junction.movements[m]["turn"] != 0:
                continue
            for i in range(MAX_WINDOWS):
                if service[m, i]["opposed"]:
                    return True
    return False


@jit_inner
def _costs(
    approach: int, flows: Floats, junction: Junction, service: Records, queues: Floats, cycle: float
) -> Floats:
    """Costs (m, g) of the approach's movements in its lane groups; infinite elsewhere."""
    n_groups = len(junction.groups)
    n = len(junction.movements)
    cost = np.full((n, n_groups), np.inf)
    chance = lane_change_probability(_lane_flow_veh_h(approach, flows, junction))
    for g in range(n_groups):
        if junction.groups[g]["approach"] != approach:
            continue
        use = use_of(g, chance, LEAST_LEFTS, flows, junction)
        lane = lane_intervals(use, junction, service, queues, cycle)
        costs = _vehicle_costs(lane, use, junction.groups[g]["lanes"], junction)
        if _beside_shared_left(g, junction, service):
            costs = costs / THROUGH_BESIDE_SHARED_LEFT
        for k in range(len(use.serves)):
            cost[use.serves[k], g] = costs[k]
    return cost


@jit_inner
def _may_choose(approach: int, junction: Junction) -> bool:
    """Whether some movement of the approach has more than one lane group."""
    n_groups = len(junction.groups)
    n = len(junction.movements)
    for m in range(n):
        served = 0
        for g in range(n_groups):
            if junction.groups[g]["approach"] == approach and junction.links[g, m]["serves"]:
                served += 1
        if served > 1:
            return True
    return False


@jit_inner
def _choose_lanes(
    flows: Floats, junction: Junction, service: Records, queues: Floats, cycle: float
) -> None:
    """Step 3: flows of all movements over their lane groups, in place."""
    n_groups = len(junction.groups)
    n = len(junction.movements)
    approaches = 0
    for g in range(n_groups):
        approaches = max(approaches, junction.groups[g]["approach"] + 1)
    for approach in range(approaches):
        if not _may_choose(approach, junction):
            continue
        cost = _costs(approach, flows, junction, service, queues, cycle)
        volumes = np.zeros(n)
        for m in range(n):
            for g in range(n_groups):
                if cost[m, g] < np.inf:
                    volumes[m] = junction.movements[m]["volume"]
        equalise(volumes, cost, flows)


@jit_inner
def _largest_change(a: Floats, b: Floats) -> float:
    most = 0.0
    for x, y in zip(a.flat, b.flat):
        most = max(most, abs(x - y))
    return most


@jit_inner
def settle(junction: Junction, service: Records, cycle: float) -> tuple[Floats, Floats]:
    """Steps 3 and 4 together: flows (m, g), and the standing queues (m,) that block turns.

    ``service`` is left with the turns as they are in the end.
    """
    n_groups = len(junction.groups)
    n = len(junction.movements)
    flows = even_flows(junction)
    queues = np.zeros(n)
    lanes = np.zeros((n, n_groups, 2))
    for step in range(PASSES):
        before = flows.copy()
        waited = queues.copy()
        look_at_turns(junction, service, queues, cycle)
        for g in range(n_groups):
            lane = lane_of(g, flows, junction, service, queues, cycle)
            serves = movements_of(g, junction)
            for k in range(len(serves)):
                lanes[serves[k], g] = flow_of_movement(lane, k)
        for m in range(n):
            queues[m] = _movement_queue_s(m, flows, lanes, junction, service, cycle)
        _choose_lanes(flows, junction, service, waited, cycle)
        if step >= DAMPED_FROM:  # two flows that answer each other may swing for ever
            part = 1.0 / (1.0 + 0.3 * (step - DAMPED_FROM + 1))
            flows = part * flows + (1.0 - part) * before
            queues = part * queues + (1.0 - part) * waited
        if _largest_change(flows, before) + _largest_change(queues, waited) < SETTLED_VEH_H:
            break
    look_at_turns(junction, service, queues, cycle)
    return flows, queues
