"""What follows for each lane from the vehicles in the lists, and for those that no list has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit_inner
from .loop_trust import OK
from .neighbour_flow import SLOTS, Neighbours
from .vehicle_lists import Assumed, Network, Records

GREEN = 2
LEAST_S = 60.0
"""A rate comes from at least so long."""
LEAST_FLOW = 1.0 / 3600.0
UNKNOWN_VEH = 1.0
"""Stands for the queue of a lane of which nothing can be believed: always a call."""
BLIND_VEH = 4.0
"""More is not believed where no stop bar bears it out: one loop must not rule a junction."""
DOUBT = 0.5
"""Standard deviation of such a queue, by what there is room for."""


@jit_inner
def stand_on_bars(lanes: Records, queue_veh: NDArray[np.float64]) -> None:
    """Who covers a stop bar in red, or for long, is the first of the queue."""
    for lane in range(lanes.size):
        covered_s = lanes[lane]["covered_s"]
        if covered_s > 1.0 or (covered_s > 0.0 and lanes[lane]["open"] != GREEN):
            queue_veh[lane] += 1.0


@jit_inner
def believe_list(
    time_s: float,
    p: int,
    assumed: Assumed,
    net: Network,
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    variance: NDArray[np.float64],
    arrivals_veh: NDArray[np.float64],
) -> None:
    """Queue, moving vehicles and arrivals of a pool's lanes, from the stop line upstream.

    In red who is due joins the queue at its back; in green as long as its last has not started.
    """
    pool = net.pools[p]
    first_lane, n_lanes = pool["lane_first"], pool["lane_end"] - pool["lane_first"]
    for v in range(pool["first"], pool["first"] + pool["count"]):
        due_s = net.vehicles[v]["due_s"]
        for k in range(n_lanes):
            share = net.share[v, k]
            if share <= 0.0:
                continue
            lane = net.pool_lanes[first_lane + k]
            if not net.queued[v, k]:
                net.queued[v, k] = _joins(time_s - due_s, queue_veh[lane], assumed, net.lanes[lane])
            if net.queued[v, k]:
                queue_veh[lane] += share
                variance[lane] += share * (1.0 - share)
                continue
            moving_veh[lane] += share
            slot = int(max(due_s - time_s, 0.0))
            if slot < arrivals_veh.shape[1]:
                arrivals_veh[lane, slot] += share


@jit_inner
def _joins(late_s: float, ahead_veh: float, assumed: Assumed, lane: Records) -> bool:
    """Whether a vehicle that is so late has a queue of so many before it, or the red."""
    to_back_s = ahead_veh * assumed.spacing_m / lane["limit_mps"]
    if late_s < assumed.join_s - to_back_s:
        return False
    if lane["open"] != GREEN or lane["covered_s"] > assumed.blocked_s:
        return True
    starts_s = assumed.wave_s * (ahead_veh + lane["crossed_veh"])
    return bool(ahead_veh >= 0.5 and lane["open_s"] < starts_s)


@jit_inner
def stand_beyond(
    u: int, count: int, covered: bool, sound: bool, assumed: Assumed, loops: Records
) -> None:
    """While a queue stands on an upstream loop it grows beyond it, as fast as vehicles come.

    How fast is known from the time in which none stood there.
    """
    loop = loops[u]
    loop["covered_s"] = loop["covered_s"] + 1.0 if covered else 0.0
    loop["clear_s"] = 0.0 if covered or count > 0 else loop["clear_s"] + 1.0
    if not sound or loop["clear_s"] >= assumed.moves_s:
        loop["beyond_veh"] = 0.0
        loop["standing"] = False
    if not sound:
        return
    if loop["covered_s"] >= assumed.stands_s:
        loop["standing"] = True
    if not loop["standing"]:
        keep = 1.0 - 1.0 / assumed.learned_s
        loop["free_veh"] = keep * loop["free_veh"] + count
        loop["free_s"] = keep * loop["free_s"] + 1.0
        return
    rate = loop["free_veh"] / max(loop["free_s"], LEAST_S)
    since_s = assumed.stands_s if loop["covered_s"] == assumed.stands_s else 1.0
    left_veh = max(loop["beyond_veh"] + rate * since_s - count, 0.0)
    loop["beyond_veh"] = min(left_veh, loop["reach_veh"])


@jit_inner
def hide(assumed: Assumed, net: Network, queue_veh: NDArray[np.float64]) -> None:
    """Behind a covered bar there may be some that no upstream loop saw: as many as lately."""
    keep = 1.0 - 1.0 / assumed.learned_s
    for lane in range(net.lanes.size):
        row = net.lanes[lane]
        row["surprise_veh"] = keep * row["surprise_veh"] if row["sound"] else 0.0
        row["seen_s"] = keep * row["seen_s"] + 1.0
        row["unseen"] = row["surprise_veh"] / max(row["seen_s"], LEAST_S)
        # a loop that is not believed for long has all of its vehicles among the surprises
        row["unseen"] = max(row["unseen"], _unannounced(lane, net))
        if row["sound"] and row["clear_s"] >= assumed.hidden_s:
            row["hidden_veh"] = 0.0
        else:
            room_veh = max(row["room_veh"] - queue_veh[lane], 0.0)
            row["hidden_veh"] = min(row["hidden_veh"] + row["unseen"], room_veh)


@jit_inner
def _unannounced(lane: int, net: Network) -> float:
    """Vehicles a second that come by loops that can't be believed, as before."""
    row, unsound, total, blind = net.lanes[lane], 0.0, 0.0, 0.0
    pool = net.pools[row["pool"]]
    for u in range(pool["loop_first"], pool["loop_end"]):
        flow = flow_of(u, net.loops) * net.part[u, row["at"]]
        total += flow + LEAST_FLOW * net.prior[u, row["at"]]
        if net.watch[net.loops[u]["detector"]]["finding"] != OK:
            # what came to a stop bar, not what the loop said: it may have counted ghosts
            came = net.went_veh[u, row["at"]] / max(net.loops[u]["flow_s"], LEAST_S)
            unsound += min(came, flow) if row["sound"] else flow
            blind += flow + LEAST_FLOW * net.prior[u, row["at"]]
    row["blind_ratio"] = blind / total if total > 0.0 else 0.0
    return unsound


