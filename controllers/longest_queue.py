"""``longest-queue``: the stage with most vehicles in front of it.

What counts and what does not is in `heaviest` and its kernel, with the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from greenband.engine.frame import Request, State
from greenband.engine.site import Site
from greenband.engine.stage_loads import served_movements

from .base import Seen, Together
from .heaviest import PARAMETERS, StageChooser
from .parameters import Parameter


class LongestQueue:
    """Greedy: compares what waits and what comes on the lanes of each stage.

    A movement whose receiving link is full, or that gives way to somebody, does not count;
    otherwise it does not look ahead.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"queues", "downstream"})
    interval_s: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS

    def __init__(self, site: Site, **chooser: float) -> None:
        self._chooser = StageChooser(
            site,
            np.zeros(served_movements(site).shape),
            reason="longest queue",
            **chooser,
        )

    @classmethod
    def join(
        cls, controllers: Sequence[LongestQueue], states: Sequence[State], seen: Seen
    ) -> Together:
        """Those whose time has not come are not asked."""
        return StageChooser.join([c._chooser for c in controllers], states)

    def decide(self, state: State) -> Request:
        """The stage with most vehicles."""
        return self._chooser.choose(state)
