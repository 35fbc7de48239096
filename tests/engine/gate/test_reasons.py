"""What the Gate says of a stage before it is asked for is what it does when it is."""

from __future__ import annotations

import random

import pytest

from greenband.engine.rules import RESCO, STREET, Rules

from .conftest import NEMA, PED_PHASE, TWO_STAGES, WALK, Driver


@pytest.mark.parametrize("text", [NEMA, TWO_STAGES, WALK, PED_PHASE])
@pytest.mark.parametrize("rules", [RESCO, STREET])
def test_a_stage_has_a_reason_where_it_is_not_allowed_and_only_there(
    text: str, rules: Rules
) -> None:
    drive, draw, reasons = Driver(text, rules), random.Random(5), set()
    stages = drive.gate.order.n_public
    for _ in range(400):
        if draw.random() < 0.2:
            drive.calls[:] = [draw.random() < 0.5 for _ in drive.calls]
            drive.peds[:] = [draw.random() < 0.2 for _ in drive.peds]
        drive.ask(draw.randrange(stages))
        allowed = drive.gate.allowed()
        for stage in range(stages):
            why = drive.gate.why_not(stage)
            assert bool(why) == (not allowed[stage]), (stage, why)
            reasons.add(why.split(" ")[0])
    assert len(reasons) > 1


def test_a_longest_red_that_draws_near_is_said() -> None:
    drive = Driver(TWO_STAGES)
    drive.call("E")
    drive.ask(0, 30)
    (limit,) = drive.gate.binding()
    assert limit.startswith("stage N must be left within ")
    assert limit.endswith("for nobody to wait over 60 s")


def test_a_minimum_green_is_said() -> None:
    drive = Driver(TWO_STAGES)
    drive.ask(0, 3)
    assert drive.gate.binding() == ("phase N has 4 s of its minimum green 7 s left",)
    assert drive.gate.why_not(1) == drive.gate.binding()[0]


def test_who_waits_is_known_where_calls_are_heeded_and_only_there() -> None:
    for rules, waited_s in ((STREET, 20.0), (RESCO, 0.0)):
        drive = Driver(TWO_STAGES, rules)
        drive.call("E")
        drive.ask(0, 21)
        assert drive.gate.waiting_s.tolist() == [0.0, waited_s]
