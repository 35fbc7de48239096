"""docs/json.md names every key that a command prints, and prints every key that it names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from greenband.benchmarks import make_planned, simulate
from greenband.benchmarks.estimate_errors import Errors
from greenband.benchmarks.explain import Candidate, LaneBelief, Moment
from greenband.benchmarks.policy_evaluation import Evaluation, Figures
from greenband.controllers import list_controllers
from greenband.networks import list_scenarios


@pytest.fixture(scope="module")
def sections(repo_root: Path) -> dict[str, set[str]]:
    """The keys in backticks, by command."""
    text = (repo_root / "docs" / "json.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)
    return {
        name: set(re.findall(r"`([a-z]\w*)`", body))
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.fixture(scope="module")
def measures(repo_root: Path) -> set[str]:
    text = (repo_root / "docs" / "measures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", text, flags=re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def test_simulate(sections: dict[str, set[str]], measures: set[str], small_scenario: Path) -> None:
    printed = simulate(small_scenario).as_dict().keys()
    assert printed == {k for k in printed if k in measures | sections["simulate"]}
    assert measures <= printed | {"audit"}


def test_plan(sections: dict[str, set[str]], repo_root: Path) -> None:
    data = repo_root / "networks" / "data" / "junction"
    printed: dict[str, Any] = make_planned(
        data / "counts.csv", str(data / "sites" / "J.toml")
    ).as_dict()
    inner = set(printed["phases"][0]) | set(printed["lane_groups"][0])
    promised = sections["plan"] - {"ours", "files"}
    assert promised <= printed.keys() | inner
    assert {"site", "name", "site_source"} | promised >= printed.keys()


def test_listings(sections: dict[str, set[str]]) -> None:
    assert set(list_scenarios()[0]) | {"scenarios"} == sections["scenarios"]
    assert set(list_controllers()[0]) | {"controllers"} == sections["controllers"]


def test_doctor(sections: dict[str, set[str]]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "greenband.cli.main", "doctor", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    printed = json.loads(done.stdout)
    assert set(printed) | set(printed["parts"][0]) == sections["doctor"]


def test_policy(sections: dict[str, set[str]]) -> None:
    evaluated = {f.name for kind in (Evaluation, Figures) for f in fields(kind)}
    assert evaluated | {"show", "evaluate", "name", "path", "card"} == sections["policy"]
    promised = {"path", "regret_veh_s", "look_ahead_regret_veh_s", "samples", "streets", "wall_s"}
    assert promised | {"controller", "algorithm", "steps"} == sections["train"]


def test_explain(sections: dict[str, set[str]]) -> None:
    kinds = (Moment, Candidate, LaneBelief)
    told = {f.name for kind in kinds for f in fields(kind)} | {"words", "held"}
    listed = {"sites", "questions", "site", "time_s", "kind"}
    assert told | listed | {"requested", "colours"} == sections["explain"]


def test_estimate(sections: dict[str, set[str]]) -> None:
    printed = {f.name for f in fields(Errors)} | {"runs", "means", "pictures"}
    assert printed == sections["estimate"]
