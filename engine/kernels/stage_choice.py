"""Which stage is worth most now: the sums behind max-pressure and longest-queue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit


@jit
def heaviest_stage(
    served: NDArray[np.bool_],
    turning_ratio: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    behind_ratio: NDArray[np.float64],
    behind_veh: NDArray[np.float64],
    downstream_veh: NDArray[np.float64],
    room_veh: NDArray[np.float64],
    least_room_ratio: float,
    allowed: NDArray[np.bool_],
    present: int,
) -> int:
    """The allowed stage with the largest load in front of it less the load behind it.

    `served` (n_stages, n_movements) says which movements may go in a stage, `turning_ratio`
    (n_lanes, n_movements) how a lane's vehicles divide over them, `behind_ratio` (n_stages,
    n_movements) how much of what is on a receiving link counts. What can't be seen (NaN) counts
    as empty. A movement whose receiving link has less than `least_room_ratio` of its room left
    can't be served and weighs nothing. The present stage wins a tie, as a change costs a
    clearance time.
    """
    n_lanes, n_movements = turning_ratio.shape
    load_veh = np.zeros(n_movements)
    for m in range(n_movements):
        if room_veh[m] < least_room_ratio * (room_veh[m] + downstream_veh[m]):
            continue
        for lane in range(n_lanes):
            vehicles = queue_veh[lane] + moving_veh[lane]
            load_veh[m] += turning_ratio[lane, m] * vehicles
    best, best_veh = present, -np.inf
    for s in range(served.shape[0]):
        if not allowed[s] and s != present:
            continue
        stage_veh = 0.0
        for m in range(n_movements):
            if served[s, m]:
                stage_veh += load_veh[m]
                if behind_veh[m] > 0.0:
                    stage_veh -= behind_ratio[s, m] * behind_veh[m]
        if stage_veh > best_veh or (stage_veh == best_veh and s == present):
            best, best_veh = s, stage_veh
    return best
