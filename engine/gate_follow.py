"""How the Gate follows a plan: taking it up, running it, and leaving it for a stage."""

from __future__ import annotations

from .errors import InputError
from .gate_change import Change
from .gate_entry import Shelf, entry_of, in_time
from .gate_plan import PlanTable, plan_greens
from .gate_signals import LONG_AGO_S, Signals
from .gate_stages import Stages
from .gate_waits import Waits
from .masks import bits
from .plan import Plan


class Plans:
    """The plan that is running or about to, in the Gate's own seconds and the clock's.

    `entry` is the plan that is to be taken up, with the clock's time at which to set out for it
    and the second of it that is set out for; `changed_s` is when a plan was taken up last.
    """

    __slots__ = ("change", "changed_s", "entry", "rate_s", "running", "shelf", "signals", "stages",
                 "waits")  # fmt: skip

    signals: Signals
    change: Change
    stages: Stages
    waits: Waits

    def __init__(self, shelf: Shelf, rate_s: float) -> None:
        self.shelf, self.rate_s, self.changed_s = shelf, rate_s, LONG_AGO_S
        self.running: PlanTable | None = None
        self.entry: tuple[PlanTable, float, float] | None = None

    def bind(self, signals: Signals, change: Change, stages: Stages, waits: Waits) -> None:
        """Follow no plan, from what these show on."""
        self.signals, self.change, self.stages, self.waits = signals, change, stages, waits
        self.running = self.entry = None

    def rest(self, why: str, time_s: float, now_s: float) -> str:
        """Hold what was last accepted, a plan or a stage."""
        if self.running is not None:
            self._run(self.running, time_s, now_s)
            return f"{why}; the plan goes on"
        self.entry = None
        return f"{why}; {self._hold_stage(now_s)}"

    def follow(self, plan: Plan, time_s: float, now_s: float) -> str:
        """Run a plan, or get ready to; the words why, where it is not followed yet."""
        table = self.shelf.table(plan)
        if isinstance(table, InputError):
            why = f"{table.found} where {table.allowed} is allowed ({table.where})"
            return self.rest(why, time_s, now_s)
        if table is self.running:
            return self._run(table, time_s, now_s)
        since_s = now_s - self.changed_s
        if since_s < self.rate_s:
            why = f"the plan changed {since_s:g} s ago, and may every {self.rate_s:g} s"
            return self.rest(why, time_s, now_s)
        if self.running is not None:
            return f"the plan before it ends first; {self.leave(-1, time_s, now_s)}"
        entry = self._entry_of(table, time_s, now_s)
        if entry is not None and time_s >= entry[1]:
            self.running, self.changed_s, self.entry = table, now_s, entry
            return self._run(table, time_s, now_s)
        held = self._hold_stage(now_s, late_walks=entry is None)
        self.entry = entry
        then = "no point of it fits yet" if entry is None else f"it starts at {entry[2]:g} s"
        return f"plan: {then}; {held}"

    def leave(self, stage: int, time_s: float, now_s: float) -> str:
        """From the running plan to a stage, where nobody's longest red would be broken by it."""
        running, stages = self.running, self.stages
        assert running is not None
        to = stages.nearest(stage)
        want = self.change.greens_of(to)
        late = stages.too_late(to, now_s)
        if not late:
            self.signals.cut_walks(self.signals.limits.ends(self.signals.green, want), now_s)
        why = self.change.blocked(want, now_s)
        if late and not why:
            why = f"leaving it would keep {late}"
        if why:
            self._run(running, time_s, now_s)
            return f"{why}; the plan goes on"
        self.drop(now_s)
        self.change.end_at_s = {}
        stages.set_out(to, want, now_s)
        return "" if to == stage else f"stage {stages.name(to)} comes first after the plan"

    def drop(self, now_s: float) -> None:
        """Follow no plan any longer, and let nobody walk for as long as it would have let them."""
        self.running = self.entry = None
        self.signals.cut_walks(self.signals.green, now_s)

    def _hold_stage(self, now_s: float, late_walks: bool = True) -> str:
        stages = self.stages
        more = stages.go_on(stages.at, now_s, late_walks)
        return more or f"stage {stages.name(stages.at)} held"

    def _entry_of(
        self, table: PlanTable, time_s: float, now_s: float
    ) -> tuple[PlanTable, float, float] | None:
        """When to set out for a plan, and for which of its seconds."""
        if self.stages.at >= 0 and self.change.going_on:
            return None
        known, calls = self.entry, self.waits.calls
        times_s = (self.waits.longest_red_s, time_s, now_s)
        if (
            known is not None
            and known[0] is table
            and time_s <= known[2]
            and in_time(table, calls, *times_s, *known[1:])
        ):
            return known
        found = entry_of(table, self.signals, calls, *times_s)
        return None if found is None else (table, *found)

    def _run(self, table: PlanTable, time_s: float, now_s: float) -> str:
        """Follow the plan's greens, from the second on at which it was taken up."""
        at_s = time_s if self.entry is None else max(time_s, self.entry[2])
        # of another plan, or from before the clock was set
        self.signals.cut_walks(self.signals.green & ~table.greens_at(at_s), now_s)
        want, ending, why = plan_greens(table, self.signals, self.signals.limits, at_s, now_s)
        self.change.want = want
        self.change.end_at_s = dict.fromkeys(bits(ending), now_s)
        self.stages.see(table.greens_at(at_s))
        return why
