"""What max-pressure and longest-queue share: weigh the stages, and don't ask too often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from greenband.engine.frame import Request, State
from greenband.engine.kernels.stage_choice import heaviest_stage
from greenband.engine.site import Site
from greenband.engine.stage_loads import served_movements
from greenband.engine.stages import stages_of


def requests_of(site: Site, reason: str) -> list[Request]:
    """A Request for each stage, and at last (index -1) one for where there is no stage."""
    stages = [*range(len(stages_of(site))), -1]
    return [Request(stage=s, reason=reason) for s in stages]


class StageChooser:
    """Compares the stages once a green has lasted `hold_s`, then each `every_s`.

    Parameters
    ----------
    behind_ratio : (n_stages, n_movements), how much of the vehicles on a receiving link counts
        against a stage. least_room_ratio : a movement with less of its receiving link free
        does not count.
    """

    def __init__(
        self,
        site: Site,
        behind_ratio: NDArray[np.float64],
        *,
        least_room_ratio: float,
        hold_s: float,
        every_s: float,
        reason: str,
    ) -> None:
        self._served, self._behind_ratio = served_movements(site), behind_ratio
        self._least_room_ratio = least_room_ratio
        self._hold_s, self._every_s = hold_s, every_s
        self._requests = requests_of(site, reason)
        self._wanted = self._requests[-1]
        self._next_s = -np.inf

    def choose(self, state: State) -> Request:
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
            self._served,
            state.turning_ratio,
            state.queue_veh,
            state.moving_veh,
            self._behind_ratio,
            state.halted_downstream_veh,
            state.downstream_veh,
            state.room_veh,
            self._least_room_ratio,
            state.allowed,
            state.stage,
        )
        self._wanted = self._requests[best]
        return self._wanted
