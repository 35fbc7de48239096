"""Lists of the vehicles between the loops, and everything that is remembered of them.

Where each table lies is said here; what is done with them in `queue_loops` and in the kernels
that it calls. One record a row, as in `junction`. Positions of lanes and detectors are those of
the network's arrays (`packing.Packing`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit_inner

Records = NDArray[Any]

LEAST_SHARE = 0.01
"""A vehicle with less than this left anywhere is forgotten."""

POOL = np.dtype(
    [
        ("first", np.int64),  # its vehicles: from here in the list ...
        ("end", np.int64),  # ... there is room up to here
        ("count", np.int64),  # vehicles now
        ("lane_first", np.int64),  # its lanes: from here in `pool_lanes` ...
        ("lane_end", np.int64),
        ("loop_first", np.int64),  # its upstream loops: from here in `loops` ...
        ("loop_end", np.int64),
    ],
    align=True,
)
VEHICLE = np.dtype(
    [
        ("due_s", np.float64),  # at the stop line, if nothing hinders it
        ("loop", np.int64),  # the upstream loop that it came by
        ("weight", np.float64),  # work space
        ("likelihood", np.float64),  # work space
    ],
    align=True,
)
LANE = np.dtype(
    [
        ("pool", np.int64),
        ("at", np.int64),  # place among the lanes of its pool
        ("detector", np.int64),  # a stop bar of it, or -1
        ("limit_mps", np.float64),
        ("room_veh", np.float64),  # what fits between its loops
        ("most_veh", np.float64),  # what fits on it in all
        ("open", np.int64),  # most open colour of its phases
        ("open_s", np.float64),  # seconds of green
        ("shut_s", np.float64),  # seconds of red
        ("crossed_veh", np.float64),  # in this green
        ("now_veh", np.float64),  # crossed in this second
        ("since_s", np.float64),  # the last crossing
        ("flushing", np.bool_),  # the queue of this green still goes on
        ("clear_s", np.float64),  # its stop bars have been clear for
        ("covered_s", np.float64),  # one of them has been covered for
        ("sound", np.bool_),  # one of them can be believed
        ("blind_ratio", np.float64),  # of those who come, by loops that can't be
        ("surprise_veh", np.float64),  # remembered crossings that no upstream loop announced
        ("seen_s", np.float64),  # and the time that they come from
        ("unseen", np.float64),  # vehicles a second that no loop will announce
        ("hidden_veh", np.float64),  # of them, those behind a covered bar
        ("headway_s", np.float64),  # of its queue in green
        ("headways", np.float64),  # that this comes from
        ("startup_s", np.float64),  # start-up lost time
    ],
    align=True,
)
LOOP = np.dtype(
    [
        ("detector", np.int64),
        ("pool", np.int64),
        ("travel_s", np.float64),  # to the stop line
        ("reach_veh", np.float64),  # what fits beyond it
        ("lost_veh", np.float64),  # remembered vehicles that came to no stop bar
        ("lost_now_veh", np.float64),  # of the last minutes
        ("went_now_veh", np.float64),  # and those that came to one
        ("flow_veh", np.float64),  # remembered crossings
        ("flow_s", np.float64),  # and the time that they come from
        ("free_veh", np.float64),  # the same of the time in which no queue stood on it
        ("free_s", np.float64),
        ("covered_s", np.float64),
        ("clear_s", np.float64),
        ("standing", np.bool_),  # a queue reaches it
        ("beyond_veh", np.float64),  # those that stand beyond it
    ],
    align=True,
)
BAR = np.dtype([("detector", np.int64), ("first", np.int64), ("end", np.int64)], align=True)
"""A loop at the stop line over the lanes `bar_lanes[first:end]`."""
WATCH = np.dtype(
    [
        ("finding", np.int8),  # what is believed of a detector: `frame.Health`
        ("covered", np.bool_),  # now
        ("before", np.bool_),  # in the last second
        ("odd_weight", np.float64),  # of a vehicle that leaves in red
        ("odd", np.float64),  # seconds of the last minute that no sound loop reports
        ("lately_veh", np.float64),  # counts of the last minute
        ("missed_veh", np.float64),  # since it last saw somebody: vehicles that it missed,
        ("announced_veh", np.float64),  # that upstream loops on its own lane have counted,
        ("came_veh", np.float64),  # and that are believed to have come to it
        ("room_veh", np.float64),  # there is room for so many
        ("limit_veh", np.float64),  # so many missed without any reading: dead
    ],
    align=True,
)


class Network(NamedTuple):
    """All tables of a network."""

    pools: Records
    """(n_pools,) of POOL: lanes between which vehicles can't be told apart."""
    lanes: Records
    """(n_lanes,) of LANE."""
    loops: Records
    """(n_loops,) of LOOP: upstream loops, pool by pool."""
    bars: Records
    """(n_bars,) of BAR."""
    watch: Records
    """(n_detectors,) of WATCH."""
    vehicles: Records
    """(n_places,) of VEHICLE, in each pool in the order in which they are due."""
    share: NDArray[np.float64]
    """(n_places, width) probability that the vehicle goes to each lane of the pool."""
    queued: NDArray[np.bool_]
    """(n_places, width) whether it is queued if it goes there."""
    prior: NDArray[np.float64]
    """(n_loops, width) what part of a loop's vehicles goes to each lane of the pool, at first."""
    went_veh: NDArray[np.float64]
    """(n_loops, width) remembered vehicles that did."""
    part: NDArray[np.float64]
    """(n_loops, width) the part that follows from both."""
    in_lane: NDArray[np.bool_]
    """(width,) work space: the lanes that a reading is of."""
    pool_lanes: NDArray[np.int64]
    bar_lanes: NDArray[np.int64]


