"""Which loops can be believed, second by second, from what no sound one could report.

A loop that is covered all at once without a vehicle that crossed, that counts more than a lane can
carry, or that vehicles leave in red, chatters; so does an upstream loop of which hardly anybody
comes to a stop bar. One that was expected to see many and saw nobody is dead: an upstream loop has
missed those who cross the stop bars unannounced, a stop bar those who never come although the
upstream loops announced them. One is stuck that stays covered while more vehicles come than fit
behind it, while the stop bars below it are clear, or all through the green. Each is believed again
as soon as its readings are what a sound loop would report.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit, jit_inner
from .vehicle_lists import Network, Records

GREEN = 2
OK, STUCK_ON, STUCK_OFF, CHATTER = 0, 1, 2, 3  # frame.Health

MEMORY_S, FORGIVEN_S = 60.0, 600.0
LONGEST_S = 300.0
"""A queue that did not move at all for so long is none that green would serve."""
ODD_LIMIT, ODD_AGAIN = 2.5, 0.5
"""Covered without a crossing, or left in red, so often in a minute: chatter, until it is rarer."""
SHUT_S = 3.0
"""After so much red nobody leaves any more."""
STOOD_S, JAMMED_S = 60.0, 180.0
"""Nobody stands at a stop bar for so much green while no queue reaches the upstream loops, and who
does although one does can't be served."""
LOST_VEH, LOST_RATIO, LOST_FLOW = 20.0, 4.0, 0.1
"""An upstream loop counts ghosts if so many more of its vehicles come to no stop bar than to one,
and more than this a second cross it."""
MOST_VEH_MIN = 45.0
"""A lane carries no more than 2700 veh/h for a minute."""
RUSH_RATIO, RUSH_VEH, KNOWN_S, UNKNOWN_RATIO = 2.0, 3.0, 120.0, 0.4
"""An upstream loop that suddenly counts more than so many times the usual, and so many more, may
count ghosts: those beyond are no sign that a stop bar is dead. Nothing is usual before so long;
until then so much of what it counts is taken for it."""
GHOSTS_VEH = 6.0
"""It counts ghosts if so many and more than half of the last minutes' came to no stop bar."""
ANNOUNCED_VEH = 25.0
"""So many that should have come by what is assumed at first, where nothing could be learned."""
OWN_RATIO = 0.8
"""An upstream loop with more than this for one lane lies on it."""
CLEAR_S, STANDS_S, LEAST_RATIO = 5.0, 30.0, 0.1
"""Stop bars that are clear for so long have no queue behind them that reaches a loop which is
covered for so long, as far as more than this part of its vehicles comes to them."""


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
        row["before"], row["covered"] = row["covered"], covered
        if covered and not row["before"] and count == 0:
            row["odd"] += 1.0
        row["lately_veh"] = keep * row["lately_veh"] + count
        if count > 0 or covered != row["before"]:
            row["missed_veh"] = 0.0
            row["announced_veh"] = 0.0
            row["came_veh"] = 0.0
        row["finding"] = health[d] if health[d] != OK else _finding(covered, row)


@jit_inner
def _finding(covered: bool, row: Records) -> int:
    """What can be told from one loop's memory."""
    odd_limit = ODD_AGAIN if row["finding"] == CHATTER else ODD_LIMIT
    if row["odd"] > odd_limit or row["lately_veh"] > MOST_VEH_MIN:
        return CHATTER
    if row["missed_veh"] > row["limit_veh"] or row["announced_veh"] > ANNOUNCED_VEH:
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
def miss(v: int, lane: int, lost_veh: float, net: Network) -> None:
    """Who was due at a clear stop bar is lost: he was never there, or the bar is dead."""
    u = net.vehicles[v]["loop"]
    loop = net.loops[u]
    loop["lost_veh"] += lost_veh
    loop["lost_now_veh"] += lost_veh
    above = net.watch[loop["detector"]]
    if above["finding"] == OK:
        bar, as_usual = net.watch[net.lanes[lane]["detector"]], UNKNOWN_RATIO
        most_veh, lately_veh = _most_usual_veh(loop), float(above["lately_veh"])
        if loop["flow_s"] >= KNOWN_S:
            as_usual = 1.0 if lately_veh <= most_veh else most_veh / lately_veh
        bar["missed_veh"] += as_usual * lost_veh


