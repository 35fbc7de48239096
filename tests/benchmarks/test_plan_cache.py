"""Plans are made once for the same input, and again when anything of it has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from greenband.benchmarks.plan_cache import cached_plans
from greenband.benchmarks.plans import Flows, plans_from_flows
from greenband.benchmarks.run import simulate
from greenband.controllers.plan import DEMAND_RATIO, STARTUP_LOST_S
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import RESCO, STREET
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import Scenario, load_scenario

PLAN = Plan(site="A0", cycle_s=60.0, stages=(Split(id="a", split_s=25), Split(id="b", split_s=35)))

FLOWS: Flows = {"A0": {"lane": 300.0}}


def test_a_plan_is_made_once_and_kept_whole(small_scenario: Path, tmp_path: Path) -> None:
    made: list[tuple[str, str]] = []
    values: list[dict[str, float] | None] = []

    def count(scenario: Scenario, **how: Any) -> Flows:
        made.append((how["rules"].name, how["demand"]))
        return FLOWS

    def make(scenario: Scenario, flows: Flows, **how: Any) -> dict[str, Plan]:
        assert flows == FLOWS
        values.append(how["values"])
        return {"A0": PLAN}

    scenario = load_scenario(small_scenario)

    def ask(**how: Any) -> dict[str, Plan]:
        given: dict[str, Any] = {"rules": RESCO, "scenario": scenario} | how
        return cached_plans(given.pop("scenario"), folder=tmp_path, count=count, make=make, **given)

    assert ask() == ask() == {"A0": PLAN}
    assert made == [("resco", "published")]
    ask(demand="resampled")
    ask(rules=STREET)
    ask(scenario=replace(scenario, digest="another"))
    assert len(made) == len(values) == 4
    ask(values={"cycle_ratio": 1.2})
    ask(values={"cycle_ratio": 1.2})
    assert len(made) == 4  # other plans, from the same counts
    assert values[4:] == [{"cycle_ratio": 1.2}]
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert {p.suffix for p in files} == {".json"}
    for file in files:
        file.write_text("{broken")
    assert ask() == {"A0": PLAN}
    assert len(made) == 5
    for file in files:
        file.write_text("[1]")
    assert ask() == {"A0": PLAN}
    assert len(made) == 6


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(
    small_scenario: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    scenario = load_scenario(small_scenario)
    plans = cached_plans(
        scenario,
        rules=RESCO,
        folder=blocked / "below",
        count=lambda *_, **__: FLOWS,
        make=lambda *_, **__: {"A0": PLAN},
    )
    assert plans == {"A0": PLAN}


def test_simulate_makes_the_plans_that_its_controller_needs(
    small_scenario: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    first = simulate(small_scenario, "plan", league="resco")
    kept = list((tmp_path / "greenband" / "plans").glob("*.json"))
    assert len(kept) == 1
    assert simulate(small_scenario, "plan", league="resco").measures == first.measures
    assert first.audit["violations"] == 0
    assert first.refusals < 10


def test_plans_follow_from_the_same_counts_with_other_values() -> None:
    scenario = load_scenario("junction")
    signals, _ = read_signals(scenario)
    flows = {
        s.signal_id: {lane: 150.0 + 40.0 * k for k, lane in enumerate(s.site.lane_index)}
        for s in signals
    }

    def plan(**values: float) -> Plan:
        return plans_from_flows(scenario, flows, rules=STREET, values=values)[signals[0].signal_id]

    own = plan()
    assert plan(cycle_ratio=1.0, demand_ratio=DEMAND_RATIO, startup_lost_s=STARTUP_LOST_S) == own
    assert plan(cycle_ratio=1.5).cycle_s == round(1.5 * own.cycle_s)
    assert own not in (plan(demand_ratio=1.5), plan(startup_lost_s=5.0))
