"""Taking up a plan: its tables, and the second of its cycle from which it fits."""

from __future__ import annotations

from .errors import InputError
from .gate_calls import Calls
from .gate_limits import Limits
from .gate_plan import ENTRY_SLACK_S, PlanTable, plan_table
from .gate_signals import Signals
from .masks import bits
from .plan import Plan
from .rules import Rules
from .site import Site

SHELF_SIZE = 32


class Shelf:
    """The tables of the plans that were asked for lately."""

    def __init__(self, site: Site, limits: Limits, rules: Rules) -> None:
        self._site, self._limits, self._rules = site, limits, rules
        self._tables: dict[int, tuple[Plan, PlanTable | InputError]] = {}

    def table(self, plan: Plan) -> PlanTable | InputError:
        """The plan's table, or what is wrong with the plan."""
        known = self._tables.get(id(plan))
        if known is None:
            if len(self._tables) >= SHELF_SIZE:
                self._tables.clear()
            # the plan is kept along with its table so that its id is not used again
            known = self._tables[id(plan)] = (plan, self._make(plan))
        return known[1]

    def _make(self, plan: Plan) -> PlanTable | InputError:
        try:
            return plan_table(self._site, plan, self._limits, self._rules)
        except InputError as error:
            return error


def entry_of(
    table: PlanTable,
    signals: Signals,
    calls: Calls,
    longest_red_s: float,
    time_s: float,
    now_s: float,
) -> tuple[float, float] | None:
    """When to set out for a plan, and the second of the plan to set out for: the first that fits.

    None where none of a cycle fits: a phase would get less than its minimum, or somebody would
    wait longer than the longest red.
    """
    at_s, end_s = time_s, time_s + table.cycle_s + 1.0
    while at_s <= end_s:
        begin_s = _begin_s(table, signals, time_s, now_s, at_s)
        if begin_s is not None and in_time(
            table, calls, longest_red_s, time_s, now_s, begin_s, at_s
        ):
            return begin_s, at_s
        at_s = table.next_s(at_s)
    return None


def _begin_s(
    table: PlanTable, signals: Signals, time_s: float, now_s: float, at_s: float
) -> float | None:
    """When the change to a second of the plan has to begin, None where it does not fit."""
    limits = signals.limits
    green = table.greens_at(at_s)
    ending = limits.ends(signals.green, green)
    begin_s = at_s - limits.slowest_s(ending | signals.yellow)
    if not green or begin_s < time_s + signals.longest_left(ending, now_s)[0]:
        return None
    if ending & green:  # a permissive left would be kept, and hold up the plan (yellow trap)
        return None
    for p in bits(green & ~signals.green):
        if table.remaining_s(p, at_s) < max(2.0, limits.full_min_s[p] - ENTRY_SLACK_S):
            return None
    for p in bits(green & signals.green):
        left_s = signals.left_s(p, now_s) - (at_s - time_s)
        if table.remaining_s(p, at_s) < left_s - ENTRY_SLACK_S:
            return None
    return begin_s


def in_time(
    table: PlanTable,
    calls: Calls,
    longest_red_s: float,
    time_s: float,
    now_s: float,
    begin_s: float,
    at_s: float,
) -> bool:
    """True where the plan serves everybody in time: who waits now, and who may from then on.

    The change begins at `begin_s`, and the plan is taken up at `at_s`.
    """
    own_s = now_s - time_s  # from the clock's time to the Gate's
    slack_s = table.late_s + ENTRY_SLACK_S + 1.0
    for p in range(len(table.windows)):
        since_s = calls.since_s.get(p, begin_s + own_s)
        if at_s + own_s + table.wait_s(p, at_s) + slack_s > since_s + longest_red_s:
            return False
    return True
