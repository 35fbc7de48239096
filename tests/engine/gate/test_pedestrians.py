"""The Gate second by second: people on foot."""

from __future__ import annotations

import pytest

from greenband.engine.colour_check import audit
from greenband.engine.frame import Request
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET

from .conftest import PED_PHASE, WALK, Driver


def test_a_walk_beside_a_phase_is_given_on_a_call_and_stretches_the_green() -> None:
    d = Driver(WALK)
    d.peds[1] = True
    d.ask(0, 10)
    d.ask(1, 20)
    d.peds[1] = False
    d.ask(0, 30)
    start = d.words("E").index("G")
    assert d.words("E").index("y") == start + 18
    assert d.walked().strip("r") == "W" * 7 + "f" * 11
    assert "phase E has 4 s of its walk and pedestrian clearance 18 s left; stage E held" in {
        c.refused for c in d.shown
    }


def test_without_calls_people_walk_every_second_time() -> None:
    d = Driver(WALK)
    for _ in range(4):
        d.ask(0, 20)
        d.ask(1, 40)
    walks = "".join("W" if c.walks and c.walks[1] == 2 else "." for c in d.shown)
    assert len(walks.replace("W", " ").split()) == 3  # before, between and after two walks
    assert walks.count("W") == 2 * 7


def test_whoever_presses_walks_in_the_next_green_each_time() -> None:
    d = Driver(WALK)
    for _ in range(4):
        d.peds[1] = True
        d.ask(0, 20)
        d.peds[1] = False
        d.ask(1, 40)
    assert d.walked().count("rW") == 4


def test_where_somebody_has_pressed_nobody_walks_without_a_call() -> None:
    d = Driver(WALK)
    d.peds[1] = True
    for _ in range(4):
        d.ask(0, 20)
        d.peds[1] = False
        d.ask(1, 40)
    assert d.walked().count("rW") == 1


@pytest.mark.parametrize(("opposed", "at_once"), [(False, True), (True, False)])
def test_a_late_call_walks_at_once_unless_somebody_in_conflict_waits(
    opposed: bool, at_once: bool
) -> None:
    d = Driver(WALK)
    d.ask(0, 10)
    d.ask(1, 30)
    if opposed:
        d.call("N")
    d.peds[1] = True
    d.ask(1, 1)
    d.peds[1] = False
    d.ask(1, 20)
    assert ("W" in d.walked()) is at_once
    d.ask(0, 40)
    d.ask(1, 40)
    assert d.walked().count("rW") == 1, "the call is kept until the next green"


def test_a_pedestrian_phase_clears_while_vehicles_still_go() -> None:
    d = Driver(PED_PHASE)
    d.call("W")
    d.ask(0, 10)
    d.call("E")
    d.ask(1, 20)
    # W: 12 s of flashing don't-walk; N: 4 s of yellow and 2 s of clearance, together at the end
    assert d.words("W") == "G" * 10 + "y" * 12 + "r" * 8
    assert d.words("N").index("y") == 10 + 12 - 6
    assert d.words("E").index("G") == 10 + 12


def test_a_pedestrian_phase_without_a_call_is_left_out_every_other_time() -> None:
    d = Driver(PED_PHASE)
    for _ in range(4):
        d.ask(0, 30)
        d.ask(1, 30)
    rounds = [d.words("W")[k : k + 60] for k in range(0, 240, 60)]
    assert ["G" in w for w in rounds] == [False, True, False, True]


def test_who_leaves_a_plan_cuts_its_long_walk_short_but_no_clearance() -> None:
    d = Driver(WALK.replace("longest_red_s = 60", "longest_red_s = 150"))
    long = Plan(
        site="X", cycle_s=130, stages=(Split(id="N", split_s=30), Split(id="E", split_s=100))
    )
    while not d.walked().endswith("W" * 20):
        d.ask(Request(plan=long))
    asked = len(d.shown)
    d.ask(0, 30)
    assert d.walked()[asked:].rstrip("r") == "f" * 11
    assert d.words("E")[asked:].index("y") == 11


@pytest.mark.parametrize("seconds", range(60, 190, 10))
def test_a_long_walk_never_makes_the_next_plan_late(seconds: int) -> None:
    d = Driver(WALK.replace("longest_red_s = 60", "longest_red_s = 120"))
    d.call("N", "E")
    one, other = (
        Request(plan=Plan(site="X", cycle_s=130, offset_s=offset_s, stages=stages))
        for offset_s in (0, 65)
        for stages in [(Split(id="N", split_s=30), Split(id="E", split_s=100))]
    )
    d.ask(one, seconds)
    d.ask(other, 400)
    assert d.shown[-1].pattern is other.plan
    assert not [c.refused for c in d.shown if "the plan is late" in c.refused]
    assert max(map(len, d.words("N").replace("y", "r").split("G"))) <= 120


TRAP = """
id = "T"
stages = [["L", "long", "short"], ["S", "E"]]
conflicts = [{a = "short", b = "S"}, {a = "long", b = "E"}, {a = "L", b = "E"}]
approaches = [
    {id = "NB", lanes = ["L"]}, {id = "SB", lanes = ["T"]}, {id = "EB", lanes = ["T"]},
]
phases = [
    {id = "L", permitted = ["NBL"], min_green_s = 5, yellow_s = 3, red_clearance_s = 1},
    {id = "S", protected = ["SBT"], min_green_s = 7, yellow_s = 3, red_clearance_s = 1},
    {id = "E", protected = ["EBT"], min_green_s = 7, yellow_s = 3, red_clearance_s = 1},
    {id = "long", kind = "pedestrian", walk_s = 7, ped_clearance_s = 15},
    {id = "short", kind = "pedestrian", walk_s = 7, ped_clearance_s = 4},
]
"""


def test_a_through_does_not_start_while_a_permissive_left_waits_for_people_to_end() -> None:
    d = Driver(TRAP)
    d.call("long", "short")
    d.ask(0, 30)
    d.call("S", "E")
    d.ask(1, 30)
    assert d.words("L")[30:].index("y") == 15 - 4, "until both are clear together"
    assert d.words("S")[30:].index("G") == 15 - 4, "not after the 4 s of the short crossing"
    history = [(float(k), c.colours) for k, c in enumerate(d.shown)]
    assert not [v for v in audit(history, d.site, STREET) if not v.warning]


def test_who_calls_in_the_second_in_which_the_walk_ends_is_not_forgotten() -> None:
    """The call is gone at once; it is kept until the phase is green again."""
    d = Driver(PED_PHASE)
    walk = d.site.phase_index["W"]
    d.peds[walk] = True
    d.ask(0, 30)
    d.peds[walk] = False
    d.ask(0, 20)
    before = len(d.shown)
    d.call("W")
    while d.words("W").endswith("G"):
        d.ask(1)
    d.call()
    d.ask(1, 30)
    d.ask(0, 30)
    assert d.words("W")[before:].count("rG") == 1