@jit_inner
def _most_usual_veh(loop: Records) -> float:
    """As many a minute may come over an upstream loop if all is as usual."""
    flow_s = max(float(loop["flow_s"]), 1.0)
    return float(RUSH_VEH + RUSH_RATIO * MEMORY_S * loop["flow_veh"] / flow_s)


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
def leave_in_red(counts_veh: NDArray[np.int32], net: Network) -> None:
    """Who comes onto a stop bar in red stays there until green."""
    for b in range(net.bars.size):
        bar = net.bars[b]
        row, lane = net.watch[bar["detector"]], net.lanes[net.bar_lanes[bar["first"]]]
        came = row["before"] or counts_veh[bar["detector"]] > 0
        if lane["shut_s"] >= SHUT_S and came and not row["covered"]:
            row["odd"] += row["odd_weight"]


@jit_inner
def stand_in_green(net: Network) -> None:
    """Who stands at a stop bar through all of the green, with no queue behind, is not there."""
    for b in range(net.bars.size):
        bar = net.bars[b]
        row, lane = net.watch[bar["detector"]], net.lanes[net.bar_lanes[bar["first"]]]
        if not (row["covered"] and row["before"] and lane["open"] == GREEN):
            continue
        pool, reached = net.pools[lane["pool"]], False
        for u in range(pool["loop_first"], pool["loop_end"]):
            reached = reached or net.loops[u]["clear_s"] < CLEAR_S
        row["came_veh"] += row["room_veh"] / (JAMMED_S if reached else STOOD_S)


@jit_inner
def _doubt_ghosts(u: int, net: Network) -> None:
    """Vehicles that never reach a stop bar are not there."""
    loop, came = net.loops[u], 0.0
    row = net.watch[loop["detector"]]
    for k in range(net.went_veh.shape[1]):
        came += net.went_veh[u, k]
    many = loop["flow_veh"] > LOST_FLOW * loop["flow_s"] and loop["lost_veh"] > LOST_VEH
    lost = loop["lost_now_veh"] > GHOSTS_VEH and loop["lost_now_veh"] > loop["went_now_veh"]
    rush = loop["flow_s"] >= KNOWN_S and row["lately_veh"] > _most_usual_veh(loop)
    sudden = rush and (lost or row["finding"] == CHATTER)
    if sudden or (many and loop["lost_veh"] > LOST_RATIO * came):
        row["odd"] = max(row["odd"], ODD_LIMIT + 1.0)
    if row["finding"] == CHATTER:
        loop["lost_veh"] *= 1.0 - 1.0 / FORGIVEN_S


@jit_inner
def contradict_standing(net: Network) -> None:
    """No queue stands on a loop while the stop bars below it are clear, or let many go."""
    for u in range(net.loops.size):
        loop = net.loops[u]
        _doubt_ghosts(u, net)
        if loop["standing"] and not net.watch[loop["detector"]]["covered"] and _clear_below(u, net):
            loop["standing"], loop["beyond_veh"] = False, 0.0
        if loop["covered_s"] < STANDS_S:
            continue
        pool, clear = net.pools[loop["pool"]], _clear_below(u, net)
        row = net.watch[loop["detector"]]
        for k in range(pool["lane_end"] - pool["lane_first"]):
            lane = net.lanes[net.pool_lanes[pool["lane_first"] + k]]
            if net.prior[u, k] > LEAST_RATIO:
                row["came_veh"] += lane["now_veh"] * net.prior[u, k]
        if clear or loop["covered_s"] > LONGEST_S:
            row["came_veh"] += row["room_veh"] / CLEAR_S
        if clear:
            _doubt_bars(u, net)


@jit_inner
def _clear_below(u: int, net: Network) -> bool:
    """Whether all stop bars that a loop's vehicles come to are believed, and clear for a while."""
    pool, clear = net.pools[net.loops[u]["pool"]], True
    for k in range(pool["lane_end"] - pool["lane_first"]):
        lane = net.lanes[net.pool_lanes[pool["lane_first"] + k]]
        if net.prior[u, k] > LEAST_RATIO:
            clear = clear and lane["clear_s"] >= CLEAR_S and lane["sound"]
    return bool(clear)


@jit_inner
def _doubt_bars(u: int, net: Network) -> None:
    """Which of two lies can't be told: the queue, or a stop bar that saw nobody in all its time.

    The first vehicle that crosses the bar shows that it was the other.
    """
    pool = net.pools[net.loops[u]["pool"]]
    for k in range(pool["lane_end"] - pool["lane_first"]):
        lane = net.lanes[net.pool_lanes[pool["lane_first"] + k]]
        if net.prior[u, k] > LEAST_RATIO and lane["clear_s"] >= net.loops[u]["covered_s"]:
            bar, above = net.watch[lane["detector"]], net.watch[net.loops[u]["detector"]]
            bar["missed_veh"] = max(bar["missed_veh"], bar["limit_veh"] + 1.0)
            above["came_veh"] = max(above["came_veh"], above["room_veh"] + 1.0)
