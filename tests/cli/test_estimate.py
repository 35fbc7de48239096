"""``greenband estimate``: figures for each run, a table, pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Greenband


def test_figures_and_pictures(greenband: Greenband, small_scenario: Path, tmp_path: Path) -> None:
    done = greenband(
        "estimate",
        small_scenario,
        *("--controllers", "longest-queue", "--seeds", "1-2", "--out", tmp_path, "--json"),
    )
    assert done.code == 0, done.err
    found = done.json()
    assert [(r["controller"], r["seed"]) for r in found["runs"]] == [
        ("longest-queue", 1),
        ("longest-queue", 2),
    ]
    mean = found["means"]["small"]
    assert mean["mae"] == pytest.approx(sum(r["mae"] for r in found["runs"]) / 2)
    assert 0.0 < mean["mae"] < mean["true"]
    assert found["pictures"] == [str(tmp_path / f"{small_scenario.stem}-longest-queue.png")] or [
        Path(p).suffix for p in found["pictures"]
    ] == [".png"]


def test_people_get_a_table(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("estimate", small_scenario, "--controllers", "actuated")
    assert done.code == 0, done.err
    assert "small" in done.out
    assert "true" in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())


def test_an_unknown_controller_is_named(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("estimate", small_scenario, "--controllers", "nobody", "--json")
    assert done.code == 2
    assert "nobody" in done.error()["found"] + done.error()["where"]


def test_a_scenario_that_is_not_there_is_bad_input(greenband: Greenband) -> None:
    done = greenband("estimate", "nowhere.sumocfg", "--json")
    assert done.code == 2
    assert done.error()["where"]
