"""Queues at the levels that see all vehicles: ``full`` (one by one) and ``area`` (by lane)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .estimate_beliefs import Beliefs
from .estimate_tables import Tables
from .kernels.queue_full import count_vehicles
from .packing import FrameArrays, Packing


class SeenQueues:
    """`full` and `area`: counted, not guessed.

    A queued vehicle is one that stands (below 0.1 m/s, SUMO's halting) anywhere in the stitched
    approach; all others on it are moving. From single vehicles where they are read, else from
    the lane areas, which say the same of what they cover; arrivals from them are spread evenly
    over the time that it takes to go through.
    """

    def __init__(self, packing: Packing, tables: Tables, beliefs: Beliefs) -> None:
        self._lane_offsets = packing.lanes
        self._free_speed_mps = tables.free_speed_mps
        self._beliefs = beliefs
        self._spread = spread_over_arrivals(
            tables.length_m / tables.free_speed_mps, beliefs.arrivals_veh.shape[1]
        )

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
            np.multiply(beliefs.moving_veh[:, None], self._spread, out=beliefs.arrivals_veh)


def spread_over_arrivals(travel_s: NDArray[np.float64], horizon_s: int) -> NDArray[np.float64]:
    """(n, horizon) part of the moving vehicles of an area that arrives in each second.

    An area does not say where on it they are: anywhere with the same probability.
    """
    begin_s = np.arange(horizon_s)[None, :]
    within_s = np.clip(travel_s[:, None] - begin_s, 0.0, 1.0)
    return np.asarray(within_s / np.maximum(travel_s[:, None], 1.0))
