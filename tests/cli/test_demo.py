"""``greenband demo``: a table, a page, and the same as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Done, Greenband


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def done(greenband: Greenband, shared_folder: Path) -> Done:
    return greenband("demo", "--out", shared_folder / "pages", "--seeds", "1", "--json")


def test_a_plan_for_the_junction_beats_what_it_had(done: Done) -> None:
    assert done.code == 0, done.err
    found = done.json()
    page = Path(found["page"])
    assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert {p.name for p in page.parent.iterdir()} == {page.name, "plan.json"}
    assert found["plan"]["control_delay_s"] < found["existing"]["control_delay_s"]
    before, plan, actuated = found["cases"]
    assert [c["controller"] for c in found["cases"]] == ["program", "plan", "actuated"]
    assert plan["median"]["delay_s"] < before["median"]["delay_s"]
    assert actuated["median"]["collisions"] == plan["median"]["collisions"] == 0
    assert {run["seed"] for case in found["cases"] for run in case["runs"]} == {1}
    assert "3 of 3" in done.err
    # who pays for it, and what the plan takes for granted, are said beside the gain
    assert all(w["after_s"] - w["before_s"] >= 1.0 for w in plan["worse"])
    words = page.read_text(encoding="utf-8")
    assert all(f"{w['who']} ({w['before_s']:.0f} to " in words for w in plan["worse"])
    assert "sneakers_veh" in words
    assert len(found["assumptions"]) == 3


def test_seeds_that_are_none(greenband: Greenband, tmp_path: Path) -> None:
    failed = greenband("demo", "--out", tmp_path / "x", "--seeds", "none", "--json")
    assert failed.code == 2
    assert failed.error()["where"] == "--seeds"
    assert not (tmp_path / "x").exists()
