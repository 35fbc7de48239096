"""A plan as the Gate runs it: which phases are green at each second of the cycle."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import inf

from .errors import InputError
from .gate_limits import Limits
from .gate_signals import LONG_AGO_S, Signals
from .masks import bits, mask_of
from .plan import Plan, Window, green_windows
from .rules import Rules
from .site import Site

CYCLE_RANGE_S = (10.0, 600.0)
TRAP_SLACK_S = 3.0
"""A permissive left is held this long at most for the opposing through to end with it."""
MIN_GREEN_SLACK_S = 1.0
"""Plans are rounded to tenths of a second, the Gate's clearance up to whole ones."""
WALK_SLACK_S = 2.0
"""Pedestrians may keep a phase this much longer than its plan says."""
ENTRY_SLACK_S = 3.0
"""A phase may be taken up with this much less green than its minimums; it gets them all the same,
and the phases after it wait for that."""
REHEARSED_CYCLES = 4
_HAIR_S = 1e-6


@dataclass(frozen=True, slots=True)
class PlanTable:
    """The phases that are green from each second of the cycle on.

    `origin_s` is a time at which the cycle starts; `starts_s` and `greens` are the seconds of
    the cycle at which something changes, and the green phases from then on. `late_s` is how
    late a phase starts at most, since the Gate's clearance takes whole seconds.
    """

    plan: Plan
    cycle_s: float
    origin_s: float
    starts_s: tuple[float, ...]
    greens: tuple[int, ...]
    windows: tuple[tuple[tuple[float, float], ...], ...]
    late_s: float = 0.0

    def _at_s(self, time_s: float) -> float:
        """Second of the cycle; a hair before its end is its start."""
        at_s = (time_s - self.origin_s) % self.cycle_s
        return 0.0 if self.cycle_s - at_s < _HAIR_S else at_s

    def greens_at(self, time_s: float) -> int:
        """The phases whose greens hold the second that starts at `time_s`."""
        at_s = self._at_s(time_s) + _HAIR_S
        return self.greens[bisect_right(self.starts_s, at_s) - 1]

    def next_s(self, time_s: float) -> float:
        """The first second after `time_s` at which something changes."""
        at_s = self._at_s(time_s)
        i = bisect_right(self.starts_s, at_s + _HAIR_S)
        then_s = self.starts_s[i] if i < len(self.starts_s) else self.cycle_s + self.starts_s[0]
        return time_s + then_s - at_s

    def remaining_s(self, phase: int, time_s: float) -> float:
        """Green that is left to a phase at a time, 0 where it is not green then."""
        at_s = self._at_s(time_s) + _HAIR_S
        for start_s, end_s in self.windows[phase]:
            for shifted_s in (at_s, at_s + self.cycle_s):
                if start_s <= shifted_s < end_s:
                    return end_s - shifted_s
        return 0.0

    def elapsed_s(self, phase: int, time_s: float) -> float:
        """Seconds since a phase should have started, where it is green at a time; else 0."""
        at_s = self._at_s(time_s) + _HAIR_S
        for start_s, end_s in self.windows[phase]:
            for shifted_s in (at_s, at_s + self.cycle_s):
                if start_s <= shifted_s < end_s:
                    return shifted_s - start_s
        return 0.0

    def wait_s(self, phase: int, time_s: float) -> float:
        """Seconds from a time until a phase is green; endless where the plan never serves it."""
        at_s = self._at_s(time_s)
        if self.remaining_s(phase, time_s) > 0:
            return 0.0
        waits = ((start_s - at_s) % self.cycle_s for start_s, _ in self.windows[phase])
        return min(waits, default=float("inf"))


