"""DQN and PPO of stable-baselines3 on one junction: trained, resumed, run as a controller."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("gymnasium", reason="gymnasium is in the extra train")

from greenband.engine.errors import InputError
from greenband.training import literature

from .conftest import PointStreets


@pytest.fixture
def quiet() -> Iterator[None]:
    """Others' libraries warn of what we don't do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def on_points(streets: PointStreets, monkeypatch: pytest.MonkeyPatch) -> None:
    """The street without SUMO in place of a scenario."""
    monkeypatch.setattr(literature, "ScenarioStreets", lambda scenario, varied: streets)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.usefixtures("quiet", "on_points")
def test_it_is_trained_goes_on_and_decides(algorithm: str, tmp_path: Path) -> None:
    pytest.importorskip("sb3_contrib", reason="sb3-contrib is in the extra train")
    from greenband.controllers.catalogue import find

    told: list[str] = []
    done = literature.study("points", algorithm, tmp_path, steps=40, told=told.append)
    assert done.steps >= 40
    again = literature.study("points", algorithm, tmp_path, steps=done.steps, told=told.append)
    assert again.steps == done.steps
    assert find(f"{done.controller}:policy").interval_s == 5
    assert told


@pytest.mark.usefixtures("on_points")
def test_another_algorithm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ppo, dqn"):
        literature.study("points", "sac", tmp_path)
