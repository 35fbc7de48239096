"""``greenband simulate``: the measures, the forms of output, the options."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from .conftest import Greenband

# What design and docs promise, at least.
MEASURES = {
    "delay_s", "delay_resco_s", "trip_s", "wait_s", "stops", "max_wait_s", "vehicles", "arrived",
    "never_inserted", "unfinished", "collisions", "teleports", "gridlock", "co2_kg",
    "delay_by_movement", "main_street_delay_s", "side_street_delay_s",
}  # fmt: skip
IDENTITY = {
    "scenario", "scenario_digest", "controller", "info", "league", "demand", "seed",
    "sumo_version", "wall_s",
}  # fmt: skip


@pytest.fixture
def measured(greenband: Greenband, small_scenario: Path) -> dict[str, Any]:
    done = greenband("simulate", small_scenario, "--controller", "actuated", "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = done.json()
    return found


def test_json_has_the_measures_and_what_they_are_of(measured: dict[str, Any]) -> None:
    assert measured.keys() >= MEASURES | IDENTITY
    assert (
        measured["arrived"] + measured["unfinished"] + measured["never_inserted"]
        == (measured["vehicles"])
    )
    assert measured["vehicles"] > 50
    assert measured["controller"] == "actuated"
    assert measured["info"] == "loops"
    assert measured["seed"] == 1


def test_a_sumocfg_that_nobody_knows_runs_in_street_rules(measured: dict[str, Any]) -> None:
    assert measured["league"] == "street"
    assert measured["scenario"] == "small"


def test_told_otherwise_it_runs_in_resco_rules(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("simulate", small_scenario, "--league", "resco", "--json")
    assert done.json()["league"] == "resco"


def test_the_help_says_which_rules_hold(greenband: Greenband) -> None:
    shown = " ".join(greenband("simulate", "--help").out.replace("│", " ").split())
    assert "RESCO's scenarios run in resco, everything else in street" in shown


def test_the_same_seed_gives_the_same_measures(
    greenband: Greenband, small_scenario: Path, measured: dict[str, Any]
) -> None:
    again = greenband("simulate", small_scenario, "-c", "actuated", "--json").json()
    other = greenband("simulate", small_scenario, "-c", "actuated", "--seed", "2", "--json").json()
    assert again["delay_s"] == measured["delay_s"]
    assert other["delay_s"] != measured["delay_s"]


def test_people_get_a_table_with_units(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("simulate", small_scenario)
    assert done.code == 0, done.err
    assert "controller program" in done.out
    row = next(line for line in done.out.splitlines() if line.startswith("delay per vehicle"))
    assert row.split()[-1] == "s"
    assert "gridlock" in done.out
    assert "A0" in done.out


def test_carbon_dioxide_on_request(greenband: Greenband, small_scenario: Path) -> None:
    assert greenband("simulate", small_scenario, "--co2", "--json").json()["co2_kg"] > 0.0


def test_plan_counts_by_itself_once(
    greenband: Greenband, small_scenario: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    done = greenband("simulate", small_scenario, "-c", "plan", "--json")
    assert done.code == 0, done.err
    assert "Counting with the loops on seeds 101, 102, 103" in done.err
    assert done.json()["controller"] == "plan"
    again = greenband("simulate", small_scenario, "-c", "plan", "--json")
    assert "Counting" not in again.err
    assert again.json()["delay_s"] == done.json()["delay_s"]


def test_a_record_is_written(greenband: Greenband, small_scenario: Path, tmp_path: Path) -> None:
    file = tmp_path / "record.parquet"
    done = greenband("simulate", small_scenario, "-c", "max-pressure", "--record", file)
    assert done.code == 0, done.err
    assert pl.read_parquet(file).height > 0


def test_seeds_give_each_and_the_medians(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("simulate", small_scenario, "--seeds", "1-3", "--json")
    assert done.code == 0, done.err
    found = done.json()
    delays = sorted(run["delay_s"] for run in found["runs"])
    assert [run["seed"] for run in found["runs"]] == found["seeds"] == [1, 2, 3]
    assert found["median"]["delay_s"] == delays[1]
    assert "3 of 3" in done.err


def test_a_plan_of_ones_own(greenband: Greenband, repo_root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "junction"
    shutil.copytree(repo_root / "networks" / "data" / "junction", folder)
    config = folder / "junction.sumocfg"
    config.write_text(config.read_text().replace("30600", "27120"))
    made = greenband("plan", folder / "counts.csv", "--site", folder / "sites/J.toml", "--json")
    plan = tmp_path / "plan.json"
    plan.write_text(made.out)
    done = greenband("simulate", config, "-c", "plan", "--plan", plan, "--json")
    assert done.code == 0, done.err
    assert done.json()["controller"] == "plan"
    assert "Counting" not in done.err
    wrong = json.loads(made.out) | {"site": "K"}
    plan.write_text(json.dumps(wrong))
    failed = greenband("simulate", config, "-c", "plan", "--plan", plan, "--json")
    assert failed.code == 2
    assert failed.error()["found"] == "site K"


def test_terms_of_use_are_shown_once(greenband: Greenband) -> None:
    if find_spec("sumo_rl") is None:
        pytest.skip("needs the extra scenarios: the RESCO networks")
    first = greenband("simulate", "ingolstadt1", "--json")
    assert "GNU GPL 3.0" in first.err
    assert first.json()["league"] == "resco"
    assert "GNU GPL" not in greenband("simulate", "ingolstadt1", "--json").err


def test_a_plan_for_some_signals_leaves_the_others_their_program(
    greenband: Greenband, small_scenario: Path
) -> None:
    net = small_scenario.with_name("small.net.xml")
    done = greenband("simulate", small_scenario, "-c", "plan", "--plan", f"{net}#A0", "--json")
    assert done.code == 0, done.err
    assert "signal B0 keeps its program: no plan was given for it" in done.json()["warnings"]
    assert list(done.json()["delay_by_movement"]) == ["A0"]


def test_of_two_timings_in_a_file_it_says_which_is_run(
    greenband: Greenband, repo_root: Path, tmp_path: Path
) -> None:
    data = repo_root / "networks" / "data" / "junction"
    old = tmp_path / "old.json"
    counts, site = data / "counts.csv", data / "sites/J.toml"
    old.write_text(greenband("plan", counts, "--site", site, "--json").out)
    both = tmp_path / "both.json"
    both.write_text(greenband("plan", counts, "--site", site, "--timing", old, "--json").out)
    folder = tmp_path / "junction"
    shutil.copytree(data, folder)
    config = folder / "junction.sumocfg"
    config.write_text(config.read_text().replace("30600", "27060"))
    done = greenband("simulate", config, "-c", "plan", "--plan", both)
    assert f"{both} holds two timings: the existing one is run" in done.err
    assert "two timings" not in greenband("simulate", config, "-c", "plan", "--plan", old).err


def test_a_network_with_routes_is_its_sumocfg(greenband: Greenband, small_scenario: Path) -> None:
    net, routes = (small_scenario.with_name(f"small.{kind}.xml") for kind in ("net", "rou"))
    given = greenband(
        "simulate", net, "--routes", routes, "--begin", "100", "--end", "00:06:40", "--json"
    )
    assert given.code == 0, given.err
    whole = greenband("simulate", small_scenario, "--json").json()
    same = {"scenario", "scenario_digest", "begin_s", "end_s", "vehicles", "delay_s", "trip_s"}
    assert {k: given.json()[k] for k in same} == {k: whole[k] for k in same}


def test_a_plan_with_fractions_says_what_green_is_lost(
    greenband: Greenband, small_scenario: Path
) -> None:
    net = small_scenario.with_name("small.net.xml")
    given = ("-c", "plan", "--plan", f"{net}#A0")
    street = greenband("simulate", small_scenario, *given, "--json").json()["warnings"]
    resco = greenband("simulate", small_scenario, *given, "--league", "resco", "--json")
    assert street[0].startswith("A0: phases get less green in each cycle than in the plan")
    assert not any("less green" in w for w in resco.json()["warnings"])