def plan_table(site: Site, plan: Plan, limits: Limits, rules: Rules) -> PlanTable:
    """The plan as the Gate runs it. Raises InputError where it breaks a limit of the site."""
    if plan.site != site.id:
        raise _error(plan, f"the plan is for site {plan.site}", f"plans for site {site.id}")
    low_s, high_s = CYCLE_RANGE_S
    if not low_s <= plan.cycle_s <= high_s:
        raise _error(plan, f"a cycle of {plan.cycle_s:g} s", f"{low_s:g} to {high_s:g} s")
    windows = green_windows(site, plan)
    if rules.no_yellow_trap:
        windows = _ended_together(site, windows, limits, plan.cycle_s)
    table = _table(site, plan, windows)
    _check_conflicts(plan, table, limits)
    _check_minimums(plan, table, limits)
    if rules.no_yellow_trap:
        _check_traps(plan, table, limits)
    longest_red_s = site.longest_red_s if rules.longest_red else inf
    return replace(table, late_s=_rehearse(plan, table, limits, longest_red_s))


def _ended_together(
    site: Site, windows: tuple[Window, ...], limits: Limits, cycle_s: float
) -> tuple[Window, ...]:
    """Opposing throughs that end within the slack after a permissive left end with it.

    Both leave for the same stage, but a left clears the junction more slowly, so its green ends
    a little earlier: without this the Gate would keep the left until the through ends, and the
    plan would be late in every cycle.
    """
    index = site.phase_index
    ends: dict[int, float] = {}
    for left in windows:
        p = index[left.phase]
        if not limits.trapped >> p & 1:
            continue
        late = {
            k: (w.end_s - left.end_s) % cycle_s
            for k, w in enumerate(windows)
            if (left.end_s - w.start_s) % cycle_s < w.green_s
        }
        staying = mask_of(index[windows[k].phase] for k in late)
        trapping = limits.trap_of(p, staying)
        for k, late_s in late.items():
            if trapping >> index[windows[k].phase] & 1 and late_s <= TRAP_SLACK_S:
                ends[k] = max(ends.get(k, 0.0), late_s)
    return tuple(
        w.model_copy(update={"green_s": w.green_s - ends[k]}) if k in ends else w
        for k, w in enumerate(windows)
    )


def cycle_origin_s(plan: Plan, windows: tuple[Window, ...]) -> float:
    """A time at which the plan's cycle starts, its windows being counted from there.

    The reference point of the reference phase is at the offset, counted from time 0; without
    one the reference is the start of the cycle, where the first phase or stage begins.
    """
    if plan.reference_phase is None:
        return plan.offset_s
    own = [w for w in windows if w.phase == plan.reference_phase]
    if not own:
        raise _error(
            plan, f"reference phase {plan.reference_phase} is never green", "a phase that is"
        )
    at_s = own[0].end_s if plan.reference_point == "start_of_yellow" else own[0].start_s
    return plan.offset_s - at_s


def _table(site: Site, plan: Plan, windows: tuple[Window, ...]) -> PlanTable:
    by_phase: list[list[tuple[float, float]]] = [[] for _ in site.phases]
    for w in windows:
        by_phase[site.phase_index[w.phase]].append((w.start_s, w.end_s))
    cycle_s = plan.cycle_s
    edges = sorted({0.0, *(t % cycle_s for pair in by_phase for w in pair for t in w)})
    greens = []
    for edge_s in edges:
        at_s = edge_s + _HAIR_S
        green = 0
        for p, own in enumerate(by_phase):
            if any(a <= t < b for a, b in own for t in (at_s, at_s + cycle_s)):
                green |= 1 << p
        greens.append(green)
    return PlanTable(
        plan=plan,
        cycle_s=cycle_s,
        origin_s=cycle_origin_s(plan, windows),
        starts_s=tuple(edges),
        greens=tuple(greens),
        windows=tuple(tuple(own) for own in by_phase),
    )


def _check_conflicts(plan: Plan, table: PlanTable, limits: Limits) -> None:
    for green in table.greens:
        for p in bits(green):
            for q in bits(green & limits.conflicts[p]):
                raise _error(
                    plan,
                    f"phases {limits.names[p]} and {limits.names[q]}, which are in conflict, are "
                    "green together",
                    "phases without a conflict",
                )


def _check_minimums(plan: Plan, table: PlanTable, limits: Limits) -> None:
    for p, windows in enumerate(table.windows):
        for start_s, end_s in windows:
            needed_s = limits.full_min_s[p]
            if end_s - start_s < needed_s - MIN_GREEN_SLACK_S:
                what = "walk and pedestrian clearance" if limits.walks >> p & 1 else "minimum green"
                raise _error(
                    plan,
                    f"phase {limits.names[p]} has {end_s - start_s:.1f} s of green",
                    f"at least its {what} of {needed_s} s",
                )


