"""``plan``: a fixed timing plan."""

from __future__ import annotations

from typing import ClassVar

from greenband.engine.frame import Request, State
from greenband.engine.plan import Plan, green_windows
from greenband.engine.site import Site

from .parameters import Parameter

STARTUP_LOST_S = 3.0
"""How SUMO's drivers leave a stop line, trucks and turns in the mix: found on seeds 101 to 103."""
DEMAND_RATIO = 1.1
"""Loops count the mean of an hour; its peak quarter has a tenth more (the HCM's default peak hour
factor is 0.92). Of 1.0, 1.1 and 1.2 the one without gridlock on seeds 101 and 102."""


class PlanController:
    """Runs one plan for ever; the Gate times it.

    Raises InputError at once where the plan does not fit the site. Its `parameters` are those of
    making a plan from what loops count; a plan that is given has none.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    interval_s: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "cycle_ratio", 1.0, 0.5, 2.0, "", "cycle against the one with the least computed delay"
        ),
        Parameter(
            "demand_ratio", DEMAND_RATIO, 0.7, 1.5, "", "flows planned for against those counted"
        ),
        Parameter("startup_lost_s", STARTUP_LOST_S, 0.0, 6.0, "s", "lost at each start of green"),
    )

    def __init__(self, site: Site, plan: Plan) -> None:
        green_windows(site, plan)
        self.site = site
        self._request = Request(plan=plan, reason="plan")

    def decide(self, state: State) -> Request:
        """The same plan each second."""
        return self._request
