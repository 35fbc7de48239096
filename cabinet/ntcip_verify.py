"""The verifier: what a plan must be, against the controller's own values, before it is written.

A controller that is given a bad plan drops out of coordination without a word; and no plan may
give a phase less than it needs to be safe. Each rule refuses by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .ntcip_live import NON_ACTUATED, PED_RECALL, Live, PhaseTimes
from .ntcip_plan import Proposal

SHORTEST_CYCLE_S, LONGEST_CYCLE_S, LARGEST_OFFSET_S = 30, 255, 254
_PATTERNS_TABLE = 2
_PED_MODES, _OMITTED = (5, 6), 7
_ROUNDED_S = 1.0 + 1e-6
_EXACT = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a site allows: seconds that a split or the cycle may change at once, and the yellow."""

    split_change_s: float = 30.0
    cycle_change_s: float = 40.0
    yellow_s: tuple[float, float] = (3.0, 25.5)


Rule = Callable[[Proposal, Live, Limits], Iterator[str]]


def _phases(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    missing, strange = set(live.phases) - set(plan.splits_s), set(plan.splits_s) - set(live.phases)
    if missing:
        yield f"enabled phases {sorted(missing)} have no split"
    if strange:
        yield f"phases {sorted(strange)} aren't enabled"


def _minimum(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    for number, phase in live.phases.items():
        need_s = phase.min_green_s + phase.change_s
        split_s = plan.splits_s.get(number, need_s)
        if split_s < need_s - _EXACT:
            yield f"phase {number}: {split_s} s is below minimum green and change {need_s:g} s"


def _pedestrians(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    for number, phase in live.phases.items():
        need_s = phase.walk_s + phase.ped_clearance_s + phase.change_s
        split_s = plan.splits_s.get(number, need_s)
        served = phase.walk_s > 0 and _ped_served(number, phase, live)
        if served and split_s < need_s - _EXACT:
            yield f"phase {number}: {split_s} s is below walk, clearance and change {need_s:g} s"


def _ped_served(number: int, phase: PhaseTimes, live: Live) -> bool:
    """Whether pedestrians are served without a call: recall, not actuated, or coordinated."""
    recalled = phase.options & (PED_RECALL | NON_ACTUATED)
    return bool(
        recalled or live.target.modes.get(number) in _PED_MODES or number in live.target.coordinated
    )


def _rings_meet(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    for group in live.groups:
        sums: dict[int, int] = {}
        for number in sorted(group):
            ring = live.phases[number].ring
            sums[ring] = sums.get(ring, 0) + plan.splits_s.get(number, 0)
        if len(set(sums.values())) > 1:
            yield f"rings don't meet at the barrier after phases {sorted(group)}: {sums}"


def _cycle_sum(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    total = 0
    for group in live.groups:
        rings: dict[int, int] = {}
        for number in group:
            ring = live.phases[number].ring
            rings[ring] = rings.get(ring, 0) + plan.splits_s.get(number, 0)
        total += max(rings.values())
    if total != plan.cycle_s:
        yield f"splits sum to {total} s and the cycle is {plan.cycle_s} s"


def _cycle_range(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if not SHORTEST_CYCLE_S <= plan.cycle_s <= LONGEST_CYCLE_S:
        yield f"cycle {plan.cycle_s} s, not {SHORTEST_CYCLE_S} to {LONGEST_CYCLE_S} s"


def _offset(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if not 0 <= plan.offset_s < plan.cycle_s or plan.offset_s > LARGEST_OFFSET_S:
        yield f"offset {plan.offset_s} s, not 0 to below the cycle ({plan.cycle_s} s)"


def _whole_seconds(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    values = (plan.cycle_s, plan.offset_s, *plan.splits_s.values())
    if any(type(value) is not int for value in values):
        yield "values that are no whole seconds"


def _rounding(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    for number, split_s in plan.splits_s.items():
        asked_s = plan.asked_s.get(number, split_s)
        if abs(split_s - asked_s) > _ROUNDED_S:
            yield f"phase {number}: {asked_s:g} s would become {split_s} s to make the rings meet"
    if abs(plan.cycle_s - plan.asked_cycle_s) > _ROUNDED_S:
        yield f"cycle: {plan.asked_cycle_s:g} s would become {plan.cycle_s} s"


def _sequence(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    """Each ring's sequence has each of its phases once."""
    for ring in sorted({phase.ring for phase in live.phases.values()}):
        own = sorted(number for number, phase in live.phases.items() if phase.ring == ring)
        if sorted(live.orders.get(ring, ())) != own:
            found = list(live.orders.get(ring, ()))
            yield f"the sequence of ring {ring} is {found}, no order of its phases {own}"


def _groups_in_order(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    """A ring finishes one side of a barrier before the next."""
    home = {number: k for k, group in enumerate(live.groups) for number in group}
    for ring, order in live.orders.items():
        runs = [home[n] for k, n in enumerate(order) if k == 0 or home[order[k - 1]] != home[n]]
        if len(set(runs)) != len(runs):
            yield f"the sequence of ring {ring} ({list(order)}) crosses a barrier and comes back"


def _same_order(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if not plan.order:
        return
    asked = sorted(order for order in plan.order if order)
    found = sorted(live.orders.values())
    if asked != found:
        yield f"the plan's order {asked} isn't that of the slot's sequence {found}"


def _reference(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    coordinated = live.target.coordinated
    if not coordinated:
        yield f"split {live.target.split_number} has no coordinated phase"
    elif plan.reference and plan.reference not in coordinated:
        yield f"the offset refers to phase {plan.reference}, coordinated are {sorted(coordinated)}"


def _omissions(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    omitted = sorted(n for n in live.phases if live.target.modes.get(n) == _OMITTED)
    if omitted:
        yield f"split {live.target.split_number} omits phases {omitted}"


def _slot(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if live.target.split_number != live.slot.split:
        yield (
            f"pattern {live.slot.pattern} uses split {live.target.split_number}, "
            f"ours is {live.slot.split}"
        )


def _table_type(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if live.table_type != _PATTERNS_TABLE:
        yield f"patternTableType is {live.table_type}, not {_PATTERNS_TABLE} (patterns)"


def _shared_split(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    """The splits of what runs now must not be written, whatever pattern uses them."""
    running = live.running
    if running is not None and running.split_number == live.slot.split:
        yield f"split {live.slot.split} is used by pattern {running.number}, which is in force"


def _idle(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if live.slot.pattern in live.busy:
        yield f"pattern {live.slot.pattern} is in force"


def _split_change(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if live.running is None:
        return
    for number, split_s in plan.splits_s.items():
        was_s = live.running.splits_s.get(number, split_s)
        if abs(split_s - was_s) > limits.split_change_s:
            yield f"phase {number}: from {was_s} to {split_s} s at once"


def _cycle_change(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    if live.running is None:
        return
    was_s = live.running.cycle_s
    if was_s and abs(plan.cycle_s - was_s) > limits.cycle_change_s:
        yield f"cycle from {was_s} to {plan.cycle_s} s at once"


def _yellow(plan: Proposal, live: Live, limits: Limits) -> Iterator[str]:
    low_s, high_s = limits.yellow_s
    for number, phase in live.phases.items():
        if not low_s <= phase.yellow_s <= high_s:
            yield f"phase {number}: the controller's yellow is {phase.yellow_s:g} s"


RULES: dict[str, Rule] = {
    "phases": _phases,
    "minimum": _minimum,
    "pedestrians": _pedestrians,
    "rings meet": _rings_meet,
    "cycle sum": _cycle_sum,
    "cycle range": _cycle_range,
    "offset": _offset,
    "whole seconds": _whole_seconds,
    "rounding": _rounding,
    "sequence": _sequence,
    "barriers": _groups_in_order,
    "order": _same_order,
    "reference": _reference,
    "omissions": _omissions,
    "slot": _slot,
    "table type": _table_type,
    "shared split": _shared_split,
    "idle": _idle,
    "split change": _split_change,
    "cycle change": _cycle_change,
    "yellow": _yellow,
}
"""All rules by name."""


def verify(
    plan: Proposal, live: Live, limits: Limits, rules: Mapping[str, Rule] = RULES
) -> list[str]:
    """Why the plan may not be written, each with its rule's name; empty where it may."""
    return [
        f"{reason} (rule {name})"
        for name, rule in rules.items()
        for reason in rule(plan, live, limits)
    ]