def _check_traps(plan: Plan, table: PlanTable, limits: Limits) -> None:
    for p in bits(limits.trapped):
        for _, end_s in table.windows[p]:
            edge_s = end_s + table.origin_s + TRAP_SLACK_S
            staying = table.greens_at(edge_s) & table.greens_at(end_s + table.origin_s - 0.01)
            for q in bits(limits.trap_of(p, staying)):
                raise _error(
                    plan,
                    f"phase {limits.names[p]} ends its permissive left while the opposing phase "
                    f"{limits.names[q]} stays green (yellow trap)",
                    "a left that ends together with the opposing through",
                )


def _rehearse(plan: Plan, table: PlanTable, limits: Limits, longest_red_s: float) -> float:
    """Run the plan for some cycles; how late a phase starts at most, in seconds.

    Raises InputError where a phase is red for longer than it may.
    """
    signals = Signals(limits, (0,) * limits.n, (-LONG_AGO_S,) * limits.n, 0.0)
    begin_s = table.origin_s + table.cycle_s * -(table.origin_s // table.cycle_s)
    red_since = [0.0] * limits.n
    longest, late_s = [0.0] * limits.n, 0.0
    end_s = REHEARSED_CYCLES * table.cycle_s
    for second in range(int(end_s)):
        now_s, time_s = float(second), begin_s + second
        signals.advance(now_s)
        want, ending, _ = plan_greens(table, signals, limits, time_s, now_s)
        for p in bits(ending):
            signals.end(p, now_s)
            red_since[p] = now_s
        for p in bits(want & ~signals.green):
            if signals.may_start(p, now_s):
                signals.start(p, now_s)
                if walk_fits(table, limits, p, time_s):
                    signals.walk(p, now_s)
                if now_s > table.cycle_s:  # the first cycle starts anywhere
                    longest[p] = max(longest[p], now_s - red_since[p])
                    late_s = max(late_s, table.elapsed_s(p, time_s))
    for p in range(limits.n):
        green = longest[p] > 0 or signals.green >> p & 1
        red_s = longest[p] + ENTRY_SLACK_S + 1.0 if green else inf
        if red_s > longest_red_s:
            found = f"red for up to {red_s:.0f} s" if green else "never green"
            raise _error(
                plan,
                f"phase {limits.names[p]} is {found}",
                f"{longest_red_s:.0f} s (longest_red_s)",
            )
    return late_s


def plan_greens(
    table: PlanTable, signals: Signals, limits: Limits, time_s: float, now_s: float
) -> tuple[int, int, str]:
    """The phases wanted in the second at `time_s`, those that end now, and why any is kept.

    A phase is kept for its minimums, and a permissive left until its opposing through ends.
    """
    want = table.greens_at(time_s)
    kept, why = 0, ""
    for p in bits(signals.green & ~want):
        left_s = signals.left_s(p, now_s)
        if left_s > 0:
            kept |= 1 << p
            why = why or f"{signals.why_not_ended(p, left_s)}; it is kept, the plan is late"
    trapped = True
    while trapped:
        ending = signals.green & ~want & ~kept
        trapped = False
        for p in bits(ending & limits.trapped):
            through = limits.trap_of(p, signals.green & ~ending)
            if through:
                kept |= 1 << p
                trapped = True
                names = ", ".join(limits.names[q] for q in bits(through))
                why = why or f"phase {limits.names[p]} is kept until {names} ends (yellow trap)"
    return want | kept, ending, why


def walk_fits(table: PlanTable, limits: Limits, phase: int, time_s: float) -> bool:
    """True where walk and pedestrian clearance beside a phase fit into what its green has left."""
    if not limits.walks >> phase & 1:
        return False
    return table.remaining_s(phase, time_s) >= limits.full_min_s[phase] - WALK_SLACK_S


def _error(plan: Plan, found: str, allowed: str) -> InputError:
    return InputError(f"plan of site {plan.site}", found, allowed, "Change the plan.")
