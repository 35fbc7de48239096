"""What a plan with fractions of a second loses where colours change at whole ones."""

from __future__ import annotations

import pytest

from greenband.engine.plan import Plan, Split
from greenband.engine.rules import RESCO, STREET
from greenband.engine.site_toml import parse_site
from greenband.engine.whole_seconds import Loss, green_lost


def make_site(yellow_s: float, red_s: float) -> str:
    """Two streets that cross."""
    change = f"yellow_s = {yellow_s}\nred_clearance_s = {red_s}"
    return f"""
id = "X"
stages = [["A"], ["B"]]
approaches = [{{id = "NB", lanes = ["T"]}}, {{id = "EB", lanes = ["T"]}}]

[[phases]]
id = "A"
protected = ["NBT"]
{change}

[[phases]]
id = "B"
protected = ["EBT"]
{change}
"""


def make_plan(first_s: float, second_s: float) -> Plan:
    stages = (Split(id="A", split_s=first_s), Split(id="B", split_s=second_s))
    return Plan(site="X", cycle_s=first_s + second_s, stages=stages)


def test_a_change_of_whole_seconds_loses_nothing() -> None:
    assert green_lost(parse_site(make_site(4.0, 2.0), "here"), make_plan(40, 30), STREET) == ()


def test_a_change_that_is_rounded_up_takes_its_seconds_from_the_greens_that_follow() -> None:
    """3.2 + 1.2 s become 4 + 2 s in each change of a cycle, by hand.

    A ends at 35.6, that is at 36; B starts at 42 in place of 40, ends at 65.6, that is at 66,
    and A starts 2 s late: 34 s for 35.6, 24 s for 25.6.
    """
    lost = green_lost(parse_site(make_site(3.2, 1.2), "here"), make_plan(40, 30), STREET)
    assert lost == (
        Loss("A", pytest.approx(35.6), pytest.approx(34.0)),  # type: ignore[arg-type]
        Loss("B", pytest.approx(25.6), pytest.approx(24.0)),  # type: ignore[arg-type]
    )


def test_rules_of_whole_seconds_lose_nothing() -> None:
    assert green_lost(parse_site(make_site(3.2, 1.2), "here"), make_plan(40, 30), RESCO) == ()


def test_a_plan_that_the_gate_refuses_is_not_spoken_of() -> None:
    """B has 3 s of green, less than its minimum: the Gate doesn't run it and says so itself."""
    assert green_lost(parse_site(make_site(4.0, 2.0), "here"), make_plan(40, 9), STREET) == ()
