"""Which loops can be believed, second by second, from what no sound one could report.

A loop that is covered all at once without a vehicle that crossed, or that counts more than a lane
can carry, chatters. One that was expected to see many and saw nobody is dead: an upstream loop
has missed those who cross the stop bars unannounced, a stop bar those who never come although the
upstream loops announced them. One that stays covered while more vehicles come than fit behind it,
or while the stop bars below it are clear in green, is stuck. Each is believed again as soon as
its readings are what a sound loop would report.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit, jit_inner
from .vehicle_lists import Network, Records

GREEN = 2
OK, STUCK_ON, STUCK_OFF, CHATTER = 0, 1, 2, 3  # frame.Health

MEMORY_S = 60.0
ODD_LIMIT = 2.5
"""Covered without a crossing, so often in a minute: chatter; a sound loop never is."""
MOST_VEH_MIN = 45.0
"""A lane carries no more than 2700 veh/h for a minute."""
MISSED_VEH = 12.0
"""So many missed vehicles without any reading: dead."""
ANNOUNCED_VEH = 25.0
"""So many that should have come by what is assumed at first, where nothing could be learned."""
OWN_RATIO = 0.8
"""An upstream loop with more than this for one lane lies on it."""
CLEAR_S, STANDS_S, LEAST_RATIO = 5.0, 30.0, 0.1
"""Stop bars that are clear for so long in green have no queue behind them that reaches a loop
which is covered for so long, as far as more than this part of its vehicles comes to them."""


@jit
def watch_loops(
    health: NDArray[np.int8],
    counts_veh: NDArray[np.int32],
    presence: NDArray[np.bool_],
    watch: Records,
) -> None:
    """What each loop says of itself, and what the street says of it."""
    keep = 1.0 - 1.0 / MEMORY_S
    for d in range(watch.size):
        row, count, covered = watch[d], counts_veh[d], presence[d]
        row["odd"] *= keep
        if covered and not row["before"] and count == 0:
            row["odd"] += 1.0
        row["lately_veh"] = keep * row["lately_veh"] + count
        if count > 0 or covered != row["before"]:
            row["missed_veh"] = 0.0
            row["announced_veh"] = 0.0
            row["came_veh"] = 0.0
        row["before"] = covered
        row["finding"] = health[d] if health[d] != OK else _finding(covered, row)


@jit_inner
def _finding(covered: bool, row: Records) -> int:
    """What can be told from one loop's memory."""
    if row["odd"] > ODD_LIMIT or row["lately_veh"] > MOST_VEH_MIN:
        return CHATTER
    if row["missed_veh"] > MISSED_VEH or row["announced_veh"] > ANNOUNCED_VEH:
        return STUCK_ON if covered else STUCK_OFF
    if covered and row["came_veh"] > row["room_veh"]:
        return STUCK_ON
    return OK


@jit_inner
def announce(u: int, crossed: int, net: Network) -> None:
    """Who crosses an upstream loop should be seen by a stop bar of the pool."""
    pool = net.pools[net.loops[u]["pool"]]
    for k in range(pool["lane_end"] - pool["lane_first"]):
        d = net.lanes[net.pool_lanes[pool["lane_first"] + k]]["detector"]
        if d >= 0:
            net.watch[d]["came_veh"] += crossed * net.part[u, k]
            if net.prior[u, k] > OWN_RATIO:
                net.watch[d]["announced_veh"] += crossed


@jit_inner
def missed_upstream(lane: int, unknown_veh: float, net: Network) -> None:
    """Who crosses a stop bar unannounced was missed by an upstream loop, if it has any."""
    at, pool, total = net.lanes[lane]["at"], net.pools[net.lanes[lane]["pool"]], 0.0
    for u in range(pool["loop_first"], pool["loop_end"]):
        total += net.prior[u, at]
    for u in range(pool["loop_first"], pool["loop_end"]):
        if total > 0.0:
            d = net.loops[u]["detector"]
            net.watch[d]["missed_veh"] += unknown_veh * net.prior[u, at] / total


@jit_inner
def contradict_standing(net: Network) -> None:
    """No queue stands on an upstream loop while all stop bars below it are clear in green."""
    for u in range(net.loops.size):
        loop = net.loops[u]
        if loop["covered_s"] < STANDS_S:
            continue
        pool, clear = net.pools[loop["pool"]], True
        for k in range(pool["lane_end"] - pool["lane_first"]):
            lane = net.lanes[net.pool_lanes[pool["lane_first"] + k]]
            if net.prior[u, k] > LEAST_RATIO:
                clear = clear and lane["open"] == GREEN and lane["clear_s"] >= CLEAR_S
        if clear:
            net.watch[loop["detector"]]["came_veh"] += 1.0
