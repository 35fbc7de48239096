"""What max-pressure and longest-queue share: weigh the stages, and don't ask too often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from greenband.engine.frame import Colour, Request, State
from greenband.engine.kernels.stage_choice import heaviest_stage
from greenband.engine.site import Site
from greenband.engine.stage_loads import (
    equal_turning_ratio,
    giving_way,
    lane_weight,
    served_movements,
)
from greenband.engine.stages import stages_of

from .base import Together
from .parameters import Parameter

HOLD_S = 10.0
"""A green lasts this long at least: with less, changes cost more than they bring."""
EVERY_S = 10.0
"""Then the stages are compared this often."""
LEAST_ROOM_RATIO = 0.05
"""With less of its receiving link free a movement can't be served."""
LONGEST_WAIT_S = 45.0
"""Who waits for longer comes first: a short queue is never the longest, and vehicles that wait
inside the junction for a gap only get away when the stage ends."""
GREEN = int(Colour.GREEN)

PARAMETERS = (
    Parameter("hold_s", HOLD_S, 5.0, 30.0, "s", "a green lasts this long at least"),
    Parameter("every_s", EVERY_S, 1.0, 30.0, "s", "then the stages are compared this often"),
    Parameter(
        "longest_wait_s", LONGEST_WAIT_S, 20.0, 180.0, "s", "who has waited longer comes first"
    ),
    Parameter("staying_veh", 0.0, 0.0, 8.0, "veh", "what the present stage weighs more"),
    Parameter(
        "moving_ratio", 1.0, 0.0, 1.0, "", "what a moving vehicle weighs, against one that stands"
    ),
)
"""What can be tuned of both; they are `StageChooser`'s, too."""


def requests_of(site: Site, reason: str) -> list[Request]:
    """A Request for each stage, and at last (index -1) one for where there is no stage."""
    stages = [*range(len(stages_of(site))), -1]
    return [Request(stage=s, reason=reason) for s in stages]


class StageChooser:
    """Compares the stages once a green has lasted `hold_s`, then each `every_s`.

    All stages, or where a phase has waited for longer than `longest_wait_s` those that serve the
    one that has waited longest.

    Parameters
    ----------
    behind_ratio : (n_stages, n_movements), how much of the vehicles on a receiving link counts
        against a stage. least_room_ratio : a movement with less of its receiving link free
        does not count. The others are among `PARAMETERS`.
    """

    def __init__(
        self,
        site: Site,
        behind_ratio: NDArray[np.float64],
        *,
        reason: str,
        least_room_ratio: float = LEAST_ROOM_RATIO,
        hold_s: float = HOLD_S,
        every_s: float = EVERY_S,
        longest_wait_s: float = LONGEST_WAIT_S,
        staying_veh: float = 0.0,
        moving_ratio: float = 1.0,
    ) -> None:
        self._served, self._behind_ratio = served_movements(site), behind_ratio
        self._gives_way, self._lane_weight = giving_way(site), lane_weight(site)
        # Not those that are learned: who turns seldom stands in front as long as others.
        self._turning_ratio = equal_turning_ratio(site)
        self._longest_wait_s = longest_wait_s
        self._least_room_ratio = least_room_ratio
        self._hold_s, self._every_s = hold_s, every_s
        self._staying_veh, self._moving_ratio = staying_veh, moving_ratio
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
        candidates, present = self._candidates(state)
        best = heaviest_stage(
            self._served,
            self._gives_way,
            self._turning_ratio,
            state.queue_veh,
            state.moving_veh,
            self._lane_weight,
            self._behind_ratio,
            state.halted_downstream_veh,
            state.downstream_veh,
            state.room_veh,
            self._least_room_ratio,
            candidates,
            present,
            self._moving_ratio,
            self._staying_veh,
        )
        self._wanted = self._requests[best]
        return self._wanted

    @staticmethod
    def join(choosers: Sequence[StageChooser], states: Sequence[State]) -> Together:
        """Ask only those whose time it is; the others hold what they asked for last."""
        units = list(enumerate(zip(choosers, states, strict=True)))
        requests = [c._wanted for c in choosers]

        def decide() -> list[Request]:
            time_s = states[0].time_s
            for i, (chooser, state) in units:
                if state.changing or time_s >= chooser._next_s:
                    requests[i] = chooser.choose(state)
            return requests

        return decide

    def _candidates(self, state: State) -> tuple[NDArray[np.bool_], int]:
        """The stages to compare, and the present one where it is among them, else -1."""
        allowed = state.allowed
        waiting_s = np.where(state.colour == GREEN, 0.0, state.waiting_s)
        phase = int(waiting_s.argmax())
        if waiting_s[phase] > self._longest_wait_s:
            serving = allowed & state.stage_phases[:, phase]
            if serving.any():
                return serving, -1
        return allowed, state.stage
