from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from greenband.controllers.actuated import MAX_GREEN_S, Actuated
from greenband.engine.estimate import Joined
from greenband.engine.frame import State
from greenband.engine.kernels.actuated import STANDING_S
from greenband.engine.site import Site, Stage

from .conftest import show

Make = Callable[..., State]


def call(state: State, *phases: str) -> None:
    state.calls[:] = False
    for p in phases:
        state.calls[state.site.phase_index[p]] = True


def cover(state: State, *detectors: str, gap_s: float = 0.0) -> None:
    names = [d.id for d in state.site.detectors]
    for d in detectors:
        state.gap_s[names.index(d)] = gap_s


def second(controller: Actuated, state: State) -> str:
    """The phases of the requested stage, one second later."""
    state.time_s += 1.0
    return "+".join(state.stages[controller.decide(state).stage].phases)


def changed(site: Site, **keys: dict[str, object]) -> Site:
    rows = [{**p.model_dump(), **keys.get(f"p{p.id}", {})} for p in site.phases]
    return Site.model_validate({**site.model_dump(), "phases": rows})


@pytest.mark.parametrize("rings", [False, True])
class TestBoth:
    """What is the same with stages in a list and with rings."""

    @pytest.fixture
    def site(self, crossroads: Callable[..., Site], rings: bool) -> Site:
        return crossroads(rings=rings)

    @pytest.fixture
    def start(self, rings: bool) -> int:
        """The stage 2+6: the second in the list, and the last of the first barrier group."""
        return 3 if rings else 1

    def test_rests_in_green_without_an_opposing_call(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start, 100.0), Actuated(site)
        call(state, "2", "6")
        for _ in range(200):
            assert second(controller, state) == "2+6"

    def test_gaps_out_to_the_next_called_stage(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start, 10.0), Actuated(site)
        call(state, "4", "8")
        assert second(controller, state) == "4+8"

    def test_keeps_the_minimum_green(self, site: Site, start: int, state_of: Make) -> None:
        state, controller = state_of(site, start, 4.0), Actuated(site)
        call(state, "4", "8")
        assert second(controller, state) == "2+6"
        state.colour_s[:] = 5.0
        assert second(controller, state) == "4+8"

    def test_one_covered_loop_extends_all_that_would_end(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start), Actuated(site)
        call(state, "4", "8")
        cover(state, "stop N2")
        assert second(controller, state) == "2+6"
        cover(state, "stop N2", gap_s=2.0)
        assert second(controller, state) == "4+8"

    def test_an_upstream_vehicle_is_waited_for(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start), Actuated(site)
        call(state, "4", "8")
        cover(state, "up S", gap_s=1.0)
        assert second(controller, state) == "2+6"
        cover(state, "up S", gap_s=2.0)
        assert second(controller, state) == "4+8"

    def test_maxes_out_from_the_first_opposing_call(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start), Actuated(site)
        cover(state, "stop N2")
        state.counts_veh[:] = 1  # one vehicle after the other
        call(state, "2")
        for _ in range(100):
            assert second(controller, state) == "2+6"
        call(state, "2", "4", "8")
        for _ in range(int(MAX_GREEN_S) - 1):
            assert second(controller, state) == "2+6"
        assert second(controller, state) == "4+8"

    def test_a_stated_maximum_and_passage(self, site: Site, start: int, state_of: Make) -> None:
        limits: dict[str, object] = {"max_green_s": 7.0, "passage_s": 4.0}
        own = changed(site, p2=limits, p6=limits)
        state, controller = state_of(own, start), Actuated(own)
        call(state, "4", "8")
        cover(state, "stop N2", gap_s=3.9)
        for _ in range(6):
            assert second(controller, state) == "2+6"
        assert second(controller, state) == "4+8"

    def test_maximum_recall_holds_to_the_maximum(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        own = changed(site, p2={"recall": "max"})
        state, controller = state_of(own, start), Actuated(own)
        call(state, "4", "8")
        for _ in range(int(MAX_GREEN_S) - 1):
            assert second(controller, state) == "2+6"
        assert second(controller, state) == "4+8"

    def test_uncalled_phases_are_skipped(self, site: Site, start: int, state_of: Make) -> None:
        state, controller = state_of(site, start), Actuated(site)
        call(state, "1", "5")
        assert second(controller, state) == "1+5"

    def test_who_stands_on_a_loop_in_green_does_not_extend(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start), Actuated(site)
        call(state, "4", "8")
        cover(state, "stop N2")
        for _ in range(int(STANDING_S) - 1):
            assert second(controller, state) == "2+6"
        assert second(controller, state) == "4+8"
        state.counts_veh[[d.id for d in site.detectors].index("stop N2")] = 1  # the next one
        assert second(controller, state) == "2+6"

    def test_a_broken_loop_extends_to_the_maximum(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start), Actuated(site)
        call(state, "4", "8")
        cover(state, "stop N2")
        state.health[[d.id for d in site.detectors].index("stop N2")] = 1
        for _ in range(int(MAX_GREEN_S) - 1):
            assert second(controller, state) == "2+6"
        assert second(controller, state) == "4+8"

    def test_asks_for_nothing_new_during_a_change(
        self, site: Site, start: int, state_of: Make
    ) -> None:
        state, controller = state_of(site, start), Actuated(site)
        call(state, "4", "8")
        state.changing = True
        assert second(controller, state) == "2+6"


def test_the_list_is_followed_round(crossroads: Callable[..., Site], state_of: Make) -> None:
    site = crossroads()
    state, controller = state_of(site, 2), Actuated(site)
    call(state, "1", "2", "3", "4")
    assert second(controller, state) == "4+8"
    call(state, "1", "2", "3")
    assert second(controller, state) == "1+5"


@pytest.mark.parametrize(("stands", "then"), [("stop S1", "1"), ("stop S2", "4+8"), (None, "4+8")])
def test_who_stands_in_green_gets_what_is_left_of_the_stage(
    crossroads: Callable[..., Site], state_of: Make, stands: str | None, then: str
) -> None:
    """A left turn that oncoming traffic blocks; the through lane is not served by that stage."""
    stages = [("1", "6"), ("1",), ("4", "8"), ("2", "5"), ("3", "7")]
    site = crossroads().model_copy(
        update={"stages": tuple(Stage(id="+".join(s), phases=s) for s in stages)}
    )
    state, controller = state_of(site, 0), Actuated(site)
    call(state, "4", "8")
    if stands:
        cover(state, stands)
        for _ in range(int(STANDING_S) - 1):
            assert second(controller, state) == "1+6"
    assert second(controller, state) == then
    show(state, 1, 10.0)
    assert second(controller, state) == "4+8", "where it can't go even then nobody waits for it"


class TestRings:
    """Each ring moves on by itself within a barrier, all cross it together."""

    @pytest.fixture
    def site(self, crossroads: Callable[..., Site]) -> Site:
        return crossroads(rings=True)

    def stage(self, state: State, *phases: str) -> int:
        return [set(s.phases) for s in state.stages].index(set(phases))

    def test_one_ring_ends_its_left_alone(self, site: Site, state_of: Make) -> None:
        state, controller = state_of(site, 0), Actuated(site)
        call(state, "1", "2", "5", "6")
        cover(state, "stop N1")  # NBL, phase 5, still has vehicles
        assert second(controller, state) == "2+5"

    def test_a_ring_waits_at_the_barrier(self, site: Site, state_of: Make) -> None:
        state = state_of(site, 0)
        at = self.stage(state, "2", "5")
        state, controller = state_of(site, at), Actuated(site)
        call(state, "4", "6", "8")
        assert second(controller, state) == "2+6"
        cover(state, "stop N1")
        assert second(controller, state) == "2+5"

    def test_the_barrier_needs_both_at_once(self, site: Site, state_of: Make) -> None:
        state = state_of(site, 3)
        controller = Actuated(site)
        call(state, "3", "8")
        cover(state, "stop S2")
        assert second(controller, state) == "2+6"
        cover(state, "stop S2", gap_s=9.0)
        assert second(controller, state) == "3+8"

    def test_a_ring_without_a_call_enters_with_its_through(
        self, site: Site, state_of: Make
    ) -> None:
        state, controller = state_of(site, 3), Actuated(site)
        call(state, "3")
        assert second(controller, state) == "3+8"

    def test_back_to_a_left_of_the_same_group(self, site: Site, state_of: Make) -> None:
        state, controller = state_of(site, 3), Actuated(site)
        call(state, "1")
        assert second(controller, state) == "1+6"

    def test_random_calls_always_make_a_stage(self, site: Site, state_of: Make) -> None:
        rng = np.random.default_rng(7)
        state, controller = state_of(site, 0), Actuated(site)
        served: set[str] = set()
        for _ in range(3000):
            state.calls[:] = rng.random(8) < 0.3
            state.gap_s[:] = rng.integers(0, 8, state.gap_s.size)
            state.time_s += 1.0
            stage = controller.decide(state).stage
            changing = state.stage_phases[stage] != state.stage_phases[state.stage]
            state.colour_s[:] = np.where(changing, 1.0, state.colour_s + 1.0)
            state.stage = stage
            state.colour[:] = np.where(state.stage_phases[stage], 2, 0)
            served.add(state.stages[stage].id)
        assert served == {s.id for s in state.stages}


def in_one(states: list[State]) -> Joined:
    """One array for all states, of which theirs are views from now on."""
    names = [f.name for f in dataclasses.fields(Joined)]
    arrays = {n: np.concatenate([getattr(s, n) for s in states]) for n in names}
    for name, array in arrays.items():
        ends = np.cumsum([len(getattr(s, name)) for s in states])
        for state, part in zip(states, np.split(array, ends[:-1]), strict=True):
            setattr(state, name, part)
    return Joined(**arrays)


def shuffle(states: list[State], rng: np.random.Generator) -> None:
    """Any traffic and any colours, some of them amid a change."""
    for state in states:
        state.time_s += 1.0
        state.calls[:] = rng.random(len(state.calls)) < 0.5
        state.gap_s[:] = rng.integers(0, 5, len(state.gap_s))
        state.counts_veh[:] = rng.random(len(state.gap_s)) < 0.3
        state.colour_s += 1.0
        state.changing = bool(rng.random() < 0.2)
        if rng.random() < 0.05:
            show(state, int(rng.integers(len(state.stages))), 0.0)


def test_joined_controllers_decide_as_each_alone(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    sites = [crossroads(rings=rings) for rings in (False, True, False)]
    states = [state_of(site, 1) for site in sites]
    seen = in_one(states)
    alone, joined = ([Actuated(site) for site in sites] for _ in range(2))
    together = Actuated.join(joined, states, seen)
    rng, left = np.random.default_rng(3), 0
    for _ in range(2000):
        shuffle(states, rng)
        asked = [c.decide(s).stage for c, s in zip(alone, states, strict=True)]
        assert [r.stage for r in together()] == asked
        left += sum(stage != state.stage for stage, state in zip(asked, states, strict=True))
    assert left > 500