class Assumed(NamedTuple):
    """What is taken as given of how vehicles move.

    Attributes
    ----------
    learned_s : how long what has been seen is remembered. prior_veh : vehicles that what is
        assumed of an upstream loop counts as much as; lost_ratio of them turn off unseen.
    lost_s : how long it is remembered how many came to no stop bar; chance_veh : of them, so
        many may have been lost by chance.
    early_s, early_scale_s : how long before it is due a vehicle may arrive. arrival_ratio : of
        those due in a second that arrive in it; surprise_ratio : of seconds in which somebody
        arrives whom no loop saw.
    late_s, late_scale_s, least_clear_ratio : how likely a clear stop bar is when somebody is due
        for so long; follow_s later after the bar was covered. wrong_ratio : probability that
        none of the vehicles in a list is really there.
    spacing_m : of standing vehicles. join_s : how much later than due one joins a queue.
        wave_s : each of a queue starts so much later than the one before it.
    blocked_s : a stop bar that is covered for longer in green is blocked.
    stands_s : so long covered, a queue stands on an upstream loop, until it is clear for moves_s.
    hidden_s : so long clear, there are no unseen vehicles at a stop bar.
    sd_ratio, least_sd_veh, surprise_s : what the lists don't know of their own errors: a part of
        the queue, a part of a vehicle, and the surprises of so many seconds.
    """

    learned_s: float
    prior_veh: float
    lost_s: float
    chance_veh: float
    lost_ratio: float
    early_s: float
    early_scale_s: float
    arrival_ratio: float
    surprise_ratio: float
    late_s: float
    late_scale_s: float
    least_clear_ratio: float
    follow_s: float
    wrong_ratio: float
    spacing_m: float
    join_s: float
    wave_s: float
    blocked_s: float
    stands_s: float
    moves_s: float
    hidden_s: float
    sd_ratio: float
    least_sd_veh: float
    surprise_s: float


@jit_inner
def place(due_s: float, pool: int, net: Network) -> int:
    """Make room in the list behind all that are due earlier; returns where.

    Where there is none, who has been due for longest has left unseen.
    """
    row = net.pools[pool]
    first, end = row["first"], row["first"] + row["count"]
    if end >= row["end"]:
        for v in range(first + 1, end):
            copy_vehicle(v, v - 1, net)
        row["count"] -= 1
        end -= 1
    v = end
    while v > first and net.vehicles[v - 1]["due_s"] > due_s:
        copy_vehicle(v - 1, v, net)
        v -= 1
    row["count"] += 1
    return int(v)


@jit_inner
def copy_vehicle(source: int, target: int, net: Network) -> None:
    """Put a vehicle in another place."""
    net.vehicles[target]["due_s"] = net.vehicles[source]["due_s"]
    net.vehicles[target]["loop"] = net.vehicles[source]["loop"]
    for k in range(net.share.shape[1]):
        net.share[target, k] = net.share[source, k]
        net.queued[target, k] = net.queued[source, k]


@jit_inner
def forget(pool: int, net: Network) -> None:
    """Take those out of the list who are nowhere any more."""
    row = net.pools[pool]
    kept = row["first"]
    for v in range(row["first"], row["first"] + row["count"]):
        if share_left(v, net) < LEAST_SHARE:
            continue
        if kept != v:
            copy_vehicle(v, kept, net)
        kept += 1
    row["count"] = kept - row["first"]


@jit_inner
def share_left(v: int, net: Network) -> float:
    """Probability that a vehicle is still on its way to some lane."""
    total = 0.0
    for k in range(net.share.shape[1]):
        total += net.share[v, k]
    return total


@jit_inner
def share_out(u: int, assumed: Assumed, net: Network) -> None:
    """What part of an upstream loop's vehicles goes to each lane of its pool, into `part`.

    Those who came to no stop bar have gone where none can be believed, if there is such a lane.
    """
    loop, pool = net.loops[u], net.pools[net.loops[u]["pool"]]
    at_first, came = assumed.prior_veh * (1.0 - assumed.lost_ratio), 0.0
    for k in range(net.part.shape[1]):
        net.part[u, k] = net.went_veh[u, k] + at_first * net.prior[u, k]
        came += net.part[u, k]
    lost_veh = loop["lost_veh"] + assumed.prior_veh * assumed.lost_ratio
    now_veh = max(loop["lost_now_veh"] + loop["went_now_veh"], 1.0)
    lost = max(lost_veh / (came + lost_veh), (loop["lost_now_veh"] - assumed.chance_veh) / now_veh)
    blind = 0.0
    for k in range(pool["lane_end"] - pool["lane_first"]):
        if not net.lanes[net.pool_lanes[pool["lane_first"] + k]]["sound"]:
            blind += net.prior[u, k]
    for k in range(net.part.shape[1]):
        net.part[u, k] *= (1.0 - lost) / came
    for k in range(pool["lane_end"] - pool["lane_first"]):
        if blind > 0.0 and not net.lanes[net.pool_lanes[pool["lane_first"] + k]]["sound"]:
            net.part[u, k] += lost * net.prior[u, k] / blind


@jit_inner
def rises(x: float) -> float:
    """The logistic function."""
    if x > 30.0:
        return 1.0
    if x < -30.0:
        return 0.0
    return float(1.0 / (1.0 + np.exp(-x)))
