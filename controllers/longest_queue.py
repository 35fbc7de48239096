"""``longest-queue``: the stage with most vehicles in front of it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from greenband.engine.frame import Request, State
from greenband.engine.site import Site
from greenband.engine.stage_loads import served_movements

from .heaviest import StageChooser

HOLD_S = 10.0
"""A green lasts this long at least: with less, changes cost more than they bring."""
EVERY_S = 10.0
"""Then the stages are compared this often."""
LEAST_ROOM_RATIO = 0.05
"""With less of its receiving link free a movement can't be served."""


class LongestQueue:
    """Greedy: compares what waits and what comes on the lanes of each stage.

    A movement whose receiving link is full does not count; otherwise it does not look ahead.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"queues", "downstream"})
    interval_s: ClassVar[int] = 1

    def __init__(self, site: Site) -> None:
        self._chooser = StageChooser(
            site,
            np.zeros(served_movements(site).shape),
            least_room_ratio=LEAST_ROOM_RATIO,
            hold_s=HOLD_S,
            every_s=EVERY_S,
            reason="longest queue",
        )

    def decide(self, state: State) -> Request:
        """The stage with most vehicles."""
        return self._chooser.choose(state)
