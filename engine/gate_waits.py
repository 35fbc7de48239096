"""How long anybody may still be kept waiting: the longest red and the maximum greens."""

from __future__ import annotations

from math import inf

from .gate_calls import Calls
from .gate_order import Order
from .masks import bits, mask_of


class Waits:
    """The promises to those who wait, in the Gate's own seconds.

    A stage is left in time for each waiting phase to be reached by going through the order with
    every stage's full minimum; and it is left for another only where that is still so after it.
    """

    __slots__ = ("_timed", "calls", "limits", "longest_red_s", "max_from_s", "order")

    def __init__(self, order: Order, calls: Calls, longest_red_s: float) -> None:
        self.order, self.limits, self.calls = order, order.limits, calls
        self.longest_red_s = longest_red_s
        self.max_from_s: dict[int, float] = {}
        self._timed = [p for p, s in enumerate(self.limits.max_s) if s < inf]

    @property
    def has_maximums(self) -> bool:
        """True where some phase has a maximum green."""
        return bool(self._timed)

    def must_leave_s(self, stage: int) -> float:
        """When a held stage must be left so that the longest red is kept."""
        if self.longest_red_s == inf or stage < 0:
            return inf
        leads, mask = self.order.lead_s[stage], self.order.stages[stage]
        latest_s = inf
        for p, since_s in self.calls.since_s.items():
            if not mask >> p & 1:
                latest_s = min(latest_s, since_s + self.longest_red_s - leads[p])
        return latest_s

    def lateness_s(self, to: int, green: int, clearing: int, now_s: float) -> float:
        """By how much the longest red would be broken at worst, negative where it is kept.

        That is going to a stage now, and through the others after it; who does not wait yet may
        do so from now on. `clearing` are phases that end or clear already.
        """
        if self.longest_red_s == inf:
            return -inf
        leads, mask = self.order.lead_s[to], self.order.stages[to]
        ending = self.limits.ends(green, mask)
        change_s = max(self.limits.slowest_s(ending | clearing), self.limits.red_revert_s)
        ready_s = now_s + change_s - self.longest_red_s
        after_s = ready_s + self.limits.minimum_s(mask)
        since_s = self.calls.since_s
        late_s = [ready_s - since for p, since in since_s.items() if mask >> p & 1]
        late_s += [
            after_s + leads[p] - since_s.get(p, now_s) for p in bits(self.calls.servable & ~mask)
        ]
        return max(late_s, default=-inf)

    def why_late(self, late_s: float) -> str:
        """Words for a stage that would break the longest red, none where it would not."""
        if late_s <= 0:
            return ""
        allowed = f"longest red {self.longest_red_s:g} s"
        return f"somebody waiting for up to {self.longest_red_s + late_s:g} s ({allowed})"

    def overdue(self, stage: int, now_s: float) -> str:
        """Words where a stage can't be held any longer."""
        if now_s < self.must_leave_s(stage):
            return self._over_maximum(stage, now_s)
        leads, mask = self.order.lead_s[stage], self.order.stages[stage]
        since_s = self.calls.since_s
        phase = min((p for p in since_s if not mask >> p & 1), key=lambda p: since_s[p] - leads[p])
        return (
            f"phase {self.limits.names[phase]} has waited {now_s - since_s[phase]:g} s and must be "
            f"green within {self.longest_red_s:g} s"
        )

    def _over_maximum(self, stage: int, now_s: float) -> str:
        over = [
            p for p, from_s in self.max_from_s.items() if now_s - from_s >= self.limits.max_s[p]
        ]
        if not over or self._at_barrier(stage, mask_of(over)):
            return ""
        longest = f"maximum green {self.limits.max_s[over[0]]:g} s"
        return f"phase {self.limits.names[over[0]]} has reached its {longest}"

    def _at_barrier(self, stage: int, over: int) -> bool:
        """True where all that could end next are rings that cross a barrier together.

        One that has reached its maximum waits there, green, for another that has not: the first
        of them would else cut the other's maximum short by as much as it started earlier.
        """
        if self.order.kind != "rings":
            return False
        to = self.order.following(stage, self.calls.waiting())
        ending = self.order.stages[stage] & ~self.order.stages[to]
        timed = mask_of(p for p in bits(ending) if p in self.max_from_s)
        return bool(over & ending) and bool(timed & ~over)

    def time_maximums(self, green: int, now_s: float) -> None:
        """The maximum runs while a phase is green and something in conflict with it waits."""
        waiting = self.calls.waiting()
        for p in self._timed:
            if green >> p & 1 and waiting & self.limits.conflicts[p]:
                self.max_from_s.setdefault(p, now_s)
            else:
                self.max_from_s.pop(p, None)

    def ended(self, phase: int, now_s: float) -> None:
        """A phase's green is over: who still calls waits from now on."""
        self.max_from_s.pop(phase, None)
        if self.calls.called >> phase & 1:
            self.calls.since_s[phase] = now_s
            self.calls.ped_pending |= self.limits.pedestrians & 1 << phase

    def maximum_events_s(self) -> list[float]:
        """When maximum greens are reached."""
        return [from_s + self.limits.max_s[p] for p, from_s in self.max_from_s.items()]


def stage_nearest(order: Order, green: int, called: int) -> int:
    """The stage with most of these greens; among equals the first that serves a call."""
    stages = order.stages
    return max(
        range(len(stages)),
        key=lambda s: ((stages[s] & green).bit_count(), bool(stages[s] & called), -s),
    )


def named(order: Order, mask: int) -> str:
    """Phases in words."""
    names = [order.limits.names[p] for p in bits(mask)]
    return f"phase{'s' if len(names) > 1 else ''} {', '.join(names)}"
