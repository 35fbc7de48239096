"""Queues at the levels that see all vehicles: ``full`` (one by one) and ``area`` (by lane)."""

from __future__ import annotations

import numpy as np

from .estimate_beliefs import Beliefs
from .estimate_tables import Tables
from .kernels.queue_full import count_vehicles
from .packing import FrameArrays, Packing


class SeenQueues:
    """`full` and `area`: counted, not guessed.

    A queued vehicle is one that stands (below 0.1 m/s, SUMO's halting) anywhere in the stitched
    approach; all others on it are moving. From single vehicles where they are read, else from
    the lane areas, which say the same of what they cover.
    """

    def __init__(self, packing: Packing, tables: Tables, beliefs: Beliefs) -> None:
        self._lane_offsets = packing.lanes
        self._free_speed_mps = tables.free_speed_mps
        self._beliefs = beliefs

    def step(self, arrays: FrameArrays, time_s: float) -> None:
        """Count this second's vehicles; the time does not matter."""
        beliefs, vehicles, areas = self._beliefs, arrays.vehicles, arrays.areas
        if vehicles is not None:
            count_vehicles(
                vehicles.sites,
                self._lane_offsets,
                vehicles.lane,
                vehicles.distance_m,
                vehicles.speed_mps,
                self._free_speed_mps,
                beliefs.queue_veh,
                beliefs.moving_veh,
                beliefs.arrivals_veh,
            )
        elif areas is not None:
            np.copyto(beliefs.queue_veh, areas.halted_veh)
            np.subtract(areas.vehicles_veh, areas.halted_veh, out=beliefs.moving_veh)
