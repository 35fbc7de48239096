"""``rolling-horizon``: looks a minute ahead, second by second, and takes the cheapest first step.

What it expects comes from the estimate, at any information level; what it does with it is in
`greenband.engine.rolling`. Sites tell each other where there is room and when there will be
(`engine.exchange`). Where too little of the estimate can be believed a site falls back
(`fallback`), and comes back by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from greenband.engine.exchange import Exchange
from greenband.engine.frame import Request, State
from greenband.engine.rolling import HOLDS_S, Choose, Outlook, Settings
from greenband.engine.site import Site

from .base import Seen, Together
from .fallback import Fallback
from .heaviest import requests_of
from .parameters import Parameter


def _parameter(name: str, low: float, high: float, unit: str, text: str) -> Parameter:
    return Parameter(name, getattr(Settings(), name), low, high, unit, text)


class RollingHorizon:
    """The cheapest first step of the next minute, for one site."""

    needs: ClassVar[frozenset[str]] = frozenset(
        {"counts", "presence", "queues", "arrivals", "downstream", "vehicles"}
    )
    interval_s: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = (
        _parameter("horizon_s", 20.0, 120.0, "s", "how far it looks"),
        _parameter("known_s", 1.0, 30.0, "s", "expected arrivals are used so far ahead"),
        _parameter("startup_s", 0.5, 4.0, "s", "lost at the start of a green"),
        _parameter("headway_s", 1.5, 3.0, "s", "from vehicle to vehicle of a queue"),
        _parameter("yellow_used_s", 0.0, 3.0, "s", "of the yellow, as if it were green"),
        _parameter("stop_s", 0.0, 15.0, "s", "what a stop costs beside the time that it takes"),
        _parameter("gap_s", 2.0, 8.0, "s", "gap that a turn which gives way needs"),
        _parameter("stay_gap_s", 0.5, 6.0, "s", "gap that ends a stage in what is rolled out"),
        _parameter("spill_ratio", 0.0, 10.0, "", "what a vehicle counts more where room is short"),
        _parameter("spill_from_ratio", 0.2, 1.0, "", "part of the room from which it is short"),
        _parameter("fair_s", 20.0, 1000.0, "s", "who has waited so long counts twice"),
        _parameter("longest_s", 45.0, 300.0, "s", "who has waited longer comes first"),
        _parameter("bus_ratio", 1.0, 50.0, "", "what a bus counts that says where it is"),
        _parameter("late_s", 30.0, 1000.0, "s", "a bus that is so late counts twice that"),
        _parameter("drain_veh_s", 0.0, 1.0, "veh/s", "room that becomes free on links out"),
    )

    def __init__(self, site: Site, **settings: float) -> None:
        self.outlook = Outlook(site, Settings(**settings))
        self.settings = Settings(**settings)
        self._holds = requests_of(site, "rolling horizon: holds")
        self._fallback = Fallback(site)

    @property
    def fallback_s(self) -> Mapping[str, int]:
        """Seconds in which somebody else decided, by who did."""
        return self._fallback.seconds

    @classmethod
    def join(
        cls, controllers: Sequence[RollingHorizon], states: Sequence[State], seen: Seen
    ) -> Together:
        """Each decides for itself, and hears of its neighbours' room."""
        settings = controllers[0].settings
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

    def decide(self, state: State, choose: Choose | None = None) -> Request:
        """Hold the present stage, or go to another; `choose` as in `Outlook.look`."""
        if state.stage < 0:
            return self._holds[0]
        asked = self._fallback.decide(state)
        if asked is not None:
            return asked
        stage = self.outlook.look(state, choose)
        if stage == state.stage:
            return self._holds[stage]
        return Request(stage=stage, reason=self._reason(state, stage))

    def _reason(self, state: State, stage: int) -> str:
        costs, n = self.outlook.costs, len(HOLDS_S)
        held = costs[:n].min()
        name = state.stages[stage].id
        if not np.isfinite(held):
            return f"rolling horizon: {name} serves who has waited longest"
        saved = held - costs[n + stage]
        return f"rolling horizon: {name} saves {saved:.0f} veh s of {held:.0f}"
