"""``max-pressure``: the stage whose movements lead from full lanes to empty links.

After Varaiya (2013), "Max pressure control of a network of signalized intersections",
Transportation Research C 36. All vehicles of the stitched approach count in front of the stop
line, those that stand count behind it; a movement whose receiving link is full counts nothing,
as in Gregoire et al. (2015), "Capacity-aware backpressure traffic signal control", IEEE TCNS 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from greenband.engine.frame import Request, State
from greenband.engine.site import Site
from greenband.engine.stage_loads import receiving_ratio

from .base import Seen, Together
from .heaviest import PARAMETERS, StageChooser
from .parameters import Parameter


class MaxPressure:
    """Load upstream less queue on the receiving links, stage by stage.

    Where the receiving links can't be seen (level ``loops``), only the upstream part is left.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"queues", "downstream"})
    interval_s: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = (
        *PARAMETERS,
        Parameter(
            "downstream_ratio", 1.0, 0.0, 2.0, "", "what a vehicle behind the junction weighs"
        ),
    )

    def __init__(self, site: Site, *, downstream_ratio: float = 1.0, **chooser: float) -> None:
        self._chooser = StageChooser(
            site,
            downstream_ratio * receiving_ratio(site),
            reason="max pressure",
            **chooser,
        )

    @classmethod
    def join(
        cls, controllers: Sequence[MaxPressure], states: Sequence[State], seen: Seen
    ) -> Together:
        """Those whose time has not come are not asked."""
        return StageChooser.join([c._chooser for c in controllers], states)

    def decide(self, state: State) -> Request:
        """The stage with the largest pressure."""
        return self._chooser.choose(state)
