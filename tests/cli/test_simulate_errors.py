"""What ``greenband simulate`` says of bad input: message and exit code, as text and as JSON."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import sumo

from .conftest import Greenband


def config_of(folder: Path, net: Path, routes: str) -> Path:
    path = folder / "own.sumocfg"
    path.write_text(
        f'<configuration><input><net-file value="{net}"/><route-files value="{routes}"/></input>'
        '<time><begin value="0"/><end value="60"/></time></configuration>'
    )
    return path


def test_an_unknown_scenario(greenband: Greenband) -> None:
    done = greenband("simulate", "atlantis", "--json")
    assert done.code == 2
    error = done.error()
    assert "atlantis" in error["where"]
    assert "junction" in error["allowed"]
    assert "cologne1" in error["allowed"]
    assert "greenband scenarios" in error["do"]


def test_a_sumocfg_that_is_not_there(greenband: Greenband, tmp_path: Path) -> None:
    done = greenband("simulate", tmp_path / "lost.sumocfg", "--json")
    assert done.code == 2
    assert "lost.sumocfg" in done.error()["where"]


def test_a_routes_file_that_is_not_there(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    config = config_of(tmp_path, small_scenario.with_name("small.net.xml"), "lost.rou.xml")
    done = greenband("simulate", config, "--json")
    assert done.code == 2
    error = done.error()
    assert "lost.rou.xml" in error["where"] + error["found"]


def test_a_net_without_signals(greenband: Greenband, tmp_path: Path) -> None:
    net = tmp_path / "plain.net.xml"
    subprocess.run(
        [
            str(Path(sumo.SUMO_HOME) / "bin" / "netgenerate"),
            *("--grid", "--grid.number=2", "--grid.length=100", "-o", str(net)),
        ],
        check=True,
        capture_output=True,
    )
    (tmp_path / "r.rou.xml").write_text(
        '<routes><trip id="a" depart="1" from="A0A1" to="B1B0"/></routes>'
    )
    config = config_of(tmp_path, net, "r.rou.xml")
    done = greenband("simulate", config, "--controller", "actuated", "--json")
    assert done.code == 2
    error = done.error()
    assert "no traffic signals" in error["found"]
    assert "at least one signal" in error["allowed"]
    assert "netconvert" in error["do"]


def test_an_unknown_controller(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("simulate", small_scenario, "--controller", "oracle", "--json")
    assert done.code == 2
    error = done.error()
    assert "oracle" in error["found"]
    assert "actuated" in error["allowed"]


def test_a_controller_file_without_the_class(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text("class Mine:\n    pass\n")
    done = greenband("simulate", small_scenario, "-c", f"{file}:Mine", "--json")
    assert done.code == 2
    assert "no needs" in done.error()["found"]


def test_an_unknown_option(greenband: Greenband) -> None:
    done = greenband("simulate", "junction", "--speed", "2", "--json")
    assert done.code == 2
    error = done.error()
    assert "--speed" in error["found"]
    assert error["do"] == "See greenband simulate --help."


@pytest.mark.parametrize("option", ["--info", "--league", "--demand"])
def test_a_choice_that_there_is_not(greenband: Greenband, option: str) -> None:
    done = greenband("simulate", "junction", option, "nonsense", "--json")
    assert done.code == 2
    assert "nonsense" in done.error()["found"]


@pytest.mark.parametrize("seeds", ["1-", "ten", "5-1", "1-5000", ""])
def test_seeds_that_are_none(greenband: Greenband, small_scenario: Path, seeds: str) -> None:
    done = greenband("simulate", small_scenario, "--seeds", seeds, "--json")
    assert done.code == 2
    assert done.error()["where"] == "--seeds"


def test_many_seeds_have_no_window_and_no_record(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    done = greenband(
        "simulate", small_scenario, "--seeds", "1-2", "--record", tmp_path / "r.parquet", "--json"
    )
    assert done.code == 2
    assert done.error()["found"] == "together with --record"


def test_a_plan_for_a_controller_that_runs_none(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    done = greenband("simulate", small_scenario, "--plan", tmp_path / "p.json", "--json")
    assert done.code == 2
    assert "runs none" in done.error()["found"]


def test_a_plan_file_that_is_not_there(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    done = greenband(
        "simulate", small_scenario, "-c", "plan", "--plan", tmp_path / "p.json", "--json"
    )
    assert done.code == 2
    assert "p.json" in done.error()["where"]


def test_a_failure_in_a_worker_is_the_same_failure(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "class Mine:\n"
        "    needs = frozenset()\n    interval_s = 1\n"
        "    def __init__(self, site): pass\n"
        "    def decide(self, state): raise RuntimeError('lost')\n"
    )
    done = greenband("simulate", small_scenario, "-c", f"{file}:Mine", "--seeds", "1-2", "--json")
    assert done.code == 2
    assert "RuntimeError: lost" in done.error()["found"]


def test_people_read_the_four_parts_on_standard_error(greenband: Greenband) -> None:
    done = greenband("simulate", "atlantis")
    assert done.code == 2
    assert done.out == ""
    labels = [line.split()[0] for line in done.err.splitlines()]
    assert labels == ["Where", "Found", "Allowed", "Do"]


def test_a_network_without_routes(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("simulate", small_scenario.with_name("small.net.xml"), "--json")
    assert done.code == 2
    error = done.error()
    assert error["found"] == "no vehicles: no route file is given"
    assert "--routes FILE" in error["do"]


@pytest.mark.parametrize(
    ("option", "value", "where"),
    [
        ("--routes", "lost.rou.xml", "--routes lost.rou.xml"),
        ("--additional", "lost.add.xml", "--additional lost.add.xml"),
        ("--begin", "noon", "--begin"),
        ("--end", "1:30", "--end"),
        ("--end", "100", "scenario small"),
    ],
)
def test_files_and_times_that_are_none(
    greenband: Greenband, small_scenario: Path, option: str, value: str, where: str
) -> None:
    done = greenband("simulate", small_scenario, option, value, "--json")
    assert done.code == 2
    assert done.error()["where"] == where


def test_an_id_that_sumo_meets_twice_during_the_run(greenband: Greenband, tmp_path: Path) -> None:
    net = Path(__file__).parents[2] / "networks" / "data" / "junction" / "junction.net.xml"
    trip = '<trip id="a" depart="1" from="west-J" to="J-east"/>'
    (tmp_path / "r.rou.xml").write_text(f"<routes>{trip}{trip}</routes>")
    done = greenband("simulate", config_of(tmp_path, net, "r.rou.xml"), "--json")
    assert done.code == 2
    assert done.error()["where"] == "SUMO"
    assert "'a' already exists" in done.error()["found"]
    assert "scenario's files" in done.error()["do"]


def test_a_window_in_which_nobody_departs_is_said(greenband: Greenband, tmp_path: Path) -> None:
    net = Path(__file__).parents[2] / "networks" / "data" / "junction" / "junction.net.xml"
    (tmp_path / "r.rou.xml").write_text("<routes/>")
    done = greenband("simulate", config_of(tmp_path, net, "r.rou.xml"), "--json")
    assert done.code == 0
    assert done.json()["vehicles"] == 0
    assert any("no vehicle departs from 0 to 60 s" in w for w in done.json()["warnings"])


def test_an_unknown_priority(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("simulate", small_scenario, "-c", "actuated", "--priority", "fire", "--json")
    assert done.code == 2
    assert done.error()["found"] == "fire"
    assert done.error()["allowed"] == "emergency, transit"
