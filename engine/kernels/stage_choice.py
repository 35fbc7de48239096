"""Which stage is worth most now: the sums behind max-pressure and longest-queue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

SOMEBODY_VEH = 0.5
"""Half a vehicle, as a lane's are shared out over its movements."""


@jit
def heaviest_stage(
    served: NDArray[np.bool_],
    gives_way: NDArray[np.bool_],
    turning_ratio: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    lane_weight: NDArray[np.float64],
    behind_ratio: NDArray[np.float64],
    behind_veh: NDArray[np.float64],
    downstream_veh: NDArray[np.float64],
    room_veh: NDArray[np.float64],
    least_room_ratio: float,
    allowed: NDArray[np.bool_],
    present: int,
    moving_ratio: float,
    staying_veh: float,
) -> int:
    """The allowed stage with the largest load in front of it less the load behind it.

    `served` (n_stages, n_movements) says which movements may go in a stage, `gives_way`
    (n_movements, n_movements) whom a movement gives way to where both may, `turning_ratio`
    (n_lanes, n_movements) how a lane's vehicles divide over them, `lane_weight` (n_lanes,) what
    a vehicle of a lane counts, `behind_ratio` (n_stages, n_movements) how much of what is on a
    receiving link counts. What can't be seen (NaN) counts as empty. A movement whose receiving
    link has less than `least_room_ratio` of its room left can't be served, and one that gives way
    to vehicles that are there gets nowhere: both weigh nothing. A moving vehicle weighs
    `moving_ratio` of one that stands. The present stage has `staying_veh` more, and wins a tie, as
    a change costs a clearance time; -1 where there is none.
    """
    there_veh, load_veh = _loads(turning_ratio, queue_veh, moving_veh, lane_weight, moving_ratio)
    for m in range(load_veh.size):
        if room_veh[m] < least_room_ratio * (room_veh[m] + downstream_veh[m]):
            load_veh[m] = 0.0
    best, best_veh = present, -np.inf
    for s in range(served.shape[0]):
        if not allowed[s] and s != present:
            continue
        stage_veh = staying_veh if s == present else 0.0
        for m in range(load_veh.size):
            if served[s, m]:
                if not _is_held_up(served[s], gives_way[m], there_veh):
                    stage_veh += load_veh[m]
                if behind_veh[m] > 0.0:
                    stage_veh -= behind_ratio[s, m] * behind_veh[m]
        if stage_veh > best_veh or (stage_veh == best_veh and s == present):
            best, best_veh = s, stage_veh
    return best


@jit
def _loads(
    turning_ratio: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    lane_weight: NDArray[np.float64],
    moving_ratio: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n_movements,) vehicles that come for each movement, and what they weigh."""
    n_lanes, n_movements = turning_ratio.shape
    there_veh, load_veh = np.zeros(n_movements), np.zeros(n_movements)
    for lane in range(n_lanes):
        on_lane_veh = queue_veh[lane] + moving_veh[lane]
        weighed_veh = queue_veh[lane] + moving_ratio * moving_veh[lane]
        for m in range(n_movements):
            there_veh[m] += turning_ratio[lane, m] * on_lane_veh
            load_veh[m] += lane_weight[lane] * (turning_ratio[lane, m] * weighed_veh)
    return there_veh, load_veh


@jit
def _is_held_up(
    together: NDArray[np.bool_],
    gives_way: NDArray[np.bool_],
    there_veh: NDArray[np.float64],
) -> bool:
    """True where somebody comes that this movement gives way to, whether or not he gets on."""
    for other in range(together.size):
        if together[other] and gives_way[other] and there_veh[other] > SOMEBODY_VEH:
            return True
    return False
