"""Queues at the level that the street has: ``loops`` at the stop bar and upstream of it."""

from __future__ import annotations

import numpy as np

from .errors import InputError
from .estimate_beliefs import Beliefs
from .estimate_neighbours import neighbours_of
from .estimate_pools import network_of
from .estimate_tables import SLOTS, Tables
from .estimate_turns import turns_of
from .kernels.queue_loops import step_loops
from .kernels.vehicle_lists import Assumed
from .packing import FrameArrays, Packing

ASSUMED = Assumed(
    learned_s=900.0,
    prior_veh=2.0,
    lost_s=150.0,
    chance_veh=3.0,
    lost_ratio=0.005,
    early_s=1.0,
    early_scale_s=0.6,
    arrival_ratio=0.8,
    surprise_ratio=0.003,
    late_s=2.0,
    late_scale_s=0.5,
    least_clear_ratio=0.1,
    follow_s=2.0,
    wrong_ratio=0.01,
    spacing_m=7.5,
    join_s=2.0,
    wave_s=2.5,
    blocked_s=2.0,
    stands_s=4.0,
    moves_s=5.0,
    hidden_s=3.0,
    sd_ratio=0.35,
    least_sd_veh=0.3,
    surprise_s=100.0,
)
"""Fitted to the eight RESCO scenarios, seeds 101 to 103; see docs/estimate.md."""


class LoopQueues:
    """`loops`: each vehicle between the loops, and where it may be; see `kernels.queue_loops`."""

    def __init__(self, packing: Packing, tables: Tables, beliefs: Beliefs) -> None:
        if beliefs.arrivals_veh.shape[1] > SLOTS:
            raise InputError(
                "horizon of the arrivals",
                f"{beliefs.arrivals_veh.shape[1]} s",
                f"at most {SLOTS} s at loops",
                "Shorten horizon_s.",
            )
        self._phase_lanes, self._beliefs = tables.phase_lanes, beliefs
        self._network = network_of(tables, int(packing.detectors[-1]))
        self._neighbours = neighbours_of(packing, self._network.loops)
        self._turns = turns_of(packing, self._network.loops, self._neighbours, beliefs)

    def step(self, arrays: FrameArrays, time_s: float) -> None:
        """One second of all sites."""
        beliefs = self._beliefs
        step_loops(
            time_s,
            self._network,
            self._neighbours,
            self._turns,
            ASSUMED,
            self._phase_lanes,
            arrays.counts_veh,
            arrays.presence,
            arrays.health,
            arrays.colour,
            beliefs.queue_veh,
            beliefs.moving_veh,
            beliefs.sd_veh,
            beliefs.arrivals_veh,
            beliefs.trust_ratio,
            beliefs.saturation_flow_veh_h,
            beliefs.startup_lost_s,
        )
        np.copyto(beliefs.finding, self._network.watch["finding"])
