"""A preempt from its call to its end, second by second."""

from __future__ import annotations

import dataclasses

import pytest

from greenband.engine.frame import Flag, Request
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET

from .conftest import NEMA, PED_PHASE, STAGES, TWO_STAGES, WALK, Driver, greens

EAST = '[[preempts]]\nid = "EB"\nphases = ["E"]\ndwell_s = 6\n'
FREE = dataclasses.replace(STREET, name="free", order="any")


def running(text: str, stage: int = 0, seconds: int = 30) -> Driver:
    """A site whose stage has been green for long, all phases called."""
    driver = Driver(text)
    driver.call(*(p.id for p in driver.site.phases))
    driver.ask(stage, seconds)
    driver.shown.clear()
    return driver


def test_it_is_served_and_leaves_again() -> None:
    driver = running(TWO_STAGES + EAST)
    driver.ask(0, 12, preempts=1)
    driver.ask(0, 12)
    # yellow 3.6 s and clearance 1.4 s are 4 and 2; served as long as it is called, then 7 s of N
    assert driver.words("N") == "yyyy" + "r" * 12 + "GGGGGGGG"
    assert driver.words("E") == "rrrrrr" + "G" * 6 + "yyy" + "r" * 9
    assert driver.shown[0].preempt == driver.shown[11].preempt == "EB"
    assert driver.shown[12].preempt == ""
    assert driver.shown[0].refused == (
        "preempt EB on the way to its phases; nothing else is followed"
    )
    assert driver.shown[8].refused == "preempt EB dwells; nothing else is followed"


def test_a_call_that_has_gone_is_served_to_the_end_of_its_dwell() -> None:
    driver = running(TWO_STAGES + EAST)
    driver.ask(0, 1, preempts=1)
    driver.ask(0, 20)
    assert driver.words("E").count("G") == 6


def test_a_minimum_green_comes_first_unless_the_preempt_says_less() -> None:
    for more, kept_s in (("", 7), ("least_green_s = 3\n", 3), ("least_green_s = 9\n", 7)):
        driver = Driver(TWO_STAGES + EAST + more)
        driver.call("N", "E")
        driver.ask(1, 6)
        driver.ask(0, 5)
        assert driver.words("N").endswith("G")
        driver.ask(0, 20, preempts=1)
        assert driver.words("N").count("G") == kept_s


def test_a_walk_is_cut_and_its_clearance_is_whole() -> None:
    north = '[[preempts]]\nid = "NB"\nphases = ["N"]\n'
    for more, walked_s in (("", 2), ("least_walk_s = 4\n", 4), ("least_walk_s = 30\n", 7)):
        driver = Driver(WALK + north + more)
        driver.peds[:] = [False, True]
        driver.call("E")
        driver.ask(1, 2)
        driver.peds[:] = False
        driver.ask(1, 40, preempts=1)
        assert driver.walked().rstrip("r") == "W" * walked_s + "f" * 11


def test_a_crossing_of_its_own_is_cut_to_its_clearance() -> None:
    driver = Driver(PED_PHASE + EAST)
    driver.call("N", "W")
    driver.ask(0, 3)
    driver.ask(0, 30, preempts=1)
    assert driver.words("W").startswith("GGG" + "y" * 12 + "r")
    assert driver.words("E").endswith("G")


def test_nobody_begins_to_walk_beside_it() -> None:
    driver = running(WALK + EAST)
    driver.peds[:] = True
    driver.ask(0, 30, preempts=1)
    assert set(driver.walked()) == {"r"}


def test_it_waits_for_its_delay() -> None:
    driver = running(TWO_STAGES + EAST + "delay_s = 5\n")
    driver.ask(0, 4, preempts=1)
    driver.ask(0, 3)
    assert set(driver.words("N")) == {"G"}
    driver.ask(0, 6, preempts=1)
    assert driver.words("N").endswith("GGGGGy")


