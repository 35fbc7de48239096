"""Estimator: what is believed about each site, from what its Frames report.

One file and one kernel per information level: exact counts (`full`), lane areas (`area`), or
loops alone (`loops`). Everything after the estimate is the same code. All sites are worked on
at once; each State is made once and holds views of the network's arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .estimate_beliefs import Beliefs, Queues
from .estimate_loops import LoopQueues
from .estimate_seen import SeenQueues
from .estimate_tables import Tables, tables_of
from .frame import Frame, State
from .gate_order import Order
from .kernels.calls import step_calls, step_gaps
from .packing import FrameArrays, Packing
from .stages import stage_matrix, stages_of

Info = Literal["full", "area", "loops"]
INFO_LEVELS: tuple[Info, ...] = ("full", "area", "loops")


class GateView(Protocol):
    """What the estimator asks a Gate."""

    @property
    def stage(self) -> int:
        """Index of the stage that is green or being changed to."""
        ...

    @property
    def changing(self) -> bool:
        """True from the end of a green to the start of the next stage."""
        ...

    @property
    def order(self) -> Order:
        """Which stage may follow which."""
        ...

    def allowed(self) -> NDArray[np.bool_]:
        """(n_stages,) what would be accepted now."""
        ...


@dataclass(frozen=True)
class Joined:
    """What the States of all sites are views of, one site after the other as in the packing."""

    counts_veh: NDArray[np.int32]
    gap_s: NDArray[np.float64]
    health: NDArray[np.int8]
    calls: NDArray[np.bool_]
    colour: NDArray[np.int8]
    colour_s: NDArray[np.float64]


class Estimator:
    """Fills one State a site each second.

    Parameters
    ----------
    packing : the network.
    info : what the street can see.
    needs : what the controllers look at (`controllers.base.Controller.needs`); arrivals are
        only worked out where they are asked for.
    horizon_s : columns of State.arrivals_veh, if they are.
    """

    def __init__(
        self, packing: Packing, info: Info, needs: frozenset[str], horizon_s: int = 30
    ) -> None:
        if info not in INFO_LEVELS:
            raise InputError(
                "information level",
                f"{info!r}",
                ", ".join(INFO_LEVELS),
                "Choose one of them.",
            )
        self.packing = packing
        self.info = info
        self.tables: Tables = tables_of(packing)
        horizon_s = horizon_s if "arrivals" in needs else 0
        self.beliefs = Beliefs.empty(packing, self.tables, horizon_s)
        level = LoopQueues if info == "loops" else SeenQueues
        self._queues: Queues = level(packing, self.tables, self.beliefs)
        self._calls = _CallMemory(packing)
        self._room_veh = np.full(int(packing.movements[-1]), np.nan)
        self._sees_downstream = info != "loops" and "downstream" in needs
        self._arrays: FrameArrays | None = None
        self._states: dict[str, State] = {}
        self._each: list[tuple[State, Frame, GateView]] = []

    def update(
        self,
        arrays: FrameArrays,
        frames: Mapping[str, Frame],
        gates: Mapping[str, GateView],
        time_s: float,
    ) -> dict[str, State]:
        """The states after one more second, by site; the same objects each time.

        Sites without a gate keep their signals and get no state. Pass the same arrays, frames
        and gates each second: they are looked up at the first.
        """
        if arrays is not self._arrays:
            self._bind(arrays, frames, gates)
        self._queues.step(arrays, time_s)
        self._calls.step(arrays, self.tables, self.beliefs)
        if self._sees_downstream:
            np.subtract(self.tables.storage_veh, arrays.downstream_veh, out=self._room_veh)
        for state, frame, gate in self._each:
            state.time_s = time_s
            state.stage = gate.stage
            state.changing = gate.changing
            state.flags = frame.flags
            state.vehicles = frame.vehicles
            state.preempts = frame.preempts
            state.buses = frame.buses
        return self._states

    def joined(self, arrays: FrameArrays) -> Joined:
        """The States' arrays of all sites together, for the arrays that fill them."""
        return Joined(
            counts_veh=arrays.counts_veh,
            gap_s=self._calls.gap_s,
            health=arrays.health,
            calls=self._calls.calls,
            colour=arrays.colour,
            colour_s=arrays.colour_s,
        )

    def _bind(
        self, arrays: FrameArrays, frames: Mapping[str, Frame], gates: Mapping[str, GateView]
    ) -> None:
        self._arrays = arrays
        self._states = {
            site.id: self._state(i, arrays, gates[site.id])
            for i, site in enumerate(self.packing.sites)
            if site.id in gates
        }
        self._each = [(s, frames[name], gates[name]) for name, s in self._states.items()]

    def _state(self, i: int, arrays: FrameArrays, gate: GateView) -> State:
        packing, beliefs, calls = self.packing, self.beliefs, self._calls
        site = packing.sites[i]
        stages = stages_of(site)
        d, p = packing.slice(packing.detectors, i), packing.slice(packing.phases, i)
        lanes, m = packing.slice(packing.lanes, i), packing.slice(packing.movements, i)
        return State(
            site=site,
            stages=stages,
            stage_phases=stage_matrix(site, stages),
            time_s=0.0,
            stage=0,
            changing=False,
            colour=arrays.colour[p],
            colour_s=arrays.colour_s[p],
            calls=calls.calls[p],
            ped_calls=calls.ped_calls[p],
            waiting_s=calls.waiting_s[p],
            allowed_now=gate.allowed,
            counts_veh=arrays.counts_veh[d],
            occupancy_ratio=arrays.occupancy_ratio[d],
            presence=arrays.presence[d],
            gap_s=calls.gap_s[d],
            health=arrays.health[d],
            queue_veh=beliefs.queue_veh[lanes],
            queue_sd_veh=beliefs.sd_veh[lanes],
            moving_veh=beliefs.moving_veh[lanes],
            arrivals_veh=beliefs.arrivals_veh[lanes],
            turning_ratio=beliefs.turning_ratio[i],
            saturation_flow_veh_h=beliefs.saturation_flow_veh_h[lanes],
            startup_lost_s=beliefs.startup_lost_s[lanes],
            trust_ratio=beliefs.trust_ratio[lanes],
            finding=beliefs.finding[d],
            room_veh=self._room_veh[m],
            downstream_veh=arrays.downstream_veh[m],
            halted_downstream_veh=arrays.halted_downstream_veh[m],
            order=gate.order,
        )


class _CallMemory:
    """Gaps, calls and waiting times of the network, and the locked calls behind them."""

    def __init__(self, packing: Packing) -> None:
        n_phases = int(packing.phases[-1])
        # Nobody has been seen yet: long gaps, so that a loop without traffic extends nothing.
        self.gap_s = np.full(int(packing.detectors[-1]), 3600.0)
        self.calls = np.zeros(n_phases, np.bool_)
        self.ped_calls = np.zeros(n_phases, np.bool_)
        self.waiting_s = np.zeros(n_phases)
        self._locked = np.zeros(n_phases, np.bool_)

    def step(self, arrays: FrameArrays, tables: Tables, beliefs: Beliefs) -> None:
        step_gaps(
            arrays.counts_veh,
            arrays.occupancy_ratio,
            arrays.presence,
            arrays.health,
            self.gap_s,
        )
        step_calls(
            tables.phase_lanes,
            tables.detector_phases,
            tables.recall,
            arrays.counts_veh,
            arrays.presence,
            beliefs.finding,
            arrays.colour,
            arrays.ped_calls,
            beliefs.queue_veh,
            beliefs.moving_veh,
            self._locked,
            self.calls,
            self.ped_calls,
            self.waiting_s,
        )
