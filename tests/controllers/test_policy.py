"""Policies: what they are given, and what becomes of what they answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenband.controllers.catalogue import find
from greenband.controllers.observations import LONG_S, NEEDS, observation, observation_names
from greenband.controllers.policy import PolicyController
from greenband.engine.errors import InputError
from greenband.engine.frame import State
from greenband.engine.site import Site

FILE = '''
import numpy as np

class Model:
    """Like a model of stable-baselines3."""
    def __init__(self, stage):
        self.stage = stage
    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.array(self.stage + deterministic), None

class Own(Model):
    """Made for each site."""
    interval_s = 7
    def __init__(self, site):
        super().__init__(len(site.phases) - 8)

def trained(site):
    """Loads one for the site."""
    return Model(2)

def fewest(observation):
    return int(observation[:4].argmin())

ready = Model(0)

def unclear(x):
    return 0

class Broken:
    def __init__(self, site):
        1 / 0
    def predict(self, observation):
        return 0
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def state(crossroads: Callable[..., Site], state_of: Callable[..., State]) -> State:
    return state_of(crossroads(), 1, 30.0)


def named(state: State) -> dict[str, float]:
    seen = observation(state)
    assert seen.dtype == np.float32
    return dict(zip(observation_names(state.site), seen.tolist(), strict=True))


def test_each_number_of_an_observation_is_what_its_name_says(state: State) -> None:
    state.waiting_s[2], state.calls[2] = 60.0, True
    state.queue_veh[0], state.moving_veh[1] = 5.0, 99.0
    state.allowed[3] = False  # the gate of these tests gives its own array
    seen = named(state)
    stages, phases = [s.id for s in state.stages], [p.id for p in state.site.phases]
    lanes = [lane.id for approach in state.site.approaches for lane in approach.lanes]
    assert [seen[f"stage {s}"] for s in stages] == [0, 1, 0, 0]
    assert [seen[f"allowed {s}"] for s in stages] == [1, 1, 1, 0]
    greens = [seen[f"green {p}"] for p in phases]
    assert greens == [30.0 / LONG_S * green for green in state.stage_phases[1]]
    assert (seen[f"waiting {phases[2]}"], seen[f"call {phases[2]}"]) == (0.5, 1.0)
    assert seen[f"queue {lanes[0]}"] == pytest.approx(0.2)
    assert seen[f"moving {lanes[1]}"] == 1.0  # nothing is above 1
    assert seen["changing"] == 0.0


def test_an_observation_is_a_copy(state: State) -> None:
    before = observation(state)
    kept = before.copy()
    state.queue_veh[:] = 9.0
    assert (before == kept).all()


@pytest.mark.parametrize(
    ("name", "stage", "interval_s"),
    [("Own", 1, 7), ("trained", 3, 5), ("fewest", 0, 5), ("ready", 1, 5)],
)
def test_each_form_of_a_policy_decides(
    name: str, stage: int, interval_s: int, file: Path, state: State
) -> None:
    entry = find(f"{file}:{name}")
    assert (entry.interval_s, entry.needs) == (interval_s, NEEDS)
    controller = entry.make(state.site)
    assert type(controller).__name__ == name
    assert controller.decide(state).stage == stage  # a model's, one higher: it is deterministic


def test_a_policy_that_asks_for_it_gets_the_mask_and_its_memory(state: State) -> None:
    state.allowed[2] = False
    told: list[tuple[Any, ...]] = []

    def predict(observation: Any, state: Any, episode_start: Any, action_masks: Any) -> Any:
        told.append((state, episode_start.tolist(), action_masks.tolist()))
        return np.array([1]), "memory"

    controller = PolicyController(predict)
    controller.decide(state)
    controller.decide(state)
    mask = [True, True, False, True]
    assert told == [(None, [True], mask), ("memory", [False], mask)]


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (4, "stages 0 to 3"),
        (-1, "action -1"),
        (0.5, "whole"),
        ([0, 1], "whole"),
        (None, "whole"),
        (float("nan"), "whole"),
        ("1", "whole"),
        (True, "whole"),
    ],
)
def test_an_action_that_is_no_stage_is_an_error(action: Any, reason: str, state: State) -> None:
    with pytest.raises(ValueError, match=reason):
        PolicyController(lambda observation: action).decide(state)


def test_a_whole_float_is_a_stage(state: State) -> None:
    assert PolicyController(lambda observation: np.float32(2.0)).decide(state).stage == 2


def test_a_function_has_to_say_what_it_does(file: Path) -> None:
    with pytest.raises(InputError, match="whose first parameter is x"):
        find(f"{file}:unclear")


def test_what_can_not_be_made_is_named_with_its_site(file: Path, state: State) -> None:
    with pytest.raises(InputError, match=r"Broken, site crossroads: .*ZeroDivisionError"):
        find(f"{file}:Broken").make(state.site)
