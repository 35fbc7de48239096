"""Rounding to whole seconds: rings still meet, minimums still hold, nothing moves a second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.driver import RefusedError
from greenband.cabinet.ntcip_plan import propose
from greenband.cabinet.ntcip_verify import Limits, verify
from greenband.cabinet.whole_seconds import share
from greenband.engine.plan import Plan, Split

from .conftest import plan_of
from .test_verify import LIVE, live

WIDE = Limits(split_change_s=999, cycle_change_s=999)


def test_whole_seconds_stay_as_they_are() -> None:
    proposal = propose(plan_of(p1=16, p2=29), LIVE)
    assert dict(proposal.splits_s) == {1: 16, 2: 29, 3: 15, 4: 30, 5: 15, 6: 30, 7: 15, 8: 30}
    assert (proposal.cycle_s, proposal.offset_s) == (90, 10)


@given(
    st.floats(10.0, 60.0), st.floats(10.0, 60.0), st.floats(10.0, 60.0), st.floats(10.0, 60.0),
    st.floats(-4.0, 4.0), st.floats(-4.0, 4.0), st.floats(0, 0.999),
)  # fmt: skip
def test_any_plan_whose_rings_meet_still_meets(
    a: float, b: float, c: float, d: float, shift: float, other: float, part: float
) -> None:
    cycle_s = a + b + c + d
    splits = {"1": a, "2": b, "3": c, "4": d}
    low_a, high_a = max(10.0, a + shift), max(10.0, c + other)
    splits |= {"5": low_a, "6": a + b - low_a, "7": high_a, "8": c + d - high_a}
    if min(splits.values()) < 10 or cycle_s > 255:
        return
    plan = Plan(
        site="J",
        cycle_s=cycle_s,
        offset_s=part * cycle_s,
        phases=tuple(Split(id=p, split_s=s) for p, s in splits.items()),
    )
    proposal = propose(plan, LIVE)
    said = [
        text for text in verify(proposal, live(running=None), WIDE) if "pedestrians" not in text
    ]
    assert said == []


@given(st.lists(st.floats(0, 100), min_size=1, max_size=4), st.integers(-2, 2))
def test_shares_sum_to_the_whole(wanted: list[float], more: int) -> None:
    total = max(0, round(sum(wanted)) + more)
    assert sum(share(total, wanted, [0.0] * len(wanted))) == total


def test_a_minimum_is_rounded_up_to_before_a_wish() -> None:
    assert share(30, [10.4, 19.6], [10.3, 5.0]) == [11, 19]
    assert share(30, [15.5, 14.5], [0, 0]) in ([15, 15], [16, 14])


def test_an_offset_that_rounds_to_the_cycle_is_its_beginning() -> None:
    assert propose(plan_of(offset_s=89.7), LIVE).offset_s == 0
    assert propose(plan_of(offset_s=90.0), LIVE).offset_s == 90  # and is refused


def test_an_offset_of_the_yellow_becomes_that_of_the_green() -> None:
    yellow = plan_of(offset_s=20).model_copy(
        update={"reference_phase": "2", "reference_point": "start_of_yellow"}
    )
    assert propose(yellow, LIVE).offset_s == (20 - 25) % 90
    with pytest.raises(RefusedError, match="reference phase 9"):
        propose(yellow.model_copy(update={"reference_phase": "9"}), LIVE)


def test_names_become_numbers() -> None:
    plan = Plan(site="J", cycle_s=90, phases=(Split(id="north", split_s=30),))
    with pytest.raises(RefusedError, match="north"):
        propose(plan, LIVE)
    assert propose(plan, LIVE, {"north": 2}).asked_s == {2: 30}
    twice = Plan(
        site="J", cycle_s=90, phases=(Split(id="2", split_s=30), Split(id="02", split_s=1))
    )
    with pytest.raises(RefusedError, match="two splits"):
        propose(twice, LIVE)


@pytest.mark.parametrize("cycle_s", [float("inf"), 1e300, 1000.0])
def test_no_number_is_too_large_to_be_refused(cycle_s: float) -> None:
    with pytest.raises(RefusedError, match="beyond"):
        propose(plan_of(cycle_s=cycle_s), LIVE)
    with pytest.raises(RefusedError, match="beyond"):
        propose(plan_of(p2=cycle_s), LIVE)


def test_the_plans_order_is_kept_for_the_verifier() -> None:
    rings = ((("2", "1"), ("3", "4")), (("5", "6"), ("7", "8")))
    plan = plan_of().model_copy(update={"rings": rings, "reference_phase": "2"})
    proposal = propose(plan, LIVE)
    assert (proposal.order, proposal.reference) == (((2, 1, 3, 4), (5, 6, 7, 8)), 2)
