"""The policy decides as its network prices, within what is allowed, known and not strange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from greenband.benchmarks.run import simulate
from greenband.controllers.catalogue import find
from greenband.controllers.policy_file import Policy, save_policy
from greenband.controllers.policy_guard import Guard, guard_for
from greenband.controllers.policy_network import Network
from greenband.controllers.rolling_horizon import RollingHorizon
from greenband.controllers.stage_features import (
    LANE_FEATURES,
    N_HOLDS,
    STAGE_FEATURES,
    STAYS,
    Seen,
    StageFeatures,
    cost_by_stage,
)
from greenband.controllers.stage_policy import StagePolicy
from greenband.engine.frame import State
from greenband.engine.site import Site

from .policies import drawn_network, drawn_seen


@pytest.fixture
def state(crossroads: Callable[..., Site], state_of: Callable[..., State]) -> State:
    """Its first stage is green, and somebody waits in the second and the third."""
    state = state_of(crossroads(), 0, 20.0)
    state.queue_veh[[1, 3]] = 3.0
    state.waiting_s[[1, 3]] = 10.0
    state.calls[[1, 3]] = True
    return state


@pytest.fixture
def quiet(state: State) -> State:
    """Somebody comes in the present stage, and fewer wait elsewhere."""
    state.queue_veh[:] = 0.0
    state.queue_veh[3] = 1.0
    state.queue_veh[[0, 4]] = 6.0
    return state


class Fixed(Network):
    """Prices that are what a test says."""

    def __new__(cls, prices: list[float]) -> Fixed:
        return object.__new__(cls)

    def __init__(self, prices: list[float]) -> None:
        object.__setattr__(self, "fixed", prices)

    def prices(self, seen: Seen) -> np.ndarray:
        return np.array(self.fixed)  # type: ignore[attr-defined]


NEVER = Guard(np.zeros(1), np.zeros((1, 1)), -1.0)


def test_features_are_rows_of_lanes_and_stages(state: State) -> None:
    seen = StageFeatures(state.site).seen(state)
    assert seen.lanes.shape == (len(state.site.lanes), len(LANE_FEATURES))
    assert seen.stages.shape == (len(state.stages), len(STAGE_FEATURES))
    lane = dict(zip(LANE_FEATURES, seen.lanes[1].tolist(), strict=True))
    assert lane["queue"] == pytest.approx(0.3)
    assert lane["trust"] == state.trust_ratio[1]
    stage = dict(zip(STAGE_FEATURES, seen.stages[0].tolist(), strict=True))
    assert stage["present"] == 1.0
    assert stage["green"] == pytest.approx(20.0 / 30.0)
    assert seen.stages[:, STAGE_FEATURES.index("present")].sum() == 1.0


def test_relations_are_the_parts_that_a_stage_serves(state: State) -> None:
    seen = StageFeatures(state.site).seen(state)
    serves, gives_way, stays = seen.relations
    # each lane of these crossroads is served by one stage, wholly
    assert serves.sum(axis=0) == pytest.approx(np.ones(len(state.site.lanes)))
    assert gives_way.max() == 0.0
    assert stays[0] == pytest.approx(serves[0])
    assert stays[1:].max() == 0.0


def test_costs_are_compared_beyond_the_cheapest(state: State) -> None:
    costs = np.full(N_HOLDS + 4, np.inf)
    costs[0], costs[STAYS], costs[N_HOLDS + 1], costs[N_HOLDS + 2] = 60.0, 90.0, 50.0, 70.0
    seen = StageFeatures(state.site).seen(state, costs)
    assert seen.cost_veh_s[:3].tolist() == [40.0, 0.0, 20.0]
    assert seen.choices.tolist() == [True, True, True, False]
    by_stage, soon = cost_by_stage(costs, 0)
    assert (by_stage[0], soon) == (90.0, 60.0)


def test_it_goes_where_the_price_is_least(state: State) -> None:
    for best in (1, 2, 3):
        prices = [1.0] * 4
        prices[best] = 0.0
        policy = StagePolicy(state.site, Fixed(prices), margin_veh_s=0.0)
        request = policy.decide(state)
        assert policy.asked_s == 1
        if np.isfinite(policy.outlook.costs[N_HOLDS + best]):
            assert request.stage == best
            assert request.reason.startswith("policy: ")


def test_it_stays_where_that_is_priced_least(quiet: State) -> None:
    assert RollingHorizon(quiet.site).decide(quiet).stage == 0
    assert StagePolicy(quiet.site, Fixed([0.0, 1.0, 1.0, 1.0])).decide(quiet).stage == 0


def test_it_has_to_be_sure(quiet: State) -> None:
    prices = [1.0, 0.0, 1.0, 1.0]  # 40 vehicle-seconds less
    policy = StagePolicy(quiet.site, Fixed(prices), margin_veh_s=50.0)
    assert policy.decide(quiet).stage == 0
    policy = StagePolicy(quiet.site, Fixed(prices), margin_veh_s=30.0)
    assert policy.decide(quiet).stage == (0 if policy._is_early(0) else 1)


def test_no_change_is_put_off_that_the_look_ahead_wants_now(state: State) -> None:
    assert RollingHorizon(state.site).decide(state).stage == 1
    assert StagePolicy(state.site, Fixed([0.0, 9.0, 8.0, 9.0])).decide(state).stage in (1, 2)


def test_timing_is_left_to_the_look_ahead(state: State) -> None:
    # a platoon of the present stage is a second away: to wait for it is cheaper than to go now
    state.queue_veh[:] = 0.0
    state.queue_veh[1] = 1.0
    policy = StagePolicy(state.site, Fixed([1.0, 0.0, 1.0, 1.0]))
    policy.decide(state)
    costs = policy.outlook.costs
    by_stage, soon = cost_by_stage(costs, 0)
    by_stage[0] = np.inf
    assert policy._is_early(0) == (soon < by_stage.min())


def test_what_is_strange_is_left_to_rolling_horizon_and_counted(state: State) -> None:
    policy = StagePolicy(state.site, Fixed([0.0, 1.0, 1.0, 1.0]), guard_for_nothing())
    reference = RollingHorizon(state.site)
    assert policy.decide(state).stage == reference.decide(state).stage
    assert (policy.guarded_s, policy.asked_s) == (1, 1)


def guard_for_nothing() -> Guard:
    guard = guard_for(drawn_seen(4, 3, k) for k in range(50))
    return replace(guard, limit=-1.0)


def test_without_a_network_it_is_rolling_horizon(state: State) -> None:
    policy, reference = StagePolicy(state.site), RollingHorizon(state.site)
    assert policy.decide(state) == reference.decide(state)


def test_while_the_signal_changes_nothing_is_asked(state: State) -> None:
    state.changing = True
    policy = StagePolicy(state.site, Fixed([1.0, 0.0, 1.0, 1.0]))
    assert policy.decide(state).stage == 0
    assert policy.asked_s == 0


def test_a_file_drives_a_street_and_says_how_often_it_was_guarded(
    small_scenario: Path, tmp_path: Path
) -> None:
    guard = guard_for(drawn_seen(4, 3, k) for k in range(50))
    quiet = replace(drawn_network(), cost_weight=np.array([1000.0], np.float32))
    results = {}
    for name, limit in (("never", -1.0), ("always", 1e9)):
        path = tmp_path / f"{name}.npz"
        save_policy(Policy(quiet, replace(guard, limit=limit)), path)
        results[name] = simulate(small_scenario, str(path), league="resco")
    assert results["always"].guarded_s == 0
    assert results["never"].guarded_s is not None
    assert results["never"].guarded_s > 20
    plain = simulate(small_scenario, "rolling-horizon", league="resco")
    assert results["never"].measures.delay_s == plain.measures.delay_s
    assert plain.guarded_s is None


def test_the_catalogue_has_it() -> None:
    entry = find("policy")
    assert entry.needs == RollingHorizon.needs
    assert entry.interval_s == 1
