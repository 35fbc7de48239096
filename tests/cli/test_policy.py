"""``greenband train`` and ``greenband policy``: what they print, and what they refuse."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pytest

from greenband.benchmarks.policy_evaluation import Evaluation, Figures
from greenband.controllers.policy_file import load_policy, policy_path

from .conftest import Greenband


def test_a_card_is_shown(greenband: Greenband) -> None:
    data = greenband("policy", "show", "--json").json()
    assert data["name"] == "general"
    assert data["card"]["digest"] == load_policy().digest
    assert load_policy().digest in greenband("policy", "show", "general").out


def test_a_policy_that_is_not_there(greenband: Greenband, tmp_path: Path) -> None:
    failed = greenband("policy", "show", "nobody", "--json")
    assert failed.code == 2
    assert "general" in failed.error()["allowed"]
    assert greenband("policy", "evaluate", str(tmp_path / "x.npz"), "--json").code == 2


def test_it_is_measured_and_its_card_written(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    for ending in (".npz", ".toml"):
        shutil.copy(policy_path("general").with_suffix(ending), tmp_path / f"mine{ending}")
    name = str(tmp_path / "mine.npz")
    given = ("--scenarios", str(small_scenario), "--seeds", "1-2", "--workers", "1", "--write")
    done = greenband("policy", "evaluate", name, *given, "--json")
    data = done.json()
    assert data.keys() == {f.name for f in fields(Evaluation)}
    assert data["figures"][0].keys() == {f.name for f in fields(Figures)}
    assert done.code == int(data["figures"][0]["difference_low_s"] > 0.0)
    assert "4 of 4" in done.err
    assert load_policy(name).card["measured"][-1]["seeds"] == [1, 2]


def test_people_get_a_table(
    greenband: Greenband, monkeypatch: pytest.MonkeyPatch, small_scenario: Path
) -> None:
    figures = Figures("small", 10.0, 9.0, 11.0, 9.5, 0.5, 0.1, 0.9, 0.01, 0, (3,), (), 0.02, 0, 0.1)
    found = Evaluation("general", "ab", "actuated", "loops", "published", "resco", (3,), (figures,))
    monkeypatch.setattr(
        "greenband.benchmarks.policy_evaluation.evaluate_policy", lambda *a, **k: found
    )
    done = greenband("policy", "evaluate", "--scenarios", str(small_scenario))
    assert done.code == 1  # it is worse, clear of chance
    assert "+0.50" in done.out
    assert "gridlocked with seeds (3,)" in done.out
    assert "guarded for 2.0 %" in done.out


def test_training_needs_its_options_together(greenband: Greenband, tmp_path: Path) -> None:
    failed = greenband("train", "--out", str(tmp_path), "--algorithm", "dqn", "--json")
    assert failed.code == 2
    assert "--scenario" in failed.error()["found"]


def test_training_says_what_it_made(
    greenband: Greenband, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="torch is in the extra train")
    from greenband.training import general
    from greenband.training.learner import Regret

    asked: list[general.Course] = []

    def train(folder: Path, course: general.Course, told: object) -> general.Trained:
        asked.append(course)
        return general.Trained(folder / "policy.npz", Regret(1.5, 3.0), 1000, 20, 60.0)

    monkeypatch.setattr(general, "train_general", train)
    given = ("--out", str(tmp_path), "--rounds", "1", "--streets", "20", "--seed", "9")
    data = greenband("train", *given, "--json").json()
    assert data["path"] == str(tmp_path / "policy.npz")
    assert (data["regret_veh_s"], data["look_ahead_regret_veh_s"]) == (1.5, 3.0)
    assert (asked[0].rounds, asked[0].streets, asked[0].seed) == (1, 20, 9)
    assert "1.50 vehicle-seconds" in greenband("train", *given).out


def test_training_one_scenario_says_how_to_run_it(
    greenband: Greenband, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is in the extra train")
    from greenband.training import literature

    made = SimpleNamespace(
        path=tmp_path / "ppo.zip", controller=tmp_path / "ppo_policy.py", algorithm="ppo",
        steps=10, wall_s=1.0,
    )  # fmt: skip
    monkeypatch.setattr(literature, "study", lambda *a, **k: made)
    done = greenband("train", "--scenario", "cologne1", "--out", str(tmp_path), "--json")
    assert json.loads(done.out)["controller"] == f"{made.controller}:policy"
    assert "--controller" in greenband("train", "--scenario", "cologne1").out
