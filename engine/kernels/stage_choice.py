"""Which stage is worth most now: the sums behind max-pressure and longest-queue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit


@jit
def heaviest_stage(
    entering: NDArray[np.float64],
    leaving: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    moving_weight: float,
    downstream_veh: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    present: int,
    bonus_veh: float,
) -> int:
    """The allowed stage with the largest load in front of it less the load behind it.

    `entering` (n_stages, n_lanes) weighs the lanes that a stage serves, `leaving` (n_stages,
    n_movements) the receiving links; a link that can't be seen (NaN) weighs nothing. The present
    stage is given `bonus_veh` and wins a tie, as a change costs a clearance time.
    """
    best, best_veh = present, -np.inf
    for s in range(entering.shape[0]):
        if not allowed[s] and s != present:
            continue
        load_veh = bonus_veh if s == present else 0.0
        for lane in range(queue_veh.size):
            if entering[s, lane] != 0.0:
                vehicles = queue_veh[lane] + moving_weight * moving_veh[lane]
                load_veh += entering[s, lane] * vehicles
        for m in range(downstream_veh.size):
            if leaving[s, m] != 0.0 and not np.isnan(downstream_veh[m]):
                load_veh -= leaving[s, m] * downstream_veh[m]
        if load_veh > best_veh or (load_veh == best_veh and s == present):
            best, best_veh = s, load_veh
    return best
