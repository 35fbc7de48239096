"""How the Gate follows requests for stages."""

from __future__ import annotations

from math import inf

from .gate_change import Change
from .gate_order import Order
from .gate_signals import Signals
from .gate_waits import Waits, named, stage_nearest
from .masks import mask_of


class Stages:
    """The stage that is green or being changed to, and the ways from it to others.

    `at` is its index among the order's stages, -1 where the greens make none. What may be done
    is done by `change`, unless it would break a promise of `waits`. Times are the Gate's own
    seconds.
    """

    __slots__ = ("_of_mask", "at", "calls", "change", "order", "signals", "waits")

    def __init__(self, order: Order, signals: Signals, change: Change, waits: Waits) -> None:
        self.order, self.signals, self.change, self.waits = order, signals, change, waits
        self.calls = waits.calls
        self._of_mask = {m: s for s, m in reversed(list(enumerate(order.stages)))}
        self.see(signals.green)

    def see(self, green: int) -> None:
        """Be at the stage that these greens make."""
        self.at = self._of_mask.get(green, -1)

    def name(self, stage: int) -> str:
        """A stage in words."""
        return self.order.names[stage] if stage >= 0 else "none"

    def go_on(self, stage: int, now_s: float, late_walks: bool = True) -> str:
        """Towards a stage, from a stage; a plan that is about to start can't wait for walks.

        Words why, where that is not what was requested.
        """
        if self.at < 0:
            return self._take_up(stage, now_s)
        if stage == self.at:
            return "" if self.change.going_on else self._hold(now_s, late_walks)
        passed = self.order.skipped(self.at, stage) & self.calls.called
        if self.change.going_on:
            return self._widen(stage, passed, now_s)
        to, why = stage, ""
        if passed:
            to = self.order.following(self.at, passed)
            called = f"{named(self.order, passed)}, which has a call"
            why = f"stage {self.name(stage)} would pass over {called}"
        late = self.too_late(to, now_s)
        if late:
            to = self.order.next_of_all[self.at]
            why = f"stage {self.name(stage)} now would keep {late}"
        return self._leave_for(to, why, now_s)

    def would_accept(self, stage: int, now_s: float) -> bool:
        """True where the second after `now_s` could set out for a stage, or hold it."""
        if stage == self.at:
            return True
        if self.change.going_on or self.at < 0:
            return False
        if self.order.skipped(self.at, stage) & self.calls.called:
            return False
        ending = self.order.limits.ends(self.signals.green, self.change.greens_of(stage))
        if self.signals.longest_left(ending, now_s + 1.0)[1] >= 0:
            return False
        return self._lateness_s(stage, now_s) + 1.0 <= 0

    def nearest(self, stage: int) -> int:
        """The stage to begin with from greens that make none.

        The requested one where the order is free, else the one nearest to what is green.
        """
        if stage >= 0 and self.order.kind == "any":
            return stage
        return stage_nearest(self.order, self.signals.green, self.calls.waiting())

    def set_out(self, to: int, want: int, now_s: float) -> None:
        """Begin the change to a stage, of which these phases are wanted."""
        self.at = to
        self.change.set_out(to, want, now_s)

    def too_late(self, to: int, now_s: float) -> str:
        """Words where going to a stage now would break somebody's longest red."""
        return self.waits.why_late(self._lateness_s(to, now_s))

    def _lateness_s(self, to: int, now_s: float) -> float:
        if self.waits.longest_red_s == inf:
            return -inf
        clearing = self.signals.yellow | mask_of(self.change.end_at_s)
        return self.waits.lateness_s(to, self.signals.green, clearing, now_s)

    def _leave_for(self, to: int, why: str, now_s: float) -> str:
        """Leave the present stage for another, unless a minimum is still running."""
        if to == self.at:
            return f"{why}; stage {self.name(to)} held" if why else ""
        want = self.change.greens_of(to)
        blocked = self.change.blocked(want, now_s)
        if blocked:
            return f"{blocked}; stage {self.name(self.at)} held"
        self.set_out(to, want, now_s)
        return f"{why}; stage {self.name(to)} instead" if why else ""

    def _take_up(self, stage: int, now_s: float) -> str:
        """Begin from greens that make no stage; from all red with the requested one."""
        to = stage if stage >= 0 and not self.signals.green else self.nearest(stage)
        if self.too_late(to, now_s):
            every = range(len(self.order.stages))
            to = min(every, key=lambda s: self._lateness_s(s, now_s))
        want = self.change.greens_of(to)
        blocked = self.change.blocked(want, now_s)
        if blocked:
            return f"{blocked}; the greens are held"
        self.set_out(to, want, now_s)
        return "" if to == stage else f"stage {self.name(to)} comes first after what was green"

    def _widen(self, stage: int, passed: int, now_s: float) -> str:
        """During a change only another ring's move may be added to it."""
        fits = self.order.kind == "rings" and not passed
        if fits and self.change.may_add(stage, now_s) and not self.too_late(stage, now_s):
            self.set_out(stage, self.change.greens_of(stage), now_s)
            return ""
        return f"the change to stage {self.name(self.at)} is finished first"

    def _hold(self, now_s: float, late_walks: bool) -> str:
        """Stay, unless somebody's longest red or a maximum green says otherwise."""
        stage = self.at
        why = self.waits.overdue(stage, now_s)
        if why:
            to = self.order.following(stage, self.calls.waiting())
            if self.too_late(to, now_s):
                to = self.order.next_of_all[stage]
            words = self._leave_for(to, why, now_s)
            if self.at != stage:
                return words
        if late_walks:
            self.change.late_walks(stage, now_s)
        return ""
