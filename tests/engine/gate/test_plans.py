"""The Gate second by second: plans."""

from __future__ import annotations

from typing import Any

import pytest

from greenband.engine.frame import Request
from greenband.engine.plan import Plan, Split

from .conftest import NEMA, TWO_STAGES, WALK, Driver


def plan(**more: Any) -> Plan:
    stages = (Split(id="N", split_s=30), Split(id="E", split_s=20))
    return Plan(**({"site": "X", "cycle_s": 50, "stages": stages} | more))


def test_a_plan_runs_in_step_with_its_offset() -> None:
    d = Driver(TWO_STAGES)
    request = Request(plan=plan(offset_s=7))
    d.ask(request, 200)
    starts = [k for k in range(1, 200) if d.words("N")[k - 1 : k + 1] == "rG"]
    # 25200 is the start of a 50 s cycle: the first green of N at an offset of 7 s
    assert {s % 50 for s in starts[1:]} == {7}
    starts = [k for k in range(1, 200) if d.words("E")[k - 1 : k + 1] == "rG"]
    assert {s % 50 for s in starts[1:]} == {38}, "3.6 s and 1.4 s are 4 s and 2 s: a second late"
    assert d.shown[-1].pattern is request.plan


def test_in_a_plan_people_walk_until_they_can_only_just_clear() -> None:
    d = Driver(WALK)
    stages = (Split(id="N", split_s=30), Split(id="E", split_s=45))
    d.ask(Request(plan=plan(stages=stages, cycle_s=75)), 300)
    start, end = d.words("E").index("rG") + 1, d.words("E").index("Gy") + 1
    walk = d.walked()[start:end]
    assert walk.rstrip("r") == "W" * walk.count("W") + "f" * 11
    assert 0 <= walk.count("r") <= 1, "of a green that is not whole seconds less than one is left"
    assert walk.count("W") > 2 * 7
    assert d.words("E").count("rG") == d.walked().count("rW") >= 3


def test_until_a_plan_fits_the_stage_is_held_and_it_says_until_when() -> None:
    d = Driver(TWO_STAGES)
    d.ask(1, 3)
    command = d.ask(Request(plan=plan()))
    assert command.pattern is None
    assert command.refused == "plan: it starts at 25230 s; stage E held"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site": "Y"}, "the plan is for site Y"),
        ({"cycle_s": 5.0}, "a cycle of 5 s"),
        ({"cycle_s": 60.0}, "stages sum to 50.0 s and the cycle is 60.0 s"),
        (
            {"stages": (Split(id="N", split_s=40), Split(id="E", split_s=10))},
            None,
        ),
        (
            {"stages": (Split(id="N", split_s=43), Split(id="E", split_s=7))},
            "phase E has 3.0 s of green where at least its minimum green of 5 s",
        ),
        (
            {"cycle_s": 100.0, "stages": (Split(id="N", split_s=90), Split(id="E", split_s=10))},
            "phase E is red for up to",
        ),
        ({"stages": (Split(id="N", split_s=50),)}, "phase E is never green"),
    ],
)
def test_a_plan_that_breaks_a_limit_is_refused(changes: dict[str, Any], words: str | None) -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    command = d.ask(Request(plan=plan(**changes)), 60)
    if words is None:
        assert command.pattern is not None
    else:
        assert words in command.refused
        assert command.pattern is None


def test_a_plan_with_a_yellow_trap_is_refused() -> None:
    splits = {1: 15, 2: 35, 3: 15, 4: 35, 5: 15, 6: 35, 7: 15, 8: 35}
    leadlag = Plan(
        site="N",
        cycle_s=100,
        phases=tuple(Split(id=p, split_s=s) for p, s in splits.items()),
        rings=((("1", "2"), ("3", "4")), (("6", "5"), ("7", "8"))),
    )
    d = Driver(NEMA)
    d.ask(0, 10)
    command = d.ask(Request(plan=leadlag))
    assert "stays green (yellow trap)" in command.refused
    assert d.ask(Request(plan=leadlag.model_copy(update={"rings": ()})), 150).pattern is not None


def test_plans_may_change_only_every_so_often() -> None:
    d = Driver(TWO_STAGES)
    one, other = Request(plan=plan()), Request(plan=plan(offset_s=20))
    d.ask(one, 60)
    since = next(k for k, c in enumerate(d.shown) if c.pattern is not None)
    d.shown.clear()
    d.ask(0, 30)
    d.ask(one, 30)
    d.ask(other, 60)
    assert since < 60
    assert any("may every 30 s" in c.refused for c in d.shown) or d.shown[-1].pattern is other.plan


def test_from_a_plan_back_to_stages() -> None:
    d = Driver(TWO_STAGES)
    d.ask(Request(plan=plan()), 120)
    command = d.ask(1, 40)
    assert (command.refused, command.pattern, command.stage) == ("", None, 1)
