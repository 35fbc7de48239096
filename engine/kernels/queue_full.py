"""Queues counted from every vehicle (information level ``full``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

STANDING_MPS = 0.1
"""Slower than this is standing: what SUMO calls halting."""


@jit
def count_vehicles(
    vehicle_sites: NDArray[np.int64],
    lane_offsets: NDArray[np.int64],
    lane: NDArray[np.int32],
    distance_m: NDArray[np.float64],
    speed_mps: NDArray[np.float64],
    free_speed_mps: NDArray[np.float64],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    arrivals_veh: NDArray[np.float64],
) -> None:
    """Standing and moving vehicles per lane; arrivals by second where the array has columns.

    A moving vehicle arrives after its distance at the approach's free speed; one that is due
    later than the horizon is not in the arrivals.
    """
    queue_veh[:] = 0.0
    moving_veh[:] = 0.0
    arrivals_veh[:] = 0.0
    horizon = arrivals_veh.shape[1]
    for site in range(vehicle_sites.size - 1):
        for v in range(vehicle_sites[site], vehicle_sites[site + 1]):
            at = lane_offsets[site] + lane[v]
            if speed_mps[v] < STANDING_MPS:
                queue_veh[at] += 1.0
                continue
            moving_veh[at] += 1.0
            due = int(distance_m[v] / free_speed_mps[at])
            if due < horizon:
                arrivals_veh[at, due] += 1.0
