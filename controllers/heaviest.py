"""What max-pressure and longest-queue share: weigh the stages, and don't ask too often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from greenband.engine.frame import Request, State
from greenband.engine.kernels.stage_choice import heaviest_stage
from greenband.engine.site import Site
from greenband.engine.stages import stages_of


def requests_of(site: Site, reason: str) -> list[Request]:
    """A Request for each stage, and at last (index -1) one for where there is no stage."""
    stages = [*range(len(stages_of(site))), -1]
    return [Request(stage=s, reason=reason) for s in stages]


class StageChooser:
    """Compares the stages' loads once a green has lasted `hold_s`, then each `every_s`.

    Parameters
    ----------
    entering : (n_stages, n_lanes) weights of the lanes; leaving : (n_stages, n_movements) of
        the receiving links.
    moving_weight : what a moving vehicle counts against a queued one.
    bonus_veh : what the present stage is ahead, for the time that a change costs.
    """

    def __init__(
        self,
        site: Site,
        entering: NDArray[np.float64],
        leaving: NDArray[np.float64],
        *,
        moving_weight: float,
        bonus_veh: float,
        hold_s: float,
        every_s: float,
        reason: str,
    ) -> None:
        self._entering, self._leaving = entering, leaving
        self._moving_weight, self._bonus_veh = moving_weight, bonus_veh
        self._hold_s, self._every_s = hold_s, every_s
        self._requests = requests_of(site, reason)
        self._wanted = Request(stage=-1)
        self._next_s = -np.inf

    def choose(self, state: State, downstream_veh: NDArray[np.float64]) -> Request:
        """Hold what was asked for last until it is time to compare again."""
        time_s = state.time_s
        if state.changing:  # perhaps to another stage than the one asked for
            self._next_s = time_s + self._hold_s
            self._wanted = self._requests[state.stage]
            return self._wanted
        if time_s < self._next_s:
            return self._wanted
        self._next_s = time_s + self._every_s
        best = heaviest_stage(
            self._entering,
            self._leaving,
            state.queue_veh,
            state.moving_veh,
            self._moving_weight,
            downstream_veh,
            state.allowed,
            state.stage,
            self._bonus_veh,
        )
        self._wanted = self._requests[best]
        return self._wanted