@jit_inner
def trust(
    assumed: Assumed,
    net: Network,
    queue_veh: NDArray[np.float64],
    variance: NDArray[np.float64],
    trust_ratio: NDArray[np.float64],
) -> None:
    """How far each lane can be believed, and what follows for its queue."""
    for lane in range(net.lanes.size):
        row = net.lanes[lane]
        bar = row["sound"] or row["detector"] < 0
        trust_ratio[lane] = 0.5 * (1.0 - row["blind_ratio"]) + (0.5 if bar else 0.0)
        doubt = 1.0 - trust_ratio[lane]
        variance[lane] += (doubt * DOUBT * row["room_veh"]) ** 2
        variance[lane] += (assumed.sd_ratio * queue_veh[lane]) ** 2
        surprises = row["surprise_veh"] / max(row["seen_s"], LEAST_S)
        variance[lane] += assumed.least_sd_veh**2 + surprises * assumed.surprise_s
        queue_veh[lane] = min(queue_veh[lane], row["most_veh"])
        if not bar:
            queue_veh[lane] = min(queue_veh[lane], BLIND_VEH)
        if doubt > 0.9:
            queue_veh[lane] = max(queue_veh[lane], UNKNOWN_VEH)


@jit_inner
def flow_of(u: int, loops: Records) -> float:
    """Vehicles a second over an upstream loop, lately."""
    return float(loops[u]["flow_veh"] / max(loops[u]["flow_s"], LEAST_S))


@jit_inner
def believe_unseen(
    time_s: float,
    net: Network,
    near: Neighbours,
    queue_veh: NDArray[np.float64],
    variance: NDArray[np.float64],
    arrivals_veh: NDArray[np.float64],
) -> None:
    """Those who stand beyond the upstream loops or will cross them, and those no loop sees."""
    horizon, second = arrivals_veh.shape[1], int(time_s)
    for u in range(net.loops.size):
        loop = net.loops[u]
        pool = net.pools[loop["pool"]]
        first, n_lanes = pool["lane_first"], pool["lane_end"] - pool["lane_first"]
        if loop["beyond_veh"] > 0.0:
            for k in range(n_lanes):
                beyond_veh = loop["beyond_veh"] * net.part[u, k]
                queue_veh[net.pool_lanes[first + k]] += beyond_veh
                variance[net.pool_lanes[first + k]] += beyond_veh
        elif net.watch[loop["detector"]]["finding"] == OK:
            flow, travel_s = flow_of(u, net.loops), int(loop["travel_s"])
            other = max(flow - near.explained[u], 0.0)
            for ahead in range(travel_s, horizon):
                later_s = ahead - travel_s  # than the next second
                comes = other + near.coming[u, (second + later_s + 1) % SLOTS]
                comes += near.later[u, later_s]
                for k in range(n_lanes):
                    arrivals_veh[net.pool_lanes[first + k], ahead] += comes * net.part[u, k]
    for lane in range(net.lanes.size):
        row = net.lanes[lane]
        queue_veh[lane] += row["hidden_veh"]
        variance[lane] += row["hidden_veh"]
        for slot in range(horizon):
            arrivals_veh[lane, slot] += row["unseen"]