def test_the_tracks_are_cleared_first() -> None:
    rail = '[[preempts]]\nid = 1\nphases = ["E"]\ntrack_clear = ["N"]\ntrack_clear_s = 10\n'
    driver = running(TWO_STAGES + rail, stage=1)
    driver.ask(1, 40, preempts=1)
    assert driver.words("E") == "yyy" + "r" * 17 + "G" * 20
    assert driver.words("N") == "rrrr" + "G" * 10 + "yyyy" + "r" * 22
    assert driver.shown[0].refused.startswith("preempt 1 on the way to the track clearance")
    assert driver.shown[6].refused.startswith("preempt 1 track clearance")


def test_a_higher_one_takes_its_place_and_an_equal_one_does_not() -> None:
    north = '[[preempts]]\nid = "NB"\nphases = ["N"]\n'
    for rank, last in ((2, "NB"), (1, "EB")):
        driver = running(TWO_STAGES + EAST + f"priority = {rank}\n" + north)
        driver.ask(0, 10, preempts=1)
        assert driver.ask(0, 25, preempts=3).preempt == last
        assert driver.ask(0, 1, preempts=3).refused.startswith(f"preempt {last} dwells")
        # the other has its turn once this is over
        assert driver.ask(0, 25, preempts=1 if last == "NB" else 2).preempt != last


def test_one_that_is_stuck_is_given_up_until_it_is_released() -> None:
    driver = running(TWO_STAGES + EAST + "max_s = 20\n")
    driver.ask(0, 20, preempts=1)
    assert driver.shown[-1].preempt == "EB"
    driver.ask(0, 30, preempts=1)
    given_up = driver.shown[-1]
    assert (given_up.preempt, given_up.refused) == ("", "")
    assert given_up.note == "preempt EB was called for 20 s and is given up until it is released"
    assert greens(given_up, driver.site) == {"N"}
    assert driver.ask(0, 1).note == ""
    assert driver.ask(0, 10, preempts=1).preempt == "EB"


def test_it_leaves_for_its_exit_stage() -> None:
    preempt = '[[preempts]]\nid = 7\nphases = [4, 7]\nexit_stage = "2+6"\n'
    driver = running(NEMA + preempt)
    driver.ask(4, 12, preempts=1)
    assert greens(driver.shown[-1], driver.site) == {"4", "7"}
    driver.ask(4, 1)
    assert driver.shown[-1].refused.startswith("preempt 7 leaves for its exit stage")
    assert greens(driver.ask(4, 6), driver.site) == {"2", "6"}
    assert driver.shown[-1].preempt == ""


def test_hands_off_is_stronger() -> None:
    driver = running(TWO_STAGES + EAST)
    driver.ask(0, 10, Flag.PREEMPT, preempts=1)
    assert set(driver.words("N")) == {"G"}
    assert driver.shown[-1].preempt == ""
    assert driver.ask(0, 1, preempts=1).preempt == "EB"


def test_a_plan_goes_on_after_it() -> None:
    plan = Plan(
        site="X",
        cycle_s=60,
        stages=(Split(id="N", split_s=30), Split(id="E", split_s=30)),
    )
    driver = running(TWO_STAGES + EAST)
    assert driver.ask(Request(plan=plan), 120).pattern is plan
    assert driver.ask(Request(plan=plan), 40, preempts=1).pattern is None
    assert driver.ask(Request(plan=plan), 100).pattern is plan


def test_how_long_it_takes_at_most_is_said() -> None:
    # 7 s of N's minimum, 4 s of its yellow, 2 s of its clearance, and the second of the call
    assert Driver(TWO_STAGES + EAST).gate.preempt_s == (14,)
    # 11 s of pedestrian clearance in place of the minimum
    assert Driver(WALK + EAST).gate.preempt_s == (18,)


@pytest.mark.parametrize("rules", [STREET, FREE])
def test_what_is_allowed_is_only_what_there_is(rules: dataclasses.Field[object]) -> None:
    driver = Driver(NEMA + "[[preempts]]\nid = 7\nphases = [4, 8]\n", rules)  # type: ignore[arg-type]
    driver.ask(0, 30)
    driver.ask(0, 20, preempts=1)
    assert greens(driver.shown[-1], driver.site) == {"4", "8"}
    assert STAGES[driver.gate.stage] == "4+8"
    assert driver.gate.allowed().sum() == 1
