"""Every transition of the fallback ladder, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from greenband.cabinet.ladder import (
    DRIVES,
    ORDER,
    SETS_NOTHING,
    Ladder,
    LadderLimits,
    Rung,
    Situation,
    wanted,
)

CALM_S = 30.0
LIMITS = LadderLimits(plan_age_s=600.0, calm_s=CALM_S)
WELL = Situation()
SITUATIONS = {
    Rung.ADAPTIVE: WELL,
    Rung.LAST_PLAN: replace(WELL, deciding=False, plan_age_s=10.0),
    Rung.STANDBY: replace(WELL, deciding=False),
    Rung.HANDS_OFF: replace(WELL, hands_off=True),
    Rung.BACKUP: replace(WELL, reachable=False),
    Rung.SHADOW: replace(WELL, approved=False),
}


def at(rung: Rung) -> Ladder:
    """A ladder that has come to this rung by itself."""
    ladder = Ladder(LIMITS)
    for second in range(100):
        ladder.step(SITUATIONS[rung], float(second))
    assert ladder.rung is rung
    return ladder


def path(ladder: Ladder, situation: Situation, seconds: int = 100) -> list[tuple[float, Rung]]:
    moves = [ladder.step(situation, 1000.0 + s) for s in range(seconds)]
    return [(m.at_s - 1000.0, m.after) for m in moves if m is not None]


@pytest.mark.parametrize(("before", "after"), list(product(ORDER, ORDER)))
def test_every_transition(before: Rung, after: Rung) -> None:
    ladder = at(before)
    taken = path(ladder, SITUATIONS[after])
    if before is after:
        assert taken == []
    elif ORDER.index(after) > ORDER.index(before):
        assert taken == [(0.0, after)]
    elif before in SETS_NOTHING and after in DRIVES:
        assert taken == [(0.0, Rung.STANDBY), (CALM_S, after)]
    elif before in SETS_NOTHING:
        assert taken == [(0.0, after)]
    else:
        assert taken == [(CALM_S, after)]
    assert ladder.rung is after


@pytest.mark.parametrize("target", sorted(DRIVES, key=ORDER.index))
def test_an_interruption_starts_the_calm_time_anew(target: Rung) -> None:
    ladder = at(Rung.STANDBY)
    for second in range(20):
        assert ladder.step(SITUATIONS[target], 1000.0 + second) is None
    assert ladder.step(SITUATIONS[Rung.STANDBY], 1020.0) is None
    assert path(ladder, SITUATIONS[target]) == [(CALM_S, target)]


def test_a_flicker_never_goes_up() -> None:
    ladder = at(Rung.HANDS_OFF)
    for second in range(500):
        rung = Rung.ADAPTIVE if second % 10 else Rung.HANDS_OFF
        ladder.step(SITUATIONS[rung], 1000.0 + second)
        assert ladder.rung in (Rung.STANDBY, Rung.HANDS_OFF)


def test_from_where_nothing_may_be_set_the_way_up_is_by_standby() -> None:
    """So that whatever was in force before is taken back first."""
    for before in SETS_NOTHING:
        assert path(at(before), WELL)[0] == (0.0, Rung.STANDBY)


@pytest.mark.parametrize(
    ("situation", "rung", "words"),
    [
        (Situation(approved=False, reachable=False), Rung.SHADOW, "not approved"),
        (Situation(reachable=False, hands_off=True), Rung.BACKUP, "no answer"),
        (Situation(hands_off=True, ran_out=True), Rung.HANDS_OFF, "somebody else has it"),
        (Situation(ran_out=True), Rung.STANDBY, "what was set ran out"),
        (Situation(), Rung.ADAPTIVE, "all is well"),
        (Situation(deciding=False, plan_age_s=600.0), Rung.LAST_PLAN, "doesn't decide"),
        (Situation(deciding=False, plan_age_s=600.1), Rung.STANDBY, "no plan is fresh enough"),
        (Situation(hands_off=True, words="a train"), Rung.HANDS_OFF, "a train"),
    ],
)
def test_what_a_situation_asks_for(situation: Situation, rung: Rung, words: str) -> None:
    found, why = wanted(situation, LIMITS)
    assert found is rung
    assert words in why


def test_what_is_logged_of_a_move() -> None:
    ladder = at(Rung.ADAPTIVE)
    move = ladder.step(replace(WELL, hands_off=True, words="a preempt is active"), 1234.0)
    assert move is not None
    assert (move.at_s, move.before, move.after) == (1234.0, Rung.ADAPTIVE, Rung.HANDS_OFF)
    assert move.reason == "a preempt is active"
    assert (ladder.since_s, ladder.reason) == (1234.0, "a preempt is active")
    back = ladder.step(WELL, 1235.0)
    assert back is not None
    assert back.reason == "after hands off: calm first"
    up = [ladder.step(WELL, 1236.0 + s) for s in range(40)]
    assert [m.reason for m in up if m] == ["all is well for 30 s"]


def test_it_begins_in_shadow() -> None:
    assert Ladder().rung is Rung.SHADOW
