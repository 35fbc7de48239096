"""The virtual site's controller: what it shows is always safe, and when it changes its plan."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenband.cabinet.rsmp.controller import STARTUP_S, Controller, NotPossibleError
from greenband.cabinet.rsmp.time_plan import Group, Stage, TimePlan, durations_s

GROUPS = (Group("a", 3, 2, 5), Group("b", 4, 1, 6), Group("c", 3, 1, 4), Group("p", 5, 2, 6, True))
STAGES = (
    Stage("A", frozenset({1, 4}), 13, 0),
    Stage("B", frozenset({2}), 11, 1),
    Stage("C", frozenset({2, 3}), 10, 2),
)
CONFLICTS = ((1, 2), (1, 3), (4, 2), (4, 3))
GREENS, YELLOWS = "123456789", "NO"


def make(**other: object) -> Controller:
    plans = {n: TimePlan(n, 60, 0, {1: 0, 2: 0}) for n in (1, 10, 11)}
    return Controller(GROUPS, STAGES, plans, 1, **other)  # type: ignore[arg-type]


def show(controller: Controller, seconds: int) -> list[str]:
    seen = []
    for _ in range(seconds):
        controller.tick()
        seen.append(controller.lamps())
    return seen


def check_safe(seen: list[str]) -> None:
    """Yellow and clearance whole, no conflict, no green cut: read from the lamps alone."""
    green_s, yellow_s, ended = [99] * 4, [0] * 4, [99] * 4
    before = "BBBB"
    for lamps in seen:
        for g, (was, now) in enumerate(zip(before, lamps, strict=True)):
            green_s[g] = green_s[g] + 1 if now in GREENS else 0 if was not in GREENS else green_s[g]
            yellow_s[g] = (
                yellow_s[g] + 1 if now in YELLOWS else 0 if was not in YELLOWS else yellow_s[g]
            )
            if was in GREENS and now not in GREENS:
                assert now in YELLOWS
                assert green_s[g] >= GROUPS[g].min_green_s
            if was in YELLOWS and now not in YELLOWS:
                assert yellow_s[g] == GROUPS[g].yellow_s
            ended[g] = 0 if now in GREENS + YELLOWS else ended[g] + 1
            if now in GREENS and was not in GREENS:
                green_s[g] = 1
                for pair in CONFLICTS:
                    if g + 1 in pair:
                        other = sum(pair) - g - 2
                        assert ended[other] >= GROUPS[other].clearance_s
        for a, b in CONFLICTS:
            assert not (lamps[a - 1] in GREENS + YELLOWS and lamps[b - 1] in GREENS)
        before = lamps


def test_the_plan_is_shown_second_by_second() -> None:
    controller = make()
    controller.base = -STARTUP_S
    seen = show(controller, STARTUP_S + 59)[STARTUP_S - 1 :]
    assert durations_s(controller.running, STAGES) == [39, 11, 10]
    letters = "".join(lamps[0] for lamps in seen)
    assert letters == "1" * 5 + "4" * 27 + "N" * 3 + "B" * 24 + "0"
    second = "".join(lamps[1] for lamps in seen)
    assert second == "B" * 38 + "0" + "1" * 6 + "4" * 10 + "N" * 4 + "B"
    assert [controller.stage(), controller.cycle_counter] == [3, 59]


actions = st.one_of(
    st.tuples(st.just("call"), st.sampled_from([10, 11])),
    st.tuples(st.just("back"), st.just(0)),
    st.tuples(st.just("cycle"), st.integers(1, 120)),
    st.tuples(st.just("offset"), st.integers(0, 255)),
    st.tuples(st.just("band"), st.integers(0, 60)),
    st.tuples(st.just("lost"), st.just(0)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), actions), max_size=12))
def test_whatever_is_commanded_the_lamps_are_safe(
    story: list[tuple[int, tuple[str, int]]],
) -> None:
    controller = make(timeout_min=1)
    seen = show(controller, 20)
    for seconds, (action, value) in story:
        act(controller, action, value)
        seen += show(controller, seconds)
    check_safe(seen[STARTUP_S:])


def act(controller: Controller, action: str, value: int) -> None:
    try:
        if action == "call":
            controller.call(value)
        elif action == "back":
            controller.give_back()
        elif action == "lost":
            controller.lose(0)
        elif action == "band":
            controller.change(10, bands={1: value, 2: value // 2})
        else:
            controller.change(10, **{f"{action}_s": value})
    except NotPossibleError:
        return


def runs(controller: Controller) -> tuple[int, int, bool]:
    return controller.wanted, controller.running.number, controller.in_step


def test_a_plan_begins_where_the_cycle_ends_and_gets_into_step() -> None:
    controller = make()
    show(controller, 100)
    controller.change(10, offset_s=20, bands={1: 5, 2: 3})
    controller.call(10)
    assert runs(controller) == (10, 1, False)
    show(controller, 120)
    assert runs(controller) == (10, 10, True)
    assert durations_s(controller.running, STAGES) == [31, 16, 13]


def test_what_stages_do_not_fit_is_refused_and_changes_nothing() -> None:
    controller = make()
    controller.change(10, bands={1: 40, 2: 0})  # an idle plan may be half written
    with pytest.raises(NotPossibleError, match="stages need 74 s, the cycle is 60 s"):
        controller.call(10)
    assert (controller.wanted, controller.source) == (1, "startup")
    controller.change(10, cycle_s=80)
    controller.call(10)
    with pytest.raises(NotPossibleError):
        controller.change(10, cycle_s=70)
    assert controller.plans[10].cycle_s == 80
    with pytest.raises(NotPossibleError):
        controller.change(1, cycle_s=20)  # what it goes back to must always be possible
    with pytest.raises(NotPossibleError, match="no time plan 12"):
        controller.call(12)


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 60), (3, 180)])
def test_the_dead_man_gives_the_plan_back(minutes: int, seconds: int) -> None:
    controller = make(timeout_min=minutes)
    controller.call(10)
    controller.lose(0)
    show(controller, seconds - 1)
    assert controller.wanted == 10
    show(controller, 1)
    assert (controller.wanted, controller.source) == (1, "calendar_clock")
    show(controller, 61)
    assert controller.running is controller.plans[1]


def test_the_dead_man_counts_from_the_last_word_and_stops_when_it_is_heard_again() -> None:
    controller = make(timeout_min=1)
    controller.call(10)
    controller.lose(50)
    show(controller, 9)
    assert controller.wanted == 10
    controller.find()
    show(controller, 300)
    assert controller.wanted == 10
    controller.lose(50)
    show(controller, 10)
    assert controller.wanted == 1


def test_without_a_timeout_there_is_no_dead_man() -> None:
    controller = make(timeout_min=0)
    controller.call(10)
    controller.lose(0)
    show(controller, 7200)
    assert controller.wanted == 10


def test_flash_and_dark_and_the_way_back() -> None:
    controller = make()
    show(controller, 30)
    controller.place("YellowFlash", 1)
    assert set(show(controller, 59)) == {"cccc"}
    assert (controller.mode, controller.stage()) == ("standby", 0)
    seen = show(controller, STARTUP_S - 1)
    assert seen[0] == "gggg"
    assert controller.mode == "startup"
    show(controller, 2)
    assert controller.mode == "control"
    controller.place("Dark", 0)
    assert show(controller, 100)[-1] == "bbbb"
