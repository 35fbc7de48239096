"""The Gate second by second, on sites small enough to follow with a pencil."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from greenband.engine.errors import InputError
from greenband.engine.frame import Command, Flag, Order, Request
from greenband.engine.gate import Gate
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import RESCO, STREET, Rules, with_limits
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site

TWO_STAGES = """
id = "X"
stages = [["N"], ["E"]]
longest_red_s = 60

[[approaches]]
id = "NB"
lanes = ["T"]

[[approaches]]
id = "EB"
lanes = ["T"]

[[phases]]
id = "N"
protected = ["NBT"]
min_green_s = 7
yellow_s = 3.6
red_clearance_s = 1.4

[[phases]]
id = "E"
protected = ["EBT"]
min_green_s = 5
yellow_s = 3
red_clearance_s = 1
"""
NEMA = """
id = "N"
rings = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
""" + "".join(
    f"""
[[approaches]]
id = "{name}"
lanes = ["L", "TR"]

[[phases]]
id = {through}
protected = ["{name}T", "{name}R"]
LEFT
min_green_s = 7
yellow_s = 4
red_clearance_s = 1

[[phases]]
id = {left}
protected = ["{name}L"]
min_green_s = 5
yellow_s = 3
red_clearance_s = 1
""".replace("LEFT", f'permitted = ["{name}L"]' if name in ("NB", "SB") else "")
    for name, through, left in (("NB", 2, 5), ("SB", 6, 1), ("EB", 4, 7), ("WB", 8, 3))
)
STAGES = ("1+5", "1+6", "2+5", "2+6", "3+7", "3+8", "4+7", "4+8")


class Driver:
    """Steps a Gate and remembers what it showed."""

    def __init__(self, text: str, rules: Rules = STREET, **start: Any) -> None:
        self.site: Site = with_limits(parse_site(text), rules)
        self.gate = Gate(self.site, rules, **start)
        self.calls = np.zeros(len(self.site.phases), np.bool_)
        self.peds = np.zeros(len(self.site.phases), np.bool_)
        self.time_s = 25200.0
        self.shown: list[Command] = []

    def call(self, *phases: str) -> None:
        self.calls[:] = [p.id in phases for p in self.site.phases]

    def ask(self, request: Any, seconds: int = 1, flags: Flag = Flag.NONE) -> Command:
        if isinstance(request, int):
            request = Request(stage=request)
        for _ in range(seconds):
            self.shown.append(self.gate.step(request, self.calls, self.peds, flags, self.time_s))
            self.time_s += 1.0
        return self.shown[-1]

    def words(self, phase: str) -> str:
        """What a phase showed: r, y or G a second."""
        i = self.site.phase_index[phase]
        return "".join("ryG"[c.colours[i]] for c in self.shown)


def greens(command: Command, site: Site) -> set[str]:
    return {p.id for p, c in zip(site.phases, command.colours, strict=True) if c == 2}


def test_a_change_takes_yellow_and_clearance_in_whole_seconds() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    d.ask(1, 10)
    assert d.words("N") == "G" * 10 + "yyyy" + "r" * 6
    assert d.words("E") == "r" * 16 + "GGGG"


def test_a_minimum_green_is_kept_and_the_reason_has_its_figures() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 4)
    command = d.ask(1)
    assert command.refused == "phase N has 3 s of its minimum green 7 s left; stage N held"
    assert command.stage == 0
    d.ask(1, 3)
    assert d.words("N") == "GGGGGGGy"
    assert d.shown[-1].refused == ""


def test_a_change_is_finished_before_the_next() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 8)
    d.ask(1, 2)
    command = d.ask(0)
    assert command.refused == "the change to stage E is finished first"
    assert (command.stage, d.gate.changing) == (1, True)
    d.ask(1, 10)
    assert d.words("E").endswith("G")


def test_the_same_command_comes_again_while_nothing_changes() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 20)
    assert d.shown[-1] is d.shown[-2]
    assert d.shown[-1].orders == (Order.SERVE, Order.REST)


def test_orders_say_what_ends_and_what_is_served_next() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 8)
    assert d.ask(1).orders == (Order.REST, Order.SERVE)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (None, "a request of type NoneType is not a Request; stage N held"),
        ("stage 1", "a request of type str is not a Request; stage N held"),
        (Request(stage=2), "stage 2 is not one of the 2 stages; stage N held"),
        (Request(stage=-1), "stage -1 is not one of the 2 stages; stage N held"),
        (Request(stage=math.nan), "stage nan is not one of the 2 stages; stage N held"),  # type: ignore[arg-type]
        (Request(stage=True), "stage True is not one of the 2 stages; stage N held"),
        (Request(plan=3), "a plan of type int is not a Plan; stage N held"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_request_is_refused_in_words(request_: Any, words: str) -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    command = d.ask(request_)
    assert (command.refused, command.stage) == (words, 0)


def test_a_stage_may_be_numbered_by_numpy() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    assert d.ask(Request(stage=np.int64(1))).stage == 1  # type: ignore[arg-type]


def test_a_held_stage_is_left_in_time_for_who_waits() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    d.call("E")
    d.ask(0, 70)
    # the call came at 10: yellow and clearance take 4 + 2 of its 60 s
    assert d.words("N").startswith("G" * 64 + "yyyy" + "r" * 11)
    assert d.words("E").index("G") == 70
    why = next(c.refused for c in d.shown if c.refused)
    assert why == "phase E has waited 54 s and must be green within 60 s; stage E instead"


def test_without_a_call_a_stage_is_held_for_ever() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 500)
    assert d.words("N") == "G" * 500


def test_a_call_that_goes_away_is_remembered_until_it_is_served() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    d.call("E")
    d.ask(0)
    d.call()
    d.ask(0, 70)
    assert "G" in d.words("E")


def test_waiting_is_counted_from_the_first_call() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    d.call("E")
    d.ask(0, 6)
    assert d.gate.waiting_s.tolist() == [0.0, 5.0]


def test_the_longest_red_is_refused_at_load_where_the_minimums_exceed_it() -> None:
    text = TWO_STAGES.replace("longest_red_s = 60", "longest_red_s = 15")
    with pytest.raises(InputError, match="longest_red_s: 15 s, while minimum greens"):
        parse_site(text)
    site = with_limits(parse_site(TWO_STAGES), STREET).model_copy(update={"longest_red_s": 15.0})
    with pytest.raises(InputError, match="at least 20 s"):
        Gate(site, STREET)
    Gate(site.model_copy(update={"longest_red_s": 20.0}), STREET)


def test_a_maximum_green_runs_from_a_conflicting_call() -> None:
    d = Driver(TWO_STAGES.replace("min_green_s = 7", "min_green_s = 7\nmax_green_s = 20"))
    d.ask(0, 30)
    d.call("E")
    d.ask(0, 30)
    assert d.words("N").index("y") == 30 + 20
    assert "maximum green 20 s" in next(c.refused for c in d.shown if c.refused)


def test_at_a_barrier_a_phase_at_its_maximum_waits_for_the_other_rings() -> None:
    d = Driver(NEMA.replace("min_green_s = 7", "min_green_s = 7\nmax_green_s = 20"))
    d.call("2", "6", "3")
    d.ask(STAGES.index("1+6"), 10)
    d.ask(STAGES.index("2+6"), 60)
    begun, ended = d.words("2").index("G"), d.words("2").index("y")
    assert ended == begun + 20
    assert d.words("6").index("y") == ended, "though it was green for longer"
    assert d.words("6").index("G") < begun


def test_hands_off_while_the_street_follows_somebody_else() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    d.ask(1, 2)
    command = d.ask(1, 20, Flag.PREEMPT | Flag.FAULT)
    assert command.refused == "hands off: preempt, fault; nothing is requested until it ends"
    assert set(command.orders) == {Order.REST}
    assert d.words("N").endswith("r"), "a yellow that ran has become red"
    assert "G" not in d.words("E")
    d.ask(1)
    assert d.words("E").endswith("G")


def test_what_the_street_showed_meanwhile_can_be_taken_over() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    d.ask(0, 5, Flag.PREEMPT)
    d.gate.resync([0, 2], [30.0, 1.0])
    command = d.ask(0)
    assert command.refused == "phase E has 3 s of its minimum green 5 s left; stage E held"


def test_conflicting_greens_at_the_start_are_refused() -> None:
    with pytest.raises(InputError, match="phases N and E, which are in conflict"):
        Driver(TWO_STAGES, start_colours=[2, 2], start_s=[3.0, 3.0])


def test_the_clearance_of_a_pair_counts() -> None:
    text = TWO_STAGES.replace(
        "longest_red_s = 60",
        'longest_red_s = 60\nconflicts = [{a = "N", b = "E", clearance_s = 5}]',
    )
    d = Driver(text)
    d.ask(0, 10)
    d.ask(1, 15)
    assert d.words("E").index("G") == 10 + 4 + 5


def test_a_clock_that_jumps_never_shortens_anything() -> None:
    d = Driver(TWO_STAGES)
    d.ask(0, 10)
    d.ask(1)
    for jump_s in (3600.0, -7200.0, math.nan):
        d.time_s += jump_s
        d.ask(1)
        d.time_s = 30000.0 if math.isnan(d.time_s) else d.time_s
    assert d.words("N").endswith("yyyy") or d.words("N").endswith("yyy")
    assert "G" not in d.words("E")


# rings and barriers


def test_in_the_field_nobody_with_a_call_is_passed_over() -> None:
    d = Driver(NEMA)
    d.ask(STAGES.index("2+6"), 15)
    d.call("3", "7", "1", "5")
    command = d.ask(STAGES.index("1+5"))
    assert command.refused == (
        "stage 1+5 would pass over phases 3, 7, which has a call; stage 3+7 instead"
    ).replace("phases 3, 7", "phases 7, 3")
    assert STAGES[command.stage] == "3+7"


def test_what_has_no_call_may_be_skipped() -> None:
    d = Driver(NEMA)
    d.ask(STAGES.index("2+6"), 15)
    d.call("4")
    assert d.ask(STAGES.index("4+8")).refused == ""


def test_a_phase_that_is_green_in_both_stages_stays_green() -> None:
    d = Driver(NEMA.replace('permitted = ["NBL"]', "").replace('permitted = ["SBL"]', ""))
    d.ask(STAGES.index("1+6"), 10)
    d.ask(STAGES.index("2+6"), 10)
    assert d.words("6") == "G" * 20
    assert d.words("1") == "G" * 10 + "yyy" + "r" * 7
    assert d.words("2") == "r" * 14 + "G" * 6


def test_one_ring_may_move_while_the_other_changes() -> None:
    d = Driver(NEMA)
    d.ask(STAGES.index("1+5"), 10)
    d.ask(STAGES.index("2+5"), 2)
    command = d.ask(STAGES.index("2+6"))
    assert (command.refused, STAGES[command.stage]) == ("", "2+6")
    d.ask(STAGES.index("2+6"), 10)
    assert d.words("2").index("G") == 14
    assert d.words("6").index("G") == 16


def test_a_permissive_left_never_ends_while_the_opposing_through_stays_green() -> None:
    """From 2+6 to a lagging 5: the left of 6 (SBL) would see yellow while 2 stays green."""
    d = Driver(NEMA)
    d.ask(STAGES.index("2+6"), 20)
    d.ask(STAGES.index("2+5"), 20)
    end = d.words("6").index("y")
    assert d.words("2")[end] == "y", "the opposing through ends with it"
    assert d.words("2").endswith("G"), "and comes back"


def test_without_a_permissive_left_there_is_no_trap() -> None:
    d = Driver(NEMA.replace('permitted = ["NBL"]', "").replace('permitted = ["SBL"]', ""))
    d.ask(STAGES.index("2+6"), 20)
    d.ask(STAGES.index("2+5"), 20)
    assert d.words("2") == "G" * 40


def test_allowed_is_what_the_next_step_accepts() -> None:
    d = Driver(NEMA)
    d.ask(STAGES.index("2+6"), 3)
    assert [STAGES[i] for i in np.flatnonzero(d.gate.allowed())] == ["2+6"]
    d.ask(STAGES.index("2+6"), 12)
    d.call("3")
    d.ask(STAGES.index("2+6"))
    allowed = {STAGES[i] for i in np.flatnonzero(d.gate.allowed())}
    assert {"2+6", "3+7", "3+8"} <= allowed
    assert not {"4+7", "4+8", "1+5", "1+6"} & allowed


def test_in_resco_any_stage_follows_any() -> None:
    d = Driver(NEMA, RESCO)
    d.ask(STAGES.index("2+6"), 15)
    d.call("3", "7")
    assert d.ask(STAGES.index("1+5")).refused == ""


# pedestrians

WALK = TWO_STAGES.replace(
    'protected = ["EBT"]', 'protected = ["EBT"]\nwalk_s = 7\nped_clearance_s = 11'
)


def test_a_walk_beside_a_phase_is_given_on_a_call_and_stretches_the_green() -> None:
    d = Driver(WALK)
    d.peds[1] = True
    d.ask(0, 10)
    d.ask(1, 20)
    d.peds[1] = False
    d.ask(0, 30)
    start = d.words("E").index("G")
    assert d.words("E").index("y") == start + 18
    walk = "".join("rfW"[c.walks[1]] if c.walks else "r" for c in d.shown)
    assert walk.strip("r") == "W" * 7 + "f" * 11
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


def _walked(d: Driver, phase: int = 1) -> str:
    """What the crosswalk beside a phase showed: W walk, f flashing, r red."""
    return "".join("rfW"[c.walks[phase]] if c.walks else "r" for c in d.shown)


def test_whoever_presses_walks_in_the_next_green_each_time() -> None:
    d = Driver(WALK)
    for _ in range(4):
        d.peds[1] = True
        d.ask(0, 20)
        d.peds[1] = False
        d.ask(1, 40)
    assert _walked(d).count("rW") == 4


def test_where_somebody_has_pressed_nobody_walks_without_a_call() -> None:
    d = Driver(WALK)
    d.peds[1] = True
    for _ in range(4):
        d.ask(0, 20)
        d.peds[1] = False
        d.ask(1, 40)
    assert _walked(d).count("rW") == 1


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
    assert ("W" in _walked(d)) is at_once
    d.ask(0, 40)
    d.ask(1, 40)
    assert _walked(d).count("rW") == 1, "the call is kept until the next green"


def test_a_pedestrian_phase_clears_while_vehicles_still_go() -> None:
    text = (
        TWO_STAGES.replace('[["N"], ["E"]]', '[["N", "W"], ["E"]]')
        + """
