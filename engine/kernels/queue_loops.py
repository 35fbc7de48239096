"""Vehicles between the loops, one by one, with where each may be (information level ``loops``).

A vehicle that crosses an upstream loop is put into the list of its pool with the second in which
it is due at the stop line and a share for every lane there, learned from the stop bars. Each
reading of a stop bar then says who is where (see `lane_evidence`): a crossing takes the first of
its lane out, a bar that stays clear although somebody is due makes it likely that he is in
another lane. Vehicles that nobody saw coming are counted too, and expected from then on.

A loop counts a vehicle when its front arrives, so the one that stands at the stop line has
crossed its stop bar: it is the one that the bar is covered by.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .discharge import leave_unseen, note_headway
from .jit import jit, jit_inner
from .lane_evidence import apply_firsts, weigh_firsts
from .loop_trust import (
    OK,
    announce,
    contradict_standing,
    leave_in_red,
    miss,
    missed_upstream,
    stand_in_green,
    watch_loops,
)
from .neighbour_flow import Neighbours, step_neighbours
from .queue_beliefs import (
    LEAST_S,
    believe_list,
    believe_unseen,
    hide,
    stand_beyond,
    stand_on_bars,
    trust,
)
from .turning_shares import Turns, learn_turns
from .vehicle_lists import (
    Assumed,
    Network,
    Records,
    forget,
    place,
    rises,
    share_left,
    share_out,
)

GREEN, RED = 2, 0
MOST_A_SECOND = 2
"""No loop of one lane is crossed by more in a second."""


@jit
def step_loops(
    time_s: float,
    net: Network,
    near: Neighbours,
    turns: Turns,
    assumed: Assumed,
    phase_lanes: NDArray[np.int64],
    counts_veh: NDArray[np.int32],
    presence: NDArray[np.bool_],
    health: NDArray[np.int8],
    colour: NDArray[np.int8],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    sd_veh: NDArray[np.float64],
    arrivals_veh: NDArray[np.float64],
    trust_ratio: NDArray[np.float64],
    saturation_flow_veh_h: NDArray[np.float64],
    startup_lost_s: NDArray[np.float64],
) -> None:
    """One second: who has crossed, who has not, who has come, and what follows for each lane."""
    watch_loops(health, counts_veh, presence, net.watch)
    _look_at_lanes(phase_lanes, colour, net.lanes)
    leave_in_red(counts_veh, net)
    stand_in_green(net)
    _look_at_bars(counts_veh, presence, net)
    _read_bars(time_s, counts_veh, assumed, net)
    _read_upstream(time_s, counts_veh, presence, assumed, net)
    contradict_standing(net)
    step_neighbours(time_s, near, net, colour, counts_veh)
    learn_turns(net.lanes, near, turns, colour)
    queue_veh[:] = 0.0
    moving_veh[:] = 0.0
    sd_veh[:] = 0.0
    arrivals_veh[:] = 0.0
    for p in range(net.pools.size):
        if net.pools[p]["count"] > 0:
            forget(p, net)
    stand_on_bars(net.lanes, queue_veh)
    for p in range(net.pools.size):
        if net.pools[p]["count"] > 0:
            believe_list(time_s, p, assumed, net, queue_veh, moving_veh, sd_veh, arrivals_veh)
    hide(assumed, net, queue_veh)
    believe_unseen(time_s, net, near, queue_veh, sd_veh, arrivals_veh)
    trust(assumed, net, queue_veh, sd_veh, trust_ratio)
    for lane in range(sd_veh.size):
        sd_veh[lane] = np.sqrt(sd_veh[lane])
        saturation_flow_veh_h[lane] = 3600.0 / net.lanes[lane]["headway_s"]
        startup_lost_s[lane] = net.lanes[lane]["startup_s"]


@jit_inner
def _read_bars(
    time_s: float, counts_veh: NDArray[np.int32], assumed: Assumed, net: Network
) -> None:
    """Who has crossed the stop bars, and who has not."""
    for b in range(net.bars.size):
        d = net.bars[b]["detector"]
        if net.watch[d]["finding"] == OK:
            for _ in range(min(counts_veh[d], MOST_A_SECOND)):
                _cross(time_s, b, assumed, net)
    for lane in range(net.lanes.size):
        if not net.lanes[lane]["sound"]:
            leave_unseen(time_s, lane, net)
        elif net.lanes[lane]["clear_s"] > 0.0 and net.pools[net.lanes[lane]["pool"]]["count"] > 0:
            _miss(time_s, lane, assumed, net)


@jit_inner
def _read_upstream(
    time_s: float,
    counts_veh: NDArray[np.int32],
    presence: NDArray[np.bool_],
    assumed: Assumed,
    net: Network,
) -> None:
    """Who stands on the upstream loops, and who has crossed them.

    Tables are handed on only where something happens: that costs more than all else here.
    """
    keep, keep_now = 1.0 - 1.0 / assumed.learned_s, 1.0 - 1.0 / assumed.lost_s
    width = net.went_veh.shape[1]
    loops, watch, went_veh = net.loops, net.watch, net.went_veh
    for u in range(loops.size):
        loop = loops[u]
        d = loop["detector"]
        sound = watch[d]["finding"] == OK
        stand_beyond(u, counts_veh[d], presence[d], sound, assumed, loops)
        if not sound:
            continue
        crossed = min(counts_veh[d], MOST_A_SECOND)
        for k in range(width):
            went_veh[u, k] *= keep
        loop["lost_veh"] *= keep
        loop["lost_now_veh"] *= keep_now
        loop["went_now_veh"] *= keep_now
        loop["flow_veh"] = keep * loop["flow_veh"] + crossed
        loop["flow_s"] = keep * loop["flow_s"] + 1.0
        if crossed > 0:
            _enter(time_s, u, crossed, assumed, net)


@jit_inner
def _look_at_lanes(
    phase_lanes: NDArray[np.int64], colour: NDArray[np.int8], lanes: Records
) -> None:
    """The most open colour of the phases that serve each lane, and for how long it is green."""
    for lane in range(lanes.size):
        lanes[lane]["open"] = 0
    for k in range(phase_lanes.shape[0]):
        p, lane = phase_lanes[k, 0], phase_lanes[k, 1]
        lanes[lane]["open"] = max(lanes[lane]["open"], np.int64(colour[p]))
    for lane in range(lanes.size):
        row = lanes[lane]
        row["since_s"] += 1.0
        row["now_veh"] = 0.0
        row["shut_s"] = row["shut_s"] + 1.0 if row["open"] == RED else 0.0
        if row["open"] == GREEN:
            row["open_s"] += 1.0
        else:
            row["open_s"] = 0.0
            row["crossed_veh"] = 0.0
            row["flushing"] = True


@jit_inner
def _look_at_bars(counts_veh: NDArray[np.int32], presence: NDArray[np.bool_], net: Network) -> None:
    """How long each lane's stop bars have been clear, or covered, as far as they are believed."""
    for lane in range(net.lanes.size):
        row = net.lanes[lane]
        row["clear_s"] += 1.0
        row["sound"] = False
        row["covered_s"] *= -1.0  # until a loop of the lane says that it goes on
    for b in range(net.bars.size):
        d = net.bars[b]["detector"]
        if net.watch[d]["finding"] != OK:
            continue
        for i in range(net.bars[b]["first"], net.bars[b]["end"]):
            row = net.lanes[net.bar_lanes[i]]
            row["sound"] = True
            if presence[d] or counts_veh[d] > 0:
                row["clear_s"] = 0.0
            if presence[d]:
                row["covered_s"] = abs(row["covered_s"]) + 1.0
    for lane in range(net.lanes.size):
        net.lanes[lane]["covered_s"] = max(net.lanes[lane]["covered_s"], 0.0)


