"""Each rule of the verifier refuses something that no other rule does; and what is well passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from greenband.cabinet.gateway_rules import Slot
from greenband.cabinet.ntcip_live import Live, Pattern, PhaseTimes, barrier_groups
from greenband.cabinet.ntcip_plan import Proposal
from greenband.cabinet.ntcip_verify import RULES, Limits, verify

from .conftest import CONCURRENT, RINGS, SPLITS

LIMITS = Limits()


def phase_times(number: int, **other: Any) -> PhaseTimes:
    usual = PhaseTimes(
        7, 12, 5, 4.0, 1.0, 1, 1 if number <= 4 else 2, frozenset(CONCURRENT[number])
    )
    return replace(usual, **other)


def pattern(number: int, split: int, **other: Any) -> Pattern:
    usual = Pattern(number, 90, 0, split, 1, SPLITS, dict.fromkeys(SPLITS, 2), frozenset({2, 6}))
    return replace(usual, **other)


PHASES = {number: phase_times(number) for number in SPLITS}
LIVE = Live(
    Slot(10, 20), PHASES, pattern(10, 20), RINGS, pattern(1, 1), frozenset({1, 0}), 2,
    barrier_groups(PHASES),
)  # fmt: skip
PLAN = Proposal(90, 10, SPLITS, {}, 90.0)


def plan(cycle_s: int = 90, offset_s: int = 10, asked: float = 0, **splits: Any) -> Proposal:
    changed = {int(name[1:]): value for name, value in splits.items()}
    return Proposal(cycle_s, offset_s, SPLITS | changed, {}, asked or cycle_s)


def live(phase: int = 0, phase_changes: dict[str, Any] | None = None, **other: Any) -> Live:
    phases = PHASES | ({phase: phase_times(phase, **(phase_changes or {}))} if phase else {})
    return replace(LIVE, **{"phases": phases, **other})


def target(**other: Any) -> Live:
    return live(target=pattern(10, 20, **other))


def running(**other: Any) -> Live:
    return live(running=pattern(1, **{"split": 1, **other}))


SHORT = {number: phase_times(number, min_green_s=2, walk_s=0) for number in SPLITS}
BREAKS: dict[str, tuple[Proposal, Live]] = {
    "phases": (plan(p9=20), LIVE),
    "minimum": (plan(p1=9, p2=36), LIVE),
    "pedestrians": (PLAN, live(4, {"ped_clearance_s": 20, "options": 1 | 1 << 8})),
    "rings meet": (plan(p6=29), LIVE),
    "cycle sum": (plan(91), LIVE),
    "cycle range": (
        plan(29, 0, p1=7, p2=7, p3=7, p4=8, p5=7, p6=7, p7=7, p8=8),
        live(phases=SHORT, running=None),
    ),
    "offset": (plan(offset_s=90), LIVE),
    "whole seconds": (plan(p1=15.0), LIVE),
    "rounding": (replace(PLAN, asked_s={1: 13.5}), LIVE),
    "sequence": (PLAN, live(orders={1: (1, 2, 3, 3), 2: RINGS[2]})),
    "barriers": (PLAN, live(orders={1: (1, 3, 2, 4), 2: RINGS[2]})),
    "order": (replace(PLAN, order=((2, 1, 3, 4), (5, 6, 7, 8))), LIVE),
    "reference": (replace(PLAN, reference=4), LIVE),
    "omissions": (PLAN, target(modes=dict.fromkeys(SPLITS, 2) | {3: 7})),
    "slot": (PLAN, target(split_number=22)),
    "table type": (PLAN, live(table_type=3)),
    "shared split": (PLAN, running(split=20)),
    "idle": (PLAN, live(busy=frozenset({10}))),
    "split change": (PLAN, running(splits_s=SPLITS | {2: 61})),
    "cycle change": (PLAN, running(cycle_s=131)),
    "yellow": (PLAN, live(3, {"yellow_s": 2.9})),
}


def rules_named(said: list[str]) -> set[str]:
    return {text.rsplit("(rule ", 1)[1].rstrip(")") for text in said}


def test_a_good_plan_passes() -> None:
    assert verify(PLAN, LIVE, LIMITS) == []


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_the_only_one_to_see_something(rule: str) -> None:
    """Taken out, what it refuses would be written."""
    proposal, values = BREAKS[rule]
    assert rules_named(verify(proposal, values, LIMITS)) == {rule}
    without = {name: check for name, check in RULES.items() if name != rule}
    assert verify(proposal, values, LIMITS, without) == []


@pytest.mark.parametrize(
    ("proposal", "values", "rule"),
    [
        (Proposal(90, 10, {k: v for k, v in SPLITS.items() if k != 3}, {}, 90), LIVE, "phases"),
        (plan(256, p2=113, p4=113, p6=113, p8=113), live(running=None), "cycle range"),
        (plan(offset_s=-1), LIVE, "offset"),
        (replace(plan(255, 255), splits_s=SPLITS), LIVE, "offset"),
        (replace(PLAN, asked_cycle_s=92.0), LIVE, "rounding"),
        (PLAN, live(orders={1: RINGS[1]}), "sequence"),
        (PLAN, live(orders={1: (1, 2, 3), 2: RINGS[2]}), "sequence"),
        (PLAN, target(coordinated=frozenset()), "reference"),
        (PLAN, live(4, {"ped_clearance_s": 20, "options": 1 | 1 << 3}), "pedestrians"),
        (PLAN, live(4, {"ped_clearance_s": 20, "options": 1 | 1 << 4}), "pedestrians"),
        (PLAN, live(2, {"ped_clearance_s": 20}), "pedestrians"),
        (plan(p2=29, p1=16, p6=29, p5=16), live(2, {"ped_clearance_s": 17.5}), "pedestrians"),
        (PLAN, live(3, {"yellow_s": 25.6}), "yellow"),
        (PLAN, live(1, {"min_green_s": 10.1}), "minimum"),
    ],
)
def test_other_ways_to_break_a_rule(proposal: Proposal, values: Live, rule: str) -> None:
    assert rule in rules_named(verify(proposal, values, LIMITS))


@pytest.mark.parametrize(
    ("proposal", "values"),
    [
        (plan(offset_s=89), LIVE),
        (plan(p1=10, p2=35), LIVE),
        (PLAN, live(4, {"ped_clearance_s": 20})),  # on call only
        (PLAN, live(4, {"walk_s": 0, "ped_clearance_s": 40, "options": 1 | 1 << 8})),
        (replace(PLAN, order=(RINGS[2], RINGS[1])), LIVE),
        (replace(PLAN, reference=6), LIVE),
        (PLAN, running(cycle_s=130)),
        (PLAN, live(running=None)),
        (replace(PLAN, asked_s={1: 14.2}), LIVE),
    ],
)
def test_at_the_edge_it_passes(proposal: Proposal, values: Live) -> None:
    assert verify(proposal, values, LIMITS) == []


def test_every_phase_alone_in_its_group_is_a_group() -> None:
    alone = {n: phase_times(n, concurrent=frozenset()) for n in (1, 2)}
    assert barrier_groups(alone) == (frozenset({1}), frozenset({2}))
    assert set(LIVE.groups) == {frozenset({1, 2, 5, 6}), frozenset({3, 4, 7, 8})}