[[phases]]
id = "W"
kind = "pedestrian"
walk_s = 7
ped_clearance_s = 12
"""
    )
    d = Driver(text)
    d.call("W")
    d.ask(0, 10)
    d.call("E")
    d.ask(1, 20)
    # W: 12 s of flashing don't-walk; N: 4 s of yellow and 2 s of clearance, together at the end
    assert d.words("W") == "G" * 10 + "y" * 12 + "r" * 8
    assert d.words("N").index("y") == 10 + 12 - 6
    assert d.words("E").index("G") == 10 + 12


def test_a_pedestrian_phase_without_a_call_is_left_out_every_other_time() -> None:
    text = (
        TWO_STAGES.replace('[["N"], ["E"]]', '[["N", "W"], ["E"]]')
        + """
[[phases]]
id = "W"
kind = "pedestrian"
walk_s = 7
ped_clearance_s = 12
"""
    )
    d = Driver(text)
    for _ in range(4):
        d.ask(0, 30)
        d.ask(1, 30)
    rounds = [d.words("W")[k : k + 60] for k in range(0, 240, 60)]
    assert ["G" in w for w in rounds] == [False, True, False, True]


# plans


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
    walk = _walked(d)[start:end]
    assert walk.rstrip("r") == "W" * walk.count("W") + "f" * 11
    assert 0 <= walk.count("r") <= 1, "of a green that is not whole seconds less than one is left"
    assert walk.count("W") > 2 * 7
    assert d.words("E").count("rG") == _walked(d).count("rW") >= 3


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
