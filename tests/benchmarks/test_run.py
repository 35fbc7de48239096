"""Whole runs on a small scenario."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import polars
import pytest

from greenband.benchmarks.run import simulate
from greenband.engine.errors import InputError
from greenband.networks.scenario import load_scenario

CONTRACT = {
    *("delay_s", "delay_resco_s", "trip_s", "wait_s", "stops", "max_wait_s", "vehicles"),
    *("arrived", "never_inserted", "unfinished", "collisions", "teleports", "co2_kg", "gridlock"),
    *("scenario", "scenario_digest", "controller", "info", "league", "demand", "seed"),
    *("sumo_version", "wall_s"),
}


@pytest.mark.parametrize(
    ("controller", "info"),
    [
        ("program", "loops"),
        ("actuated", "loops"),
        ("max-pressure", "full"),
        ("rolling-horizon", "loops"),
        ("rolling-horizon", "area"),
        ("rolling-horizon", "full"),
    ],
)
def test_the_same_run_twice_has_the_same_figures(
    small_scenario: Path, controller: str, info: str
) -> None:
    runs = [simulate(small_scenario, controller, info=info, seed=7) for _ in range(2)]  # type: ignore[arg-type]
    first, second = (asdict(r.measures) for r in runs)
    assert first == second
    assert runs[0].audit == runs[1].audit
    other = simulate(small_scenario, controller, info=info, seed=8)  # type: ignore[arg-type]
    assert asdict(other.measures) != first


def test_the_result_has_all_keys_of_the_contract(small_scenario: Path) -> None:
    result = simulate(small_scenario, "actuated", co2=True).as_dict()
    assert set(result) >= CONTRACT
    assert result["sumo_version"] == "1.28.0"
    assert result["league"] == "street"
    assert result["scenario"] == "small"
    assert isinstance(result["co2_kg"], float)
    assert 1 < result["co2_kg"] < 100
    json.dumps(result)


def test_control_by_loops_beats_the_program_and_breaks_no_rule(small_scenario: Path) -> None:
    program = simulate(small_scenario, "program", league="resco")
    # legality has its price: red clearance, longer yellows, the program's order of stages
    for league, share in (("resco", 0.8), ("street", 1.0)):
        actuated = simulate(small_scenario, "actuated", league=league)  # type: ignore[arg-type]
        assert actuated.audit["violations"] == 0
        assert actuated.measures.delay_s is not None
        assert program.measures.delay_s is not None
        assert actuated.measures.delay_s < share * program.measures.delay_s


def test_resampled_demand_differs_and_repeats(small_scenario: Path) -> None:
    published = simulate(small_scenario, seed=3)
    first = simulate(small_scenario, seed=3, demand="resampled")
    again = simulate(small_scenario, seed=3, demand="resampled")
    assert first.measures == again.measures
    assert first.measures != published.measures
    assert first.scenario_digest == published.scenario_digest


def test_the_record_holds_every_change(small_scenario: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.parquet"
    simulate(small_scenario, "actuated", record=record)
    table = polars.read_parquet(record)
    assert set(table["site"]) == {"A0", "B0"}
    assert set("".join(table["colours"])) == set("RYG")
    assert table["time_s"].is_sorted()
    assert [p.name for p in tmp_path.iterdir()] == ["record.parquet"]


def test_a_controller_that_fails_ends_the_run_and_says_where(
    small_scenario: Path, tmp_path: Path
) -> None:
    law = tmp_path / "law.py"
    law.write_text(
        "class Odd:\n"
        '    """Fails after ten seconds."""\n'
        "    needs, interval_s = frozenset(), 1\n"
        "    def __init__(self, site): self.site = site\n"
        "    def decide(self, state):\n"
        "        if state.time_s > 110: raise KeyError('lost')\n"
        "        from greenband.engine.frame import Request\n"
        "        return Request(stage=state.stage)\n"
    )
    with pytest.raises(InputError, match=r"controller Odd, site A0, second 111.*KeyError: 'lost'"):
        simulate(small_scenario, f"{law}:Odd")
    assert simulate(small_scenario).measures.vehicles > 0  # the next run is not in the way


def test_a_net_without_a_signal_to_control_runs_its_program_only(
    small_scenario: Path, tmp_path: Path
) -> None:
    net = (small_scenario.parent / "small.net.xml").read_text()
    for name in ("left0A0", "A0"):
        assert name in net
    one_stage = net.replace("rrrrGGGgrrrrGGGg", "GGGgrrrrGGGgrrrr")
    one_stage = one_stage.replace("rrrryyyyrrrryyyy", "y" * 16)
    (tmp_path / "small.net.xml").write_text(one_stage)
    (tmp_path / "small.rou.xml").write_text((small_scenario.parent / "small.rou.xml").read_text())
    config = tmp_path / "small.sumocfg"
    config.write_text(small_scenario.read_text())
    with pytest.raises(InputError, match="no signal that can be controlled"):
        simulate(config, "actuated")
    result = simulate(config, "program")
    assert any("A0 keeps its program" in w for w in result.warnings)


def test_vehicles_that_sumo_leaves_out_are_named(small_scenario: Path, tmp_path: Path) -> None:
    for name in ("small.net.xml", "small.sumocfg"):
        (tmp_path / name).write_text((small_scenario.parent / name).read_text())
    (tmp_path / "small.rou.xml").write_text(
        '<routes><vehicle id="a" depart="150"><route edges="left0A0 A0B0"/></vehicle>'
        '<vehicle id="b" depart="120"><route edges="left0A0 A0B0"/></vehicle>'
        '<vehicle id="before" depart="20"><route edges="left0A0 A0B0"/></vehicle></routes>'
    )
    result = simulate(tmp_path / "small.sumocfg")
    assert result.measures.vehicles == 1
    assert result.warnings[0].startswith("1 vehicles of the route files were not simulated")
    assert "the first b" in result.warnings[0]


def test_reds_after_the_last_vehicle_has_left_are_not_remarked_upon(
    small_scenario: Path, tmp_path: Path
) -> None:
    """Traffic of a minute and ten minutes of simulation: the controller rests in one green."""
    routes = (
        '<routes><flow id="a" begin="100" end="160" vehsPerHour="600">'
        '<route edges="left0A0 A0B0 B0right0"/></flow></routes>'
    )
    (tmp_path / "short.rou.xml").write_text(routes)
    net = small_scenario.with_name("small.net.xml")
    short = load_scenario(net, routes=[tmp_path / "short.rou.xml"], begin_s=100, end_s=700)
    found = simulate(short, "actuated")
    assert found.measures.arrived == found.measures.vehicles > 5
    assert found.audit["remarks"] == 0
