"""What an information level fills each second, and the protocol that each level follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .estimate_tables import Tables
from .packing import FrameArrays


@dataclass(frozen=True)
class Beliefs:
    """What an information level has to fill each second, of shape (n_lanes,) or (n_lanes, s)."""

    queue_veh: NDArray[np.float64]
    sd_veh: NDArray[np.float64]
    moving_veh: NDArray[np.float64]
    arrivals_veh: NDArray[np.float64]

    @classmethod
    def empty(cls, tables: Tables, horizon_s: int) -> Beliefs:
        """Nobody there."""
        n = tables.lane_approach.size
        return cls(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, horizon_s)))


class Queues(Protocol):
    """One information level."""

    def step(self, arrays: FrameArrays, time_s: float) -> None:
        """One second more."""
        ...
