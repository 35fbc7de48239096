"""Plans are made once for the same input, and again when anything of it has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from greenband.benchmarks.plan_cache import cached_plans
from greenband.benchmarks.run import simulate
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import RESCO, STREET
from greenband.networks.scenario import Scenario, load_scenario

PLAN = Plan(site="A0", cycle_s=60.0, stages=(Split(id="a", split_s=25), Split(id="b", split_s=35)))


def test_a_plan_is_made_once_and_kept_whole(small_scenario: Path, tmp_path: Path) -> None:
    made: list[tuple[str, str]] = []

    def make(scenario: Scenario, **how: Any) -> dict[str, Plan]:
        made.append((how["rules"].name, how["demand"]))
        return {"A0": PLAN}

    scenario = load_scenario(small_scenario)

    def ask(**how: Any) -> dict[str, Plan]:
        given: dict[str, Any] = {"rules": RESCO, "scenario": scenario} | how
        return cached_plans(given.pop("scenario"), folder=tmp_path, make=make, **given)

    assert ask() == ask() == {"A0": PLAN}
    assert made == [("resco", "published")]
    ask(demand="resampled")
    ask(rules=STREET)
    ask(scenario=replace(scenario, digest="another"))
    assert len(made) == 4
    assert {p.suffix for p in tmp_path.iterdir()} == {".json"}
    for file in tmp_path.iterdir():
        file.write_text("{broken")
    assert ask() == {"A0": PLAN}
    assert len(made) == 5


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(
    small_scenario: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    scenario = load_scenario(small_scenario)
    plans = cached_plans(
        scenario, rules=RESCO, folder=blocked / "below", make=lambda *_, **__: {"A0": PLAN}
    )
    assert plans == {"A0": PLAN}


def test_simulate_makes_the_plans_that_its_controller_needs(
    small_scenario: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    first = simulate(small_scenario, "plan", league="resco")
    kept = list((tmp_path / "greenband" / "plans").iterdir())
    assert len(kept) == 1
    assert simulate(small_scenario, "plan", league="resco").measures == first.measures
    assert first.audit["violations"] == 0
    assert first.refusals < 10
