"""What a policy sees of a site: a State as one vector of numbers from 0 to 1.

The same for every information level and street, so that a policy can be trained in one place and
run in another. Where a site has s stages, p phases and l lanes, in this order:

    stage      s  1 for the stage that is green or being changed to
    changing   1  1 from the end of a green to the start of the next stage
    allowed    s  1 where the Gate would accept the stage now
    green      p  seconds for which the phase has been green, 0 where it isn't, by LONG_S
    call       p  1 where there is demand for the phase
    waiting    p  seconds since its first call that has not been served, by LONG_S
    queue      l  vehicles queued at the stop line, by FULL_VEH
    moving     l  vehicles on their way to it, by FULL_VEH

What is more than LONG_S or FULL_VEH counts as 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from greenband.engine.frame import Colour, State
from greenband.engine.site import Site
from greenband.engine.stages import stages_of

LONG_S = 120.0
"""The longest red of a street."""
FULL_VEH = 25.0
"""About what stands on 200 m of a lane."""
NEEDS = frozenset({"counts", "presence", "queues"})
"""What has to be read for an observation; see `base.Controller`."""


def observation(state: State) -> NDArray[np.float32]:
    """The vector of this second, float32 of shape (len(observation_names(site)),); a copy."""
    stage = np.zeros(len(state.stages))
    if state.stage >= 0:
        stage[state.stage] = 1.0
    green_s = np.where(state.colour == Colour.GREEN, state.colour_s, 0.0)
    parts = (
        stage,
        [float(state.changing)],
        state.allowed,
        green_s / LONG_S,
        state.calls,
        state.waiting_s / LONG_S,
        state.queue_veh / FULL_VEH,
        state.moving_veh / FULL_VEH,
    )
    return np.clip(np.concatenate(parts), 0.0, 1.0).astype(np.float32)


def observation_names(site: Site) -> tuple[str, ...]:
    """What each number of a site's observation is, such as ``queue -E1_0``."""
    stages = [stage.id for stage in stages_of(site)]
    phases = [phase.id for phase in site.phases]
    lanes = [lane.id for approach in site.approaches for lane in approach.lanes]
    return (
        *(f"stage {name}" for name in stages),
        "changing",
        *(f"allowed {name}" for name in stages),
        *(f"{what} {name}" for what in ("green", "call", "waiting") for name in phases),
        *(f"{what} {name}" for what in ("queue", "moving") for name in lanes),
    )
