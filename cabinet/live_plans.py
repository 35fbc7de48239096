"""The plans of one cabinet: which is due, which runs, which is known to have run."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from urllib.parse import quote

from greenband.engine.errors import InputError
from greenband.engine.frame import Colour, Command
from greenband.engine.gate_limits import limits_of
from greenband.engine.gate_plan import plan_table
from greenband.engine.plan import Plan
from greenband.engine.rules import STREET

from .driver import Mode, Reading
from .greens_to_plan import WantedGreens
from .live_config import Wiring

LOG = logging.getLogger("greenband.live")
PROVEN_CYCLES = 3
"""A plan that has run so many cycles in step is known to be one that the controller runs."""


class Planner:
    """See the module; `current` is what is in force, `verified` what is known to have run.

    `folder`: where the last verified plan is kept, so that a service that starts anew has it.
    """

    def __init__(
        self, wiring: Wiring, folder: Path | None = None, wall: Callable[[], float] = time.time
    ) -> None:
        self._wiring, self._wall = wiring, wall
        self._limits, self._numbers = wiring.plan_limits, wiring.mapping.phases
        rings = bool(wiring.site.rings) and wiring.config.tier == "pattern"
        self._wanted = WantedGreens(wiring.site, self._limits) if rings else None
        self.current: Plan | None = None
        self.shadow: Plan | None = None
        self.verified: Plan | None = None
        self._verified_at: float | None = None
        self._tried_s, self._in_step_s = -inf, inf
        self._path = None if folder is None else folder / f"{quote(wiring.name, safe='')}.json"
        self._take_up()

    def see(self, time_s: float, reading: Reading, command: Command, calls: Sequence[bool]) -> None:
        """One second of the street beside what the controller would have shown."""
        if self._wanted is not None:
            colours = [Colour.GREEN if n in reading.greens else Colour.RED for n in self._numbers]
            self._wanted.see(time_s, colours, command.colours, calls)

    def forget(self) -> None:
        """This second wasn't seen, or wasn't free."""
        if self._wanted is not None:
            self._wanted.forget()

    def begin(self, now_s: float) -> None:
        """Another rung: what was planned waits for its turn again."""
        self._in_step_s = inf
        self._tried_s = min(self._tried_s, now_s - self._limits.every_s)

    def due(self, now_s: float, given: Plan | None) -> Plan | None:
        """The plan that is to be run now, where there is one and it differs from what runs.

        `given`: the plan that the controller asks for; without one, what its greens make.
        """
        if now_s - self._tried_s < self._limits.every_s:
            return None
        plan = given if given is not None else self._made()
        if plan is None:
            return None
        self._tried_s = now_s
        return None if same_plan(plan, self.current or self.shadow) else plan

    def refusal(self, plan: Plan) -> str:
        """Why the Gate wouldn't run it; empty where it would."""
        site = self._wiring.site
        try:
            plan_table(site, plan, limits_of(site, STREET), STREET)
        except InputError as error:
            return f"{error.found} where {error.allowed} is allowed"
        return ""

    def keep(self, plan: Plan, *, shadow: bool = False) -> None:
        """It has been sent, or would have been."""
        if shadow:
            self.shadow = plan
            return
        self.current, self.shadow, self._in_step_s = plan, None, inf

    def dropped(self) -> None:
        """Nothing of ours is in force."""
        self.current, self._in_step_s = None, inf

    def distrust(self) -> None:
        """The verified plan was refused: it is none."""
        self.verified = self._verified_at = None

    def watch(self, reading: Reading, now_s: float) -> None:
        """Whether what is in force is being run: after some cycles in step it is verified."""
        plan = self.current
        if plan is None or reading.mode is not Mode.OURS or reading.transition:
            self._in_step_s = inf
            return
        self._in_step_s = min(self._in_step_s, now_s)
        if now_s - self._in_step_s >= PROVEN_CYCLES * plan.cycle_s:
            fresh = plan is not self.verified
            self.verified, self._verified_at = plan, self._wall()
            if fresh:
                self._save()

    def age_s(self) -> float:
        """Seconds since a verified plan was known to run; endless without one.

        By the wall clock, as another process may have seen it run.
        """
        return inf if self._verified_at is None else max(0.0, self._wall() - self._verified_at)

    def _made(self) -> Plan | None:
        if self._wanted is None:
            return None
        return self._wanted.plan(self.current or self.shadow, self._wiring.config.reference_phase)

    def _save(self) -> None:
        if self._path is None or self.verified is None:
            return
        table = {"at": self._verified_at, "plan": self.verified.model_dump(mode="json")}
        part = self._path.with_name(self._path.name + ".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            LOG.warning("plan not kept", extra={"site": self._wiring.name, "reason": str(error)})

    def _take_up(self) -> None:
        """What another process has left; anything that is no plan of this site is none."""
        if self._path is None or not self._path.exists():
            return
        try:
            table = json.loads(self._path.read_text(encoding="utf-8"))
            plan, at = Plan.model_validate(table["plan"]), float(table["at"])
        except (OSError, ValueError, TypeError, KeyError):
            LOG.warning("no kept plan", extra={"site": self._wiring.name, "file": str(self._path)})
            return
        if not self.refusal(plan):
            self.verified, self._verified_at = plan, at


def same_plan(plan: Plan, other: Plan | None) -> bool:
    """Whether a controller would be told the same."""
    return other is not None and plan.model_dump() == other.model_dump()
