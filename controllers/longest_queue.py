"""``longest-queue``: the stage with most vehicles in front of it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from greenband.engine.frame import Request, State
from greenband.engine.site import Site
from greenband.engine.stage_loads import entering_weights

from .heaviest import StageChooser

HOLD_S = 10.0
EVERY_S = 10.0


class LongestQueue:
    """Greedy: compares what waits and what comes on the lanes of each stage.

    It looks at no receiving link, and so may push vehicles into a queue that has no room.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"queues"})
    interval_s: ClassVar[int] = 1

    def __init__(self, site: Site) -> None:
        entering = entering_weights(site)
        self._chooser = StageChooser(
            site,
            entering,
            np.zeros((entering.shape[0], 0)),
            moving_weight=1.0,
            bonus_veh=0.0,
            hold_s=HOLD_S,
            every_s=EVERY_S,
            reason="longest queue",
        )
        self._nothing = np.zeros(0)

    def decide(self, state: State) -> Request:
        """The stage with most vehicles."""
        return self._chooser.choose(state, self._nothing)
