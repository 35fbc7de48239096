"""``max-pressure``: the stage whose movements lead from full lanes to empty links.

After Varaiya (2013), "Max pressure control of a network of signalized intersections",
Transportation Research C 36, with vehicles counted over the stitched approach.
"""

from __future__ import annotations

from typing import ClassVar

from greenband.engine.frame import Request, State
from greenband.engine.site import Site
from greenband.engine.stage_loads import entering_weights, leaving_weights

from .heaviest import StageChooser

HOLD_S = 10.0
EVERY_S = 10.0


class MaxPressure:
    """Load upstream less load on the receiving links, stage by stage.

    Where the receiving links can't be seen (level ``loops``), only the upstream part is left.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"queues", "downstream"})
    interval_s: ClassVar[int] = 1

    def __init__(self, site: Site) -> None:
        self._chooser = StageChooser(
            site,
            entering_weights(site),
            leaving_weights(site),
            moving_weight=1.0,
            bonus_veh=0.0,
            hold_s=HOLD_S,
            every_s=EVERY_S,
            reason="max pressure",
        )

    def decide(self, state: State) -> Request:
        """The stage with the largest pressure."""
        return self._chooser.choose(state, state.downstream_veh)
