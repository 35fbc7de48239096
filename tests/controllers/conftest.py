"""States made by hand, as a street and an estimator would."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.engine.estimate import Estimator
from greenband.engine.frame import State
from greenband.engine.gate_order import order_of
from greenband.engine.packing import frame_arrays, frames_of, pack
from greenband.engine.rules import RESCO, with_limits
from greenband.engine.site import Site
from greenband.engine.stages import stages_of


class OpenGate:
    """Goes where it is told at once, and allows everything."""

    def __init__(self, site: Site, stage: int) -> None:
        self.stage = stage
        self.changing = False
        self.order = order_of(with_limits(site, RESCO), RESCO)
        self.permits = np.ones(len(stages_of(site)), np.bool_)

    def allowed(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return self.permits


@pytest.fixture
def state_of() -> Callable[..., State]:
    """Makes a state with one stage green for so long: `state_of(site, stage, green_s)`."""

    def make(site: Site, stage: int = 0, green_s: float = 10.0) -> State:
        packing = pack((site,))
        arrays = frame_arrays(packing)
        estimator = Estimator(packing, "loops", frozenset())
        gate = OpenGate(site, stage)
        frames = frames_of(packing, arrays)
        state = estimator.update(arrays, frames, {site.id: gate}, 100.0)[site.id]
        show(state, stage, green_s)
        return state

    return make


def show(state: State, stage: int, green_s: float) -> None:
    state.stage = stage
    state.colour[:] = np.where(state.stage_phases[stage], 2, 0)
    state.colour_s[:] = green_s
