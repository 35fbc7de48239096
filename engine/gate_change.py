"""How the Gate gets from the phases that are green to those that are wanted."""

from __future__ import annotations

from math import floor

from .gate_calls import Calls
from .gate_order import Order
from .gate_plan import PlanTable, walk_fits
from .gate_signals import Signals
from .gate_waits import Waits
from .masks import bits, mask_of
from .rules import Rules

HAIR_S = 1e-6


class Change:
    """The wanted greens, and the ends and walks on the way to them.

    `end_at_s` is when each green phase that is to end does so: pedestrians' long clearance comes
    first, and vehicles go on until both are through together. `walk_due` are phases that were
    last served without their pedestrians, though nobody has ever pressed a button there. While
    `nobody_walks` no walk begins beside a vehicle phase.
    """

    __slots__ = ("calls", "end_at_s", "every_time", "limits", "nobody_walks", "order", "signals",
                 "waits", "walk_due", "want")  # fmt: skip

    def __init__(self, order: Order, rules: Rules, signals: Signals, waits: Waits) -> None:
        self.order, self.limits = order, order.limits
        self.every_time = rules.ped_service == "every_time"
        self.signals, self.waits = signals, waits
        self.calls: Calls = waits.calls
        self.want = signals.green
        self.end_at_s: dict[int, float] = {}
        self.walk_due = 0
        self.nobody_walks = False

    @property
    def going_on(self) -> bool:
        """True while a phase is still to end or to start."""
        return bool(self.end_at_s or self.want & ~self.signals.green)

    def stop(self) -> None:
        """Want what is green."""
        self.end_at_s.clear()
        self.want = self.signals.green

    def greens_of(self, stage: int) -> int:
        """The phases of a stage that are to be green: pedestrians where they called or are due."""
        mask = self.order.stages[stage]
        peds = mask & self.limits.pedestrians
        if not peds or peds == mask or self.every_time:
            return mask
        wanted = self.calls.called | self.calls.ped_pending | self.walk_due | self.signals.green
        return mask & ~(peds & ~wanted)

    def set_out(self, to: int, want: int, now_s: float) -> None:
        """Begin the change to a stage, of which these phases are wanted."""
        served = want & self.limits.pedestrians
        left_out = self.order.stages[to] & self.limits.pedestrians & ~want
        self.walk_due = (self.walk_due | left_out & ~self.calls.buttons) & ~served
        self.want = want
        self._schedule_ends(now_s)

    def blocked(self, want: int, now_s: float) -> str:
        """Words where a phase that would have to end may not end yet."""
        ending = self.limits.ends(self.signals.green, want)
        left_s, last = self.signals.longest_left(ending, now_s)
        return self.signals.why_not_ended(last, left_s) if last >= 0 else ""

    def may_add(self, stage: int, now_s: float) -> bool:
        """True where a change that is going on can be widened to end in another stage.

        What was to start still does, and nothing that was to end is wanted again: another
        ring's move on its own.
        """
        signals, want = self.signals, self.greens_of(stage)
        gone = signals.yellow | mask_of(self.end_at_s)
        pending = self.want & ~signals.green
        ending = self.limits.ends(signals.green, want) & ~gone
        if want & gone or pending & ~want or ending & want:
            return False
        return signals.longest_left(ending, now_s)[1] < 0

    def late_walks(self, stage: int, now_s: float) -> None:
        """Pedestrians who called after their stage began still walk in it, where there is time.

        Beside a phase with which somebody in conflict waits they walk the next time: a button
        that is pressed again and again would hold its green for as long as the longest red lets
        it. (A pedestrian phase starts once, and goes on as long as its stage does.)
        """
        signals, waiting = self.signals, self.calls.waiting()
        pending = self.calls.ped_pending & self.order.stages[stage] & self.limits.crossings
        for p in bits(pending & ~(signals.walking | signals.flashing)):
            if self.limits.walks >> p & 1 and waiting & self.limits.conflicts[p]:
                continue
            if now_s + self.limits.full_min_s[p] > self.waits.must_leave_s(stage):
                continue
            if self.limits.pedestrians >> p & 1:
                self.want |= 1 << p
            elif signals.green >> p & 1:
                self._begin_walk(p, now_s)

    def execute(self, running: PlanTable | None, time_s: float, now_s: float) -> None:
        """End and start what is due in this second."""
        signals = self.signals
        if running is None and signals.green & ~self.want & ~mask_of(self.end_at_s):
            self._schedule_ends(now_s)
        for p in [p for p, at_s in self.end_at_s.items() if at_s <= now_s]:
            del self.end_at_s[p]
            if signals.green >> p & 1:
                signals.end(p, now_s)
                self.waits.ended(p, now_s)
        for p in bits(self.want & ~signals.green):
            if signals.may_start(p, now_s) and not self._would_trap(p):
                self._start(p, running, time_s, now_s)
        if running is not None:
            for p in bits(self.calls.ped_pending & self.limits.walks & signals.green):
                if not (signals.walking | signals.flashing) >> p & 1:
                    self._walk_in_plan(running, p, time_s, now_s)

    def events_s(self, now_s: float) -> list[float]:
        """The seconds ahead in which a yellow or a clearance is over, or a green is to end."""
        signals = self.signals
        events = [signals.since_s[p] + self.limits.yellow_s[p] for p in bits(signals.yellow)]
        events += self.end_at_s.values()
        events += [signals.clear_at_s[p] for p in bits(self.want & ~signals.green)]
        return [e for e in events if e > now_s]

    def _would_trap(self, phase: int) -> bool:
        """True for a through while a permissive left that gives way to it is about to end."""
        ending = mask_of(self.end_at_s) & self.signals.green
        staying = self.signals.green & self.want | 1 << phase
        lefts = bits(ending & self.limits.trapped)
        return any(self.limits.trap_of(p, staying & ~ending) >> phase & 1 for p in lefts)

    def _schedule_ends(self, now_s: float) -> None:
        limits = self.limits
        ending = limits.ends(self.signals.green, self.want)
        vehicles = ending & ~limits.pedestrians
        later_s = 0
        if vehicles != ending:
            later_s = limits.slowest_s(ending) - limits.slowest_s(vehicles)
        for p in bits(ending):
            self.end_at_s.setdefault(p, now_s + (later_s if vehicles >> p & 1 else 0))

    def _start(self, phase: int, running: PlanTable | None, time_s: float, now_s: float) -> None:
        self.signals.start(phase, now_s)
        self.calls.served(phase)
        bit = 1 << phase
        if not self.limits.walks & bit:
            return
        if running is not None:
            self._walk_in_plan(running, phase, time_s, now_s)
        elif not self.nobody_walks and (
            self.every_time or (self.calls.ped_pending | self.walk_due) & bit
        ):
            self._begin_walk(phase, now_s)
        else:
            self.walk_due |= bit & ~self.calls.buttons

    def _walk_in_plan(self, running: PlanTable, phase: int, time_s: float, now_s: float) -> None:
        """People walk in each green of a plan for as long as they can clear in what follows."""
        if walk_fits(running, self.limits, phase, time_s):
            left_s = running.remaining_s(phase, time_s) + HAIR_S
            more_s = floor(left_s) - self.limits.walk_s[phase] - self.limits.ped_clearance_s[phase]
            self._begin_walk(phase, now_s, max(0.0, more_s))

    def _begin_walk(self, phase: int, now_s: float, more_s: float = 0.0) -> None:
        self.signals.walk(phase, now_s, more_s)
        self.calls.walked(phase)
        self.walk_due &= ~(1 << phase)