@jit_inner
def _cross(time_s: float, b: int, assumed: Assumed, net: Network) -> None:
    """A vehicle has arrived on a stop bar: the first of its lane, or one that nobody knew of."""
    bar, vehicles = net.bars[b], net.vehicles
    lane = net.bar_lanes[bar["first"]]
    row = net.lanes[lane]
    pool = net.pools[row["pool"]]
    first, last = pool["first"], pool["first"] + pool["count"]
    net.in_lane[:] = False
    for i in range(bar["first"], bar["end"]):
        net.in_lane[net.lanes[net.bar_lanes[i]]["at"]] = True
        note_headway(net.bar_lanes[i], net.lanes)
    for v in range(first, last):
        late_s = time_s - vehicles[v]["due_s"] + assumed.early_s
        vehicles[v]["likelihood"] = assumed.arrival_ratio * rises(late_s / assumed.early_scale_s)
    unannounced = (
        assumed.surprise_ratio
        + row["surprise_veh"] / max(row["seen_s"], LEAST_S)
        + assumed.arrival_ratio * (1.0 - np.exp(-row["hidden_veh"]))
    )
    unknown = weigh_firsts(net.share, vehicles, first, last, net.in_lane, unannounced, 0.0)
    for v in range(first, last):
        part = vehicles[v]["weight"] / (bar["end"] - bar["first"])
        for i in range(bar["first"], bar["end"]):
            net.went_veh[vehicles[v]["loop"], net.lanes[net.bar_lanes[i]]["at"]] += part
        vehicles[v]["likelihood"] = share_left(v, net) - vehicles[v]["weight"]
    apply_firsts(net.share, vehicles, first, last, net.in_lane, True)
    for v in range(first, last):
        # less than nothing where he was taken for lost already and came nevertheless
        lost = vehicles[v]["likelihood"] - share_left(v, net)
        loop = net.loops[vehicles[v]["loop"]]
        loop["lost_veh"] = max(loop["lost_veh"] + lost, 0.0)
        loop["lost_now_veh"] = max(loop["lost_now_veh"] + lost, 0.0)
        loop["went_now_veh"] += vehicles[v]["weight"]
    row["surprise_veh"] += unknown
    row["hidden_veh"] = max(row["hidden_veh"] - unknown, 0.0)
    missed_upstream(lane, unknown, net)


