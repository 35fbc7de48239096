"""``scenarios``, ``controllers`` and ``doctor``: what there is and what is missing."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from greenband.cli import parts as parts_of
from greenband.networks import catalogue

from .conftest import Greenband

RESCO = {
    "cologne1", "cologne3", "cologne8", "ingolstadt1", "ingolstadt7", "ingolstadt21", "grid4x4",
    "arterial4x4",
}  # fmt: skip


def test_scenarios_with_their_terms(greenband: Greenband) -> None:
    done = greenband("scenarios", "--json")
    assert done.code == 0
    rows = {row["name"]: row for row in done.json()["scenarios"]}
    assert rows.keys() >= RESCO | {"junction", "corridor"}
    assert {rows[name]["league"] for name in RESCO} == {"resco"}
    assert rows["junction"]["licence"] == "Apache-2.0"
    assert rows["grid4x4"]["licence"] == "CC BY-NC-SA 4.0"
    assert rows["ingolstadt7"]["licence"] == "GNU GPL 3.0"
    assert Path(rows["junction"]["path"]).is_file()
    assert rows["corridor"]["signals"] == 6


def test_a_missing_scenario_says_how_to_get_it(
    greenband: Greenband, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None)
    row = next(
        r for r in greenband("scenarios", "--json").json()["scenarios"] if r["name"] == "grid4x4"
    )
    assert row["installed"] is False
    assert "sumo-rl==1.4.5" in row["do"]
    assert "sumo-rl==1.4.5" in greenband("scenarios").out.replace("\n", " ")
    failed = greenband("simulate", "grid4x4", "--json")
    assert failed.code == 3
    assert "sumo-rl==1.4.5" in failed.error()["do"]


def test_scenarios_for_people(greenband: Greenband) -> None:
    shown = greenband("scenarios").out
    assert all(name in shown for name in RESCO | {"junction", "corridor"})


def test_controllers_with_what_they_need(greenband: Greenband) -> None:
    rows = {row["name"]: row for row in greenband("controllers", "--json").json()["controllers"]}
    assert rows.keys() >= {"program", "plan", "actuated", "max-pressure", "longest-queue"}
    assert rows["program"]["needs"] == []
    assert rows["plan"]["takes_plan"] is True
    assert "queues" in rows["max-pressure"]["needs"]
    assert all(row["description"] and row["interval_s"] >= 1 for row in rows.values())
    shown = greenband("controllers").out
    assert all(name in shown for name in rows)


def test_doctor_finds_what_runs_these_tests(greenband: Greenband) -> None:
    done = greenband("doctor", "--json")
    assert done.code == 0
    found = done.json()
    assert found["ok"] is True
    parts = {part["name"]: part for part in found["parts"]}
    assert sys.executable in parts["Python"]["found"]
    assert parts["package libsumo"]["found"] == metadata.version("libsumo")
    assert parts["program sumo"]["ok"] is True
    assert {"extra scenarios", "extra train", "extra cabinet"} <= parts.keys()
    assert "Everything that is needed is there." in greenband("doctor").out


def test_doctor_says_what_is_missing_and_how_to_get_it(
    greenband: Greenband, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = metadata.version

    def version(name: str) -> str:
        if name == "traci":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr("importlib.metadata.version", version)
    done = greenband("doctor", "--json")
    assert done.code == 3
    part = next(p for p in done.json()["parts"] if p["name"] == "package traci")
    assert part["ok"] is False
    assert f"pip install traci=={real('eclipse-sumo')}" in part["do"]
    text = greenband("doctor")
    assert text.code == 3
    assert "MISSING" in text.out


def test_doctor_sees_sumo_packages_of_two_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version
    monkeypatch.setattr(
        "importlib.metadata.version", lambda name: "1.0" if name == "sumolib" else real(name)
    )
    part = next(p for p in parts_of.checkup() if p.name == "package sumolib")
    assert not part.ok
    assert "but eclipse-sumo is" in part.found


def test_doctor_sees_a_program_that_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import sumo

    monkeypatch.setattr(sumo, "SUMO_HOME", str(tmp_path))
    parts = {p.name: p for p in parts_of.checkup()}
    assert not parts["program sumo"].ok
    assert parts["program sumo"].required
    assert not parts["program sumo-gui"].required
    assert "FileNotFoundError" in parts["program sumo"].found


def test_doctor_without_a_writable_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_of, "CACHE_FOLDER", None)
    part = next(p for p in parts_of.checkup() if p.name == "folder for compiled code")
    assert not part.ok
    assert not part.required
    assert "NUMBA_CACHE_DIR" in part.do
