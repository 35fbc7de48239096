"""``max-pressure``: the stage whose movements lead from full lanes to empty links.

After Varaiya (2013), "Max pressure control of a network of signalized intersections",
Transportation Research C 36. All vehicles of the stitched approach count in front of the stop
line, those that stand count behind it; a movement whose receiving link is full counts nothing,
as in Gregoire et al. (2015), "Capacity-aware backpressure traffic signal control", IEEE TCNS 2.
"""

from __future__ import annotations

from typing import ClassVar

from greenband.engine.frame import Request, State
from greenband.engine.site import Site
from greenband.engine.stage_loads import receiving_ratio

from .heaviest import StageChooser

HOLD_S = 10.0
"""A green lasts this long at least: with less, changes cost more than they bring."""
EVERY_S = 10.0
"""Then the stages are compared this often."""
LEAST_ROOM_RATIO = 0.05
"""With less of its receiving link free a movement can't be served."""


class MaxPressure:
    """Load upstream less queue on the receiving links, stage by stage.

    Where the receiving links can't be seen (level ``loops``), only the upstream part is left.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"queues", "downstream"})
    interval_s: ClassVar[int] = 1

    def __init__(self, site: Site) -> None:
        self._chooser = StageChooser(
            site,
            receiving_ratio(site),
            least_room_ratio=LEAST_ROOM_RATIO,
            hold_s=HOLD_S,
            every_s=EVERY_S,
            reason="max pressure",
        )

    def decide(self, state: State) -> Request:
        """The stage with the largest pressure."""
        return self._chooser.choose(state)
