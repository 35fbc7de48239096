"""``policy``: looks ahead as rolling-horizon does, and goes where a network prices least.

The network was trained once, on drawn junctions, and has weights for no particular site
(`policy_network`). It is shown what the loops lead to expect and what the look ahead says of each
stage. Where a site's situation is far from all that it was trained on (`policy_guard`) it is not
asked: rolling-horizon decides, and such seconds are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from greenband.engine.exchange import Exchange
from greenband.engine.frame import Request, State
from greenband.engine.site import Site

from .base import Seen as Joined
from .base import Together
from .parameters import Parameter
from .policy_guard import Guard
from .policy_network import Network
from .rolling_horizon import RollingHorizon
from .stage_features import COST_VEH_S, SLACK_VEH_S, StageFeatures, cost_by_stage

MARGIN_VEH_S = 40.0
"""By so much a stage has to be priced less than what the look ahead says."""


class StagePolicy:
    """The stage of the least price, for one site.

    Parameters
    ----------
    network : what prices; without one rolling-horizon decides. guard : what it was trained on.
    margin_veh_s : by so much another stage than the look ahead's has to be priced less.

    Attributes
    ----------
    guarded_s : seconds in which the network was not asked though it could have been.
    asked_s : seconds in which there was something to decide. looked : so in the last one.
    """

    needs: ClassVar[frozenset[str]] = RollingHorizon.needs
    interval_s: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "margin_veh_s",
            MARGIN_VEH_S,
            0.0,
            200.0,
            "veh s",
            "a stage has to be priced less than the look ahead's by so much",
        ),
    )

    def __init__(
        self,
        site: Site,
        network: Network | None = None,
        guard: Guard | None = None,
        margin_veh_s: float = MARGIN_VEH_S,
    ) -> None:
        self._rolling = RollingHorizon(site)
        self.outlook = self._rolling.outlook
        self.outlook.slack = SLACK_VEH_S
        self._features = StageFeatures(site)
        self._network, self._guard = network, guard
        self._margin = margin_veh_s / COST_VEH_S
        self._state: State | None = None
        self._why = ""
        self.guarded_s = 0
        self.asked_s = 0
        self.looked = False

    @property
    def fallback_s(self) -> Mapping[str, int]:
        """Seconds in which too little was believed to look ahead, by who decided."""
        return self._rolling.fallback_s

    @classmethod
    def join(
        cls, controllers: Sequence[StagePolicy], states: Sequence[State], seen: Joined
    ) -> Together:
        """Each decides for itself, and hears of its neighbours' room."""
        settings = controllers[0]._rolling.settings
        exchange = Exchange(
            [s.site for s in states], settings.model.horizon_s, settings.drain_veh_s
        )
        for i, controller in enumerate(controllers):
            controller.outlook.connect(exchange, i)
        units = list(zip(controllers, states, strict=True))

        def decide() -> list[Request]:
            exchange.deliver([s.queue_veh + s.moving_veh for s in states])
            return [controller.decide(state) for controller, state in units]

        return decide

    def decide(self, state: State) -> Request:
        """Hold the present stage, or go to another."""
        self._state, self._why, self.looked = state, "", False
        request = self._rolling.decide(state, self._choose)
        return Request(stage=request.stage, reason=self._why) if self._why else request

    def _choose(self, cheapest: int) -> int:
        """The stage that the network prices least."""
        state = self._state
        assert state is not None
        self.looked = True
        if self._network is None:
            return cheapest
        seen = self._features.seen(state, self.outlook.costs)
        if seen.choices.sum() < 2:
            return cheapest
        self.asked_s += 1
        if self._guard is not None and self._guard.is_strange(seen):
            self.guarded_s += 1
            return cheapest
        prices = np.where(seen.choices, self._network.prices(seen), np.inf)
        prices[cheapest] -= self._margin  # who knows no better leaves it to the look ahead
        if cheapest != state.stage:
            # a change that is put off by mistake is put off again a second later
            prices[state.stage] = np.inf
        stage = int(prices.argmin())
        if stage == state.stage or self._is_early(state.stage):
            return state.stage
        self._why = f"policy: {state.stages[stage].id} is priced least"
        return stage

    def _is_early(self, present: int) -> bool:
        """True where the look ahead finds that to leave the present stage a little later is better.

        That is its part: the same traffic is rolled out for both, and the network's prices of two
        plans that differ by a second would differ by chance.
        """
        by_stage, soon = cost_by_stage(self.outlook.costs, present)
        by_stage[present] = np.inf
        return bool(soon < by_stage.min())
