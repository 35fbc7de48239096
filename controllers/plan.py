"""``plan``: a fixed timing plan."""

from __future__ import annotations

from typing import ClassVar

from greenband.engine.frame import Request, State
from greenband.engine.plan import Plan, green_windows
from greenband.engine.site import Site


class PlanController:
    """Runs one plan for ever; the Gate times it.

    Raises InputError at once where the plan does not fit the site.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    interval_s: ClassVar[int] = 1

    def __init__(self, site: Site, plan: Plan) -> None:
        green_windows(site, plan)
        self.site = site
        self._request = Request(plan=plan, reason="plan")

    def decide(self, state: State) -> Request:
        """The same plan each second."""
        return self._request
