"""Queues at the level that the street has: ``loops`` at the stop bar and upstream of it."""

from __future__ import annotations

import numpy as np

from .errors import InputError
from .estimate_beliefs import Beliefs
from .estimate_tables import SLOTS, Tables
from .kernels.queue_loops import step_loops
from .packing import FrameArrays, Packing


class LoopQueues:
    """`loops`: counted in upstream and out at the stop bar; see `kernels.queue_loops`."""

    def __init__(self, packing: Packing, tables: Tables, beliefs: Beliefs) -> None:
        n_lanes = tables.lane_approach.size
        self._tables = tables
        self._beliefs = beliefs
        self._memory = np.zeros((n_lanes, 4))
        self._covered_s = np.zeros(int(packing.detectors[-1]))
        self._due_veh = np.zeros((n_lanes, SLOTS))
        horizon_s = beliefs.arrivals_veh.shape[1]
        if horizon_s > SLOTS:
            raise InputError(
                "horizon of the arrivals",
                f"{horizon_s} s",
                f"at most {SLOTS} s at loops",
                "Shorten horizon_s.",
            )
        self._ahead = np.arange(1, horizon_s + 1)

    def step(self, arrays: FrameArrays, time_s: float) -> None:
        """Count in and out, and let the stop bars correct the sum."""
        slot = int(time_s) % SLOTS
        tables, beliefs = self._tables, self._beliefs
        step_loops(
            slot,
            tables.phase_lanes,
            tables.upstream,
            tables.stop_bar,
            tables.lane_approach,
            arrays.counts_veh,
            arrays.presence,
            arrays.health,
            arrays.colour,
            self._memory,
            self._covered_s,
            self._due_veh,
            beliefs.queue_veh,
            beliefs.moving_veh,
            beliefs.sd_veh,
        )
        if self._ahead.size:
            np.take(self._due_veh, (slot + self._ahead) % SLOTS, axis=1, out=beliefs.arrivals_veh)
