"""What an information level fills each second, and the protocol that each level follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .estimate_tables import STARTUP_LOST_S, Tables
from .packing import FrameArrays, Packing
from .stage_loads import equal_turning_ratio


@dataclass(frozen=True)
class Beliefs:
    """What an information level has to fill each second, as in `frame.State`.

    All are (n_lanes,) but arrivals_veh (n_lanes, horizon), turning_ratio, which is (n_lanes,
    n_movements) for each site, views of all_turning_ratio, and finding (n_detectors,).
    """

    queue_veh: NDArray[np.float64]
    sd_veh: NDArray[np.float64]
    moving_veh: NDArray[np.float64]
    arrivals_veh: NDArray[np.float64]
    saturation_flow_veh_h: NDArray[np.float64]
    startup_lost_s: NDArray[np.float64]
    trust_ratio: NDArray[np.float64]
    turning_ratio: tuple[NDArray[np.float64], ...]
    all_turning_ratio: NDArray[np.float64]
    finding: NDArray[np.int8]

    @classmethod
    def empty(cls, packing: Packing, tables: Tables, horizon_s: int) -> Beliefs:
        """Nobody there, and nothing learned."""
        n = tables.lane_approach.size
        equal = [equal_turning_ratio(site) for site in packing.sites]
        flat = np.concatenate([x.ravel() for x in equal])
        ends = np.cumsum([x.size for x in equal])
        return cls(
            queue_veh=np.zeros(n),
            sd_veh=np.zeros(n),
            moving_veh=np.zeros(n),
            arrivals_veh=np.zeros((n, horizon_s)),
            saturation_flow_veh_h=tables.saturation_flow_veh_h.copy(),
            startup_lost_s=np.full(n, STARTUP_LOST_S),
            trust_ratio=np.ones(n),
            turning_ratio=tuple(
                flat[end - x.size : end].reshape(x.shape)
                for x, end in zip(equal, ends, strict=True)
            ),
            all_turning_ratio=flat,
            finding=np.zeros(int(packing.detectors[-1]), np.int8),
        )


class Queues(Protocol):
    """One information level."""

    def step(self, arrays: FrameArrays, time_s: float) -> None:
        """One second more."""
        ...