@jit_inner
def _miss(time_s: float, lane: int, assumed: Assumed, net: Network) -> None:
    """The stop bar is clear: the later somebody is, the less likely it is that he is coming."""
    row, vehicles = net.lanes[lane], net.vehicles
    pool = net.pools[row["pool"]]
    first, last = pool["first"], pool["first"] + pool["count"]
    latest, behind_s = first, row["clear_s"] - assumed.follow_s
    for v in range(first, last):
        after_s = min(time_s - vehicles[v]["due_s"], behind_s)
        over_s = min((after_s - assumed.late_s) / assumed.late_scale_s, 20.0)
        vehicles[v]["likelihood"] = 1.0
        if over_s > -4.0:
            ratio = rises(-over_s) / rises(1.0 / assumed.late_scale_s - over_s)
            vehicles[v]["likelihood"] = max(ratio, assumed.least_clear_ratio)
            latest = v + 1
    if latest == first:
        return
    net.in_lane[:] = False
    net.in_lane[row["at"]] = True
    weigh_firsts(net.share, vehicles, first, latest, net.in_lane, 1.0, assumed.wrong_ratio)
    for v in range(first, latest):
        vehicles[v]["likelihood"] = share_left(v, net)
    apply_firsts(net.share, vehicles, first, latest, net.in_lane, False)
    for v in range(first, latest):
        lost = max(vehicles[v]["likelihood"] - share_left(v, net), 0.0)
        miss(v, lane, lost, net)


@jit_inner
def _enter(time_s: float, u: int, crossed: int, assumed: Assumed, net: Network) -> None:
    """Put who has crossed an upstream loop into the list, in the order in which they are due."""
    loop = net.loops[u]
    share_out(u, assumed, net)
    announce(u, crossed, net)
    standing = loop["standing"]  # a queue that moves up over it
    for k in range(net.share.shape[1]):
        loop["lost_veh"] -= crossed * net.part[u, k]
        loop["lost_now_veh"] -= crossed * net.part[u, k]
    loop["lost_veh"] += crossed
    loop["lost_now_veh"] += crossed
    for _ in range(crossed):
        due_s = time_s + loop["travel_s"] - 0.5
        v = place(due_s, loop["pool"], net)
        net.vehicles[v]["due_s"] = due_s
        net.vehicles[v]["loop"] = u
        for k in range(net.share.shape[1]):
            net.share[v, k] = net.part[u, k]
            net.queued[v, k] = standing
