"""The whole training at a small size: resumed to the same end, and refused what it can't do."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is in the extra train")

from greenband.controllers.policy_file import load_policy
from greenband.engine.errors import InputError
from greenband.training.general import Course, train_general
from greenband.training.learner import Learning

COURSE = Course(
    rounds=2, streets=12, seconds=90, every_s=2, seed=3, workers=2, jammed_veh_s=1e9,
    learning=Learning(epochs=2, size=32),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    told: list[str] = []
    trained = train_general(folder, COURSE, told.append)
    assert trained.path == folder / "policy.npz"
    assert trained.samples > 50
    assert np.isfinite(trained.regret.policy_veh_s)
    assert any("round 2 of 2" in line for line in told)
    return folder


def test_its_card_says_how_it_was_made(folder: Path) -> None:
    card = load_policy(str(folder / "policy.npz")).card["trained"]
    assert card["command"] == "greenband train --rounds 2 --streets 12 --seconds 90 --seed 3"
    assert card["course"]["learning"]["epochs"] == 2
    assert card["regret_veh_s"] > 0.0


def test_after_a_stop_it_goes_on_to_the_same_end(folder: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    shutil.copytree(folder, begun)
    for name in ("policy.npz", "policy.toml", "round-1.npz", "round-1.toml"):
        (begun / name).unlink()
    last = sorted((begun / "round-1").glob("*.npz"))[-1]
    last.unlink()
    told: list[str] = []
    trained = train_general(begun, COURSE, told.append)
    assert "round 1: 2 of 2 groups are there" in told
    assert load_policy(str(trained.path)).digest == load_policy(str(folder / "policy.npz")).digest


def test_a_folder_is_for_one_course(folder: Path) -> None:
    with pytest.raises(InputError, match="other options"):
        train_general(folder, replace(COURSE, seed=4), lambda text: None)


def test_too_few_streets_to_measure_on_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more streets"):
        train_general(tmp_path, replace(COURSE, rounds=1, streets=3), lambda text: None)
