"""Roll-outs of small situations whose cost can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from greenband.engine.kernels.rollout import NEVER_S, Layout, Model, Present, Traffic, rollout
from greenband.engine.kernels.stage_search import cheapest, foretell
from greenband.engine.rolling import Settings

CHANGE_S, LEAST_S = 3, 5
SETTINGS = Settings(
    horizon_s=60.0, startup_s=2.0, headway_s=2.0, stop_s=0.0, spill_ratio=0.0, tail_s=0.0
)
NOTHING = np.zeros((0, 0))


def layout(gives_way: tuple[tuple[int, int], ...] = (), together: bool = False) -> Layout:
    """Two movements with a stage each, or one stage for both and one for the second alone."""
    serves = np.array([[True, together], [False, True]])
    stays = serves[:, None, :] & serves[None, :, :]
    way = np.zeros((2, 2), np.bool_)
    for one, other in gives_way:
        way[one, other] = True
    return Layout(
        serves=serves,
        stays=stays,
        gives_way=way,
        passed=np.zeros((2, 2, 2), np.bool_),
        change_s=np.full((2, 2), CHANGE_S),
        least_s=np.full(2, LEAST_S),
        exit_of=np.arange(2),
    )


def traffic(
    *lanes: list[float], room: tuple[float, float] = (1e6, 1e6), moving: bool = True
) -> Traffic:
    """Lane k has vehicles of movement k that are due in these seconds."""
    due_s = np.array([s for lane in lanes for s in lane])
    sizes = [len(lane) for lane in lanes]
    return Traffic(
        first=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        due_s=due_s,
        movement=np.repeat(np.arange(len(lanes)), sizes),
        stops=np.full(due_s.size, float(moving)),
        weight=np.ones(due_s.size),
        headway_s=np.full(len(lanes), 2.0),
        hold_veh=np.full(len(lanes), 1e6),
        room_veh=np.array(room),
        freed_veh=np.zeros((2, 60)),
    )


def present(stage: int = 0, green_s: int = 10, opening_s: int = 0) -> Present:
    green = np.zeros(2, np.bool_)
    green[stage] = opening_s == 0
    return Present(stage, green_s, opening_s, green)


def cost(
    given: Traffic,
    hold_s: int = 1,
    then: int = -1,
    model: Model = SETTINGS.model,
    shows: Present | None = None,
    site: Layout | None = None,
) -> float:
    found, _ = rollout(
        site or layout(), given, model, shows or present(), hold_s, then, np.inf, NOTHING
    )
    return found


def test_nobody_costs_nothing() -> None:
    assert cost(traffic([], [])) == 0.0


def test_who_finds_green_is_not_delayed() -> None:
    assert cost(traffic([3.0, 7.0], [])) == 0.0


def test_a_queue_in_green_leaves_at_its_headway() -> None:
    # 0, 2, 4, 6 s
    assert cost(traffic([0.0] * 4, [])) == pytest.approx(12.0)


def test_a_queue_in_red_waits_for_the_change_and_the_start() -> None:
    # gone to at once: green at 3 s, the first crosses at 5 s, then 7 s
    assert cost(traffic([], [0.0, 0.0]), hold_s=0, then=1) == pytest.approx(5.0 + 7.0)


def test_the_change_that_is_going_on_is_waited_for() -> None:
    waits = cost(traffic([0.0], []), shows=present(opening_s=2, green_s=0))
    assert waits == pytest.approx(2.0 + SETTINGS.startup_s)


def test_the_minimum_green_holds_a_stage() -> None:
    fresh = cost(traffic([], [0.0]), shows=present(green_s=1))
    assert fresh == pytest.approx(cost(traffic([], [0.0]), shows=present(green_s=4)) + 3.0)


def test_a_stop_costs_only_who_moves() -> None:
    model = replace(SETTINGS, stop_s=4.0).model
    moving, standing = (
        cost(traffic([], [0.0], moving=m), hold_s=0, then=1, model=model) for m in (True, False)
    )
    assert moving == pytest.approx(standing + 4.0)


def test_nobody_enters_a_full_link() -> None:
    blocked = cost(traffic([0.0], [], room=(0.0, 9.0)))
    assert blocked >= SETTINGS.horizon_s


def test_room_that_neighbours_announce_lets_them_go_on() -> None:
    given = traffic([0.0], [], room=(0.0, 9.0))
    given.freed_veh[0, 10] = 1.0
    assert cost(given) == pytest.approx(10.0)


def test_a_turn_waits_for_a_gap() -> None:
    site = layout(gives_way=((0, 1),), together=True)
    shows = Present(0, 10, 0, np.ones(2, np.bool_))
    alone = cost(traffic([0.0], []), site=site, shows=shows)
    opposed = cost(traffic([0.0], [0.0, 0.0, 0.0]), site=site, shows=shows, hold_s=30)
    ahead_s = cost(traffic([], [0.0, 0.0, 0.0]), site=site, shows=shows, hold_s=30)
    assert alone == 0.0
    # the last of the three crosses at 4 s
    assert 4.0 < opposed - ahead_s < 7.0


def test_a_queue_that_blocks_back_counts_more() -> None:
    short = traffic([], [0.0] * 6)._replace(hold_veh=np.array([1e6, 2.0]))
    model = replace(SETTINGS, spill_ratio=2.0).model
    assert cost(short, model=model) > cost(traffic([], [0.0] * 6), model=model)


def test_a_dearer_roll_out_is_given_up() -> None:
    given = traffic([], [0.0] * 6)
    full, _ = rollout(layout(), given, SETTINGS.model, present(), 30, -1, np.inf, NOTHING)
    cut, _ = rollout(layout(), given, SETTINGS.model, present(), 30, -1, full / 2.0, NOTHING)
    assert np.isinf(cut)


def test_the_second_in_which_the_stage_is_left_is_told() -> None:
    _, left_s = rollout(
        layout(), traffic([], [0.0]), SETTINGS.model, present(), 8, -1, np.inf, NOTHING
    )
    assert left_s == 8
    _, left_s = rollout(
        layout(), traffic([0.0], []), SETTINGS.model, present(), 8, -1, np.inf, NOTHING
    )
    assert left_s == NEVER_S


def choose(given: Traffic, allowed: tuple[bool, bool] = (True, True)) -> tuple[int, list[float]]:
    costs = np.zeros(5)
    holds_s = np.array([1, 4, 8], np.int64)
    best = cheapest(layout(), given, SETTINGS.model, present(), np.array(allowed), holds_s, costs)
    return best, costs.tolist()


def test_goes_where_somebody_waits() -> None:
    assert choose(traffic([], [0.0]))[0] == 1


def test_stays_for_a_platoon_that_is_about_to_arrive() -> None:
    assert choose(traffic([3.0, 5.0, 7.0, 9.0, 11.0], [0.0]))[0] == 0


def test_stays_where_nothing_is_better() -> None:
    assert choose(traffic([], []))[0] == 0


def test_goes_only_where_it_may() -> None:
    best, costs = choose(traffic([], [0.0]), (True, False))
    assert best == 0
    assert np.isinf(costs[-1])


def test_the_cheapest_costs_least_of_all() -> None:
    given = traffic([6.0, 8.0], [0.0, 0.0])
    best, costs = choose(given)
    each = [cost(given, hold_s=h) for h in (1, 4, 8)] + [np.inf, cost(given, hold_s=0, then=1)]
    assert min(costs) == pytest.approx(min(each))
    assert best == (1 if int(np.argmin(each)) == 4 else 0)


def test_foretells_who_crosses_when() -> None:
    given = traffic([], [0.0, 0.0])
    best, costs = choose(given)
    outflow = np.ones((2, 60))
    holds_s = np.array([1, 4, 8], np.int64)
    foretell(layout(), given, SETTINGS.model, present(), holds_s, np.array(costs), best, outflow)
    assert outflow.sum() == 2.0
    assert np.flatnonzero(outflow[1]).tolist() == [5, 7]
