"""max-pressure and longest-queue: the same choice, with and without what lies behind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.controllers.heaviest import StageChooser
from greenband.controllers.longest_queue import LongestQueue
from greenband.controllers.max_pressure import LEAST_ROOM_RATIO, MaxPressure
from greenband.engine.frame import State
from greenband.engine.kernels.stage_choice import heaviest_stage
from greenband.engine.site import Site
from greenband.engine.stage_loads import receiving_ratio, served_movements

Make = Callable[..., State]
LAWS: list[type[MaxPressure] | type[LongestQueue]] = [LongestQueue, MaxPressure]


def wait_on(state: State, **queues: float) -> None:
    state.queue_veh[:] = 0.0
    for lane, vehicles in queues.items():
        state.queue_veh[state.site.lane_index[lane]] = vehicles


def asked(law: LongestQueue | MaxPressure, state: State) -> str:
    return state.stages[law.decide(state).stage].id


@pytest.mark.parametrize("law", LAWS)
class TestBoth:
    def test_goes_where_most_vehicles_are(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state = state_of(site)
        wait_on(state, N2=3.0, E1=2.0, W1=2.0)
        assert asked(law(site), state) == "37"

    def test_what_comes_counts_as_what_waits(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state = state_of(site)
        wait_on(state, N2=3.0)
        state.moving_veh[site.lane_index["E2"]] = 4.0
        assert asked(law(site), state) == "48"

    def test_stays_where_nothing_is_better(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state = state_of(site, 2)
        wait_on(state, N2=3.0, E1=3.0)
        assert asked(law(site), state) == "37"

    def test_only_what_the_gate_allows(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state = state_of(site)
        state.allowed[3] = False
        wait_on(state, E2=9.0, N2=1.0)
        assert asked(law(site), state) == "26"

    def test_does_not_ask_in_between(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state, controller = state_of(site), law(site)
        wait_on(state, N2=3.0)
        assert asked(controller, state) == "26"
        wait_on(state, E2=9.0)
        state.time_s += 1.0
        assert asked(controller, state) == "26"
        state.time_s += 10.0
        assert asked(controller, state) == "48"

    def test_a_new_green_is_held(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state, controller = state_of(site), law(site)
        state.changing, state.stage = True, 3
        assert asked(controller, state) == "48"
        state.changing = False
        wait_on(state, N2=3.0)
        state.time_s += 9.0
        assert asked(controller, state) == "48"
        state.time_s += 1.0
        assert asked(controller, state) == "26"

    def test_where_there_is_no_stage(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state = state_of(site)
        state.stage = -1
        wait_on(state, E1=1.0)
        assert asked(law(site), state) == "37"
        state.allowed[:] = False
        assert law(site).decide(state).stage == -1


def test_a_queue_behind_takes_pressure_away(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    site = crossroads()
    state = state_of(site, 3)
    wait_on(state, N2=6.0, E1=4.0)
    assert asked(MaxPressure(site), state) == "26"
    state.halted_downstream_veh[site.movement_index["NBT"]] = 3.0
    assert asked(MaxPressure(site), state) == "37"
    assert asked(LongestQueue(site), state) == "26"


def test_a_full_link_takes_the_movement_away(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    site = crossroads()
    state = state_of(site, 3)
    wait_on(state, N1=6.0, E1=4.0)
    assert asked(MaxPressure(site), state) == "15"
    behind = site.movement_index["NBL"]
    state.downstream_veh[behind] = 100.0 * (1.0 - LEAST_ROOM_RATIO) + 0.5
    state.room_veh[behind] = 100.0 * LEAST_ROOM_RATIO - 0.5
    for law in LAWS:
        assert asked(law(site), state) == "37"


def test_a_shared_link_counts_once(crossroads: Callable[..., Site]) -> None:
    site = crossroads()
    rows = [
        {**m.model_dump(), "exit": "north" if m.id in ("SBT", "EBL", "WBR") else m.id}
        for m in site.movements
    ]
    ratio = receiving_ratio(Site.model_validate({**site.model_dump(), "movements": rows}))
    served = served_movements(site)
    assert (ratio[~served] == 0).all()
    assert ratio[served].tolist() == [1.0] * int(served.sum())  # never two in one stage here
    rows = [{**m.model_dump(), "exit": "all"} for m in site.movements]
    ratio = receiving_ratio(Site.model_validate({**site.model_dump(), "movements": rows}))
    assert ratio.sum(axis=1).tolist() == pytest.approx([1.0] * 4)


def test_against_matrices() -> None:
    """The kernel is a sum of products."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        served = rng.random((5, 7)) < 0.4
        turning = rng.random((6, 7))
        behind_ratio, behind = rng.random((5, 7)), rng.integers(0, 5, 7).astype(float)
        room, there = rng.choice([np.nan, 0.0, 1.0, 5.0], 7), rng.integers(0, 20, 7).astype(float)
        queue, moving = rng.random(6) * 9, rng.random(6) * 9
        allowed, present = rng.random(5) < 0.7, int(rng.integers(-1, 5))
        load = np.where(room < 0.2 * (room + there), 0.0, (queue + moving) @ turning)
        value = served @ load - (served * behind_ratio) @ behind
        may = [s for s in range(5) if allowed[s] or s == present]
        best = max(may, key=lambda s: value[s]) if may else present
        got = heaviest_stage(
            served,
            turning,
            queue,
            moving,
            behind_ratio,
            behind,
            there,
            room,
            0.2,
            allowed,
            present,
        )
        assert got == best


def test_unseen_links_count_as_empty(crossroads: Callable[..., Site], state_of: Make) -> None:
    site = crossroads()
    state = state_of(site, 3)
    assert np.isnan(state.halted_downstream_veh).all()
    assert np.isnan(state.room_veh).all()
    wait_on(state, N2=1.0)
    chooser = StageChooser(
        site, receiving_ratio(site), least_room_ratio=0.1, hold_s=5.0, every_s=5.0, reason="test"
    )
    assert state.stages[chooser.choose(state).stage].id == "26"
