"""The Gate second by second: requests for stages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from greenband.engine.errors import InputError
from greenband.engine.frame import Flag, Order, Request
from greenband.engine.gate import Gate
from greenband.engine.rules import RESCO, STREET, with_limits
from greenband.engine.site_toml import parse_site

from .conftest import NEMA, STAGES, TWO_STAGES, Driver


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
