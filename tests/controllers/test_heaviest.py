"""max-pressure and longest-queue: the same choice, with and without what lies behind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.controllers.heaviest import LEAST_ROOM_RATIO, LONGEST_WAIT_S, StageChooser
from greenband.controllers.longest_queue import LongestQueue
from greenband.controllers.max_pressure import MaxPressure
from greenband.engine.frame import State
from greenband.engine.kernels.stage_choice import heaviest_stage
from greenband.engine.site import Site
from greenband.engine.stage_loads import (
    giving_way,
    lane_weight,
    receiving_ratio,
    served_movements,
)
from greenband.engine.stages import stages_of

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
        way, weight = rng.random((7, 7)) < 0.1, 1.0 + rng.random(6)
        slower, staying = rng.random(), rng.choice([0.0, 3.0])
        comes = (queue + moving) @ turning
        weighed = (queue + slower * moving) * weight
        load = np.where(room < 0.2 * (room + there), 0.0, weighed @ turning)
        free = np.array([~((way & stage) @ (comes > 0.5)) for stage in served])
        value = (served & free) @ load - (served * behind_ratio) @ behind
        if present >= 0:
            value[present] += staying
        may = [s for s in range(5) if allowed[s] or s == present]
        best = max(may, key=lambda s: value[s]) if may else present
        got = heaviest_stage(
            served,
            way,
            turning,
            queue,
            moving,
            weight,
            behind_ratio,
            behind,
            there,
            room,
            0.2,
            allowed,
            present,
            slower,
            staying,
        )
        assert got == best


@pytest.mark.parametrize("law", LAWS)
class TestDeadlocks:
    """What kept two signals 12 m apart from locking each other, one rule at a time."""

    def test_who_gives_way_to_somebody_does_not_count(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = _with_a_stage_for_all_of_the_street(crossroads())
        state = state_of(site, 1)
        wait_on(state, N1=9.0, S2=3.0, E2=5.0)
        assert asked(law(site), state) == "15"
        state = state_of(site, 4)
        wait_on(state, N1=9.0, S2=3.0)
        assert asked(law(site), state) == "15"

    def test_he_counts_for_that_even_where_he_can_not_go_on(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = _with_a_stage_for_all_of_the_street(crossroads())
        state = state_of(site, 4)
        wait_on(state, N1=2.0, S2=9.0)
        full = [site.movement_index[m] for m in ("SBT", "SBR")]
        state.downstream_veh[full], state.room_veh[full] = 20.0, 0.0
        assert asked(law(site), state) == "15"

    def test_a_full_short_link_counts_as_a_full_long_one(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        assert lane_weight(site).tolist() == [1.0] * len(site.lanes)
        rows = [a.model_dump() for a in site.approaches]
        for lane in rows[0]["lanes"]:
            lane["length_m"] = 25.0
        short = Site.model_validate({**site.model_dump(), "approaches": rows})
        state = state_of(short, 3)
        state.queue_veh[short.lane_index[rows[0]["lanes"][0]["id"]]] = 2.0
        state.queue_veh[short.lane_index["E2"]] = 9.0
        assert asked(law(short), state) != "48"

    def test_who_has_waited_longest_comes_first(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state = state_of(site)
        wait_on(state, N2=9.0, E1=1.0, E2=4.0)
        state.waiting_s[site.phase_index["3"]] = LONGEST_WAIT_S + 2.0
        state.waiting_s[site.phase_index["4"]] = LONGEST_WAIT_S + 1.0
        assert asked(law(site), state) == "37"
        state.waiting_s[:] = LONGEST_WAIT_S
        assert asked(law(site), state) == "26"

    def test_but_not_where_the_gate_does_not_allow_it(
        self, crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
    ) -> None:
        site = crossroads()
        state = state_of(site)
        wait_on(state, N2=9.0)
        state.waiting_s[site.phase_index["3"]] = LONGEST_WAIT_S + 1.0
        for s, stage in enumerate(state.stages):
            state.allowed[s] &= "3" not in stage.phases
        assert asked(law(site), state) == "26"


def _with_a_stage_for_all_of_the_street(site: Site) -> Site:
    """One more stage, in which the lefts of the main street give way to the opposing through."""
    bearings = dict(zip("NESW", (0.0, 90.0, 180.0, 270.0), strict=True))
    approaches = [{**a.model_dump(), "bearing_deg": bearings[a.id]} for a in site.approaches]
    stages = [
        *(s.model_dump() for s in stages_of(site)),
        {"id": "1256", "phases": ("1", "2", "5", "6")},
    ]
    return Site.model_validate({**site.model_dump(), "approaches": approaches, "stages": stages})


def test_whom_a_left_gives_way_to(crossroads: Callable[..., Site]) -> None:
    site = _with_a_stage_for_all_of_the_street(crossroads())
    table = giving_way(site)
    left = table[site.movement_index["NBL"]]
    assert {m.id for m, way in zip(site.movements, left, strict=True) if way} == {"SBT", "SBR"}
    assert not table[site.movement_index["NBT"]].any()


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


@pytest.mark.parametrize("law", LAWS)
def test_joined_controllers_decide_as_each_alone(
    crossroads: Callable[..., Site], state_of: Make, law: type[LongestQueue]
) -> None:
    sites = [crossroads() for _ in range(3)]
    states = [state_of(site) for site in sites]
    alone = [law(site) for site in sites]
    together = law.join([law(site) for site in sites], states, states[0])
    rng, asked_for = np.random.default_rng(5), set()
    for _ in range(500):
        for state in states:
            state.time_s += 1.0
            state.queue_veh[:] = rng.integers(0, 9, len(state.queue_veh))
            state.changing = bool(rng.random() < 0.1)
            if rng.random() < 0.05:
                state.stage = int(rng.integers(len(state.stages)))
        stages = [c.decide(s).stage for c, s in zip(alone, states, strict=True)]
        assert [r.stage for r in together()] == stages
        asked_for.add(tuple(stages))
    assert len(asked_for) > 20
