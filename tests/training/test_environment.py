"""The environments do what Gymnasium and PettingZoo ask of them, over any street."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="gymnasium is in the extra train")
pytest.importorskip("pettingzoo", reason="pettingzoo is in the extra train")

from gymnasium.utils.env_checker import check_env

from greenband.engine.errors import InputError
from greenband.engine.site import Site
from greenband.training.environment import SiteEnv, StreetEnv
from greenband.training.streets import ScenarioStreets, Varied
from greenband.training.terms import Terms, Weights

from .conftest import PointStreets


def played(env: SiteEnv, seed: int, steps: int = 8) -> list[Any]:
    seen, info = env.reset(seed=seed)
    rng = np.random.default_rng(1)
    kept = [seen.tolist(), info["time_s"]]
    for _ in range(steps):
        seen, reward, _, over, info = env.step(np.int64(rng.integers(4)))
        kept += [seen.tolist(), reward, over, info["terms"], info["action_mask"].tolist()]
    return kept


def test_gymnasium_finds_nothing(streets: PointStreets) -> None:
    check_env(SiteEnv(streets), skip_render_check=True)


def test_pettingzoo_finds_nothing(two_sites: PointStreets) -> None:
    from pettingzoo.test import parallel_api_test, parallel_seed_test

    env = StreetEnv(two_sites)
    assert env.possible_agents == ["first", "second"]
    assert [env.action_space(a).n for a in env.possible_agents] == [4, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what it only recommends
        parallel_api_test(env, num_cycles=40)
        parallel_seed_test(lambda: StreetEnv(two_sites), num_cycles=12)


def test_a_seed_gives_the_same_episodes_and_another_others(streets: PointStreets) -> None:
    env = SiteEnv(streets)
    first, again, other = played(env, 5), played(env, 5), played(env, 6)
    assert first == again
    assert first != other
    assert streets.opened[1] == streets.opened[2] != streets.opened[3]


def test_a_street_is_given_back_before_the_next(streets: PointStreets) -> None:
    env = SiteEnv(streets)
    assert streets.running == 0
    for _ in range(3):
        env.reset()
        assert streets.running == 1
    env.close()
    env.close()
    assert streets.running == 0


def test_a_reward_is_the_sum_of_its_terms_by_their_weights(streets: PointStreets) -> None:
    weights = Weights(delay=0.5, stop=3.0, longest_wait=2.0, spillback=7.0, fairness=0.25)
    env = SiteEnv(streets, weights=weights)
    env.reset(seed=1)
    totals = Terms()
    for _ in range(10):
        _, reward, _, _, info = env.step(np.int64(0))
        terms = Terms(**info["terms"])
        assert reward == pytest.approx(terms.reward(weights))
        totals.delay += terms.delay
        totals.fairness += terms.fairness
    assert totals.delay > 0
    assert totals.fairness > 0


def test_the_mask_is_what_the_gate_allows(streets: PointStreets) -> None:
    env = SiteEnv(streets, interval_s=1)
    _, info = env.reset(seed=1)
    masks = [info["action_mask"]]
    for k in range(20):
        _, _, _, _, info = env.step(np.int64(0 if k < 10 else 1))
        masks.append(info["action_mask"])
        assert (env.action_masks() == info["action_mask"].astype(bool)).all()
    assert any(m.sum() == 1 for m in masks)  # within the minimum green only the present stage
    assert any(m.all() for m in masks)


def test_an_episode_ends_with_its_street_or_its_steps(streets: PointStreets) -> None:
    def length(env: SiteEnv) -> int:
        env.reset(seed=1)
        for k in range(100):
            _, _, ended, over, _ = env.step(np.int64(0))
            assert not ended
            if over:
                return k + 1
        return 0

    assert length(SiteEnv(streets)) == 12
    assert length(SiteEnv(streets, most_steps=3)) == 3


def test_many_sites_are_all_truncated_at_the_end(two_sites: PointStreets) -> None:
    env = StreetEnv(two_sites, interval_s=20)
    env.reset(seed=3)
    overs = []
    while env.agents:
        _, rewards, ended, over, infos = env.step({"first": 0, "second": 1})
        assert set(rewards) == set(infos) == {"first", "second"}
        assert not any(ended.values())
        overs.append(set(over.values()))
    assert overs == [{False}, {False}, {True}]


@pytest.mark.parametrize("site", ["", "third", "first"])
def test_one_site_of_many_has_to_be_meant(site: str, two_sites: PointStreets) -> None:
    with pytest.raises(InputError, match="environment, site"):
        SiteEnv(two_sites, site)


def test_an_interval_is_a_second_at_least(streets: PointStreets) -> None:
    with pytest.raises(InputError, match="interval_s"):
        SiteEnv(streets, interval_s=0)


def test_in_sumo_too_a_seed_gives_the_same_episode(small_scenario: Path) -> None:
    varied = Varied(faulty_ratio=0.2, latency_s=2)
    env = StreetEnv(ScenarioStreets(small_scenario, varied), interval_s=10)

    def kept(seed: int) -> list[Any]:
        seen, _ = env.reset(seed=seed)
        rows = [{a: s.tolist() for a, s in seen.items()}]
        for k in range(12):
            seen, rewards, _, _, _ = env.step(dict.fromkeys(env.agents, k // 3 % 2))
            rows.append({a: (s.tolist(), rewards[a]) for a, s in seen.items()})
        return rows

    try:
        first = kept(4)
        assert kept(4) == first
        assert kept(5) != first
    finally:
        env.close()


def test_what_is_drawn_varies_within_its_bounds() -> None:
    varied = Varied(faulty_ratio=0.3, latency_s=2)
    drawn = [varied.drawn(np.random.default_rng(seed)) for seed in range(60)]
    assert {d.latency_s for d in drawn} == {0, 1, 2}
    assert 0.2 < max(d.detectors_ratio for d in drawn) <= 0.3
    assert min(d.detectors_ratio for d in drawn) == 0.0
    assert Varied().drawn(np.random.default_rng(1)).of_detectors is False


def test_terms_count_what_they_say(crossroads: Callable[..., Site], streets: PointStreets) -> None:
    env = SiteEnv(streets, interval_s=1)
    env.reset(seed=2)
    state = env._state()
    meter = env._episodes._meters[state.site.id]
    meter.taken()
    state.queue_veh[:] = 0.0
    meter.second(state)
    state.queue_veh[0], state.waiting_s[3] = 12.0, 240.0
    meter.taken()
    meter.second(state)
    terms = meter.taken()
    assert terms.delay == terms.stop == 12.0
    assert terms.longest_wait == pytest.approx(1.0)
    assert terms.spillback == 1.0  # a bay of 60 m has room for 8
    assert terms.fairness > 0
