"""``greenband bench``: a suite from a file, resumed, and a row made again."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Greenband


def test_a_suite_runs_resumes_and_replays(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    suite = tmp_path / "mine.toml"
    suite.write_text(
        f'title = "Mine"\nscenarios = ["{small_scenario}"]\n'
        'controllers = ["program"]\nleague = ["street"]\nseeds = "1-9"\n'
    )
    arguments = ("bench", suite, "--seeds", "2", "--out", tmp_path / "out", "--workers", "1")
    done = greenband(*arguments, "--json")
    assert done.code == 0, done.err
    found = done.json()
    assert (found["runs"], found["made"], found["failed"]) == (2, 2, [])
    assert "2 of 2" in done.err
    assert all(Path(found[name]).is_file() for name in ("report", "markdown", "parquet"))
    again = greenband(*arguments)
    assert "2 of them there, 0 to make" in again.err
    assert "program" in again.out
    row = sorted((tmp_path / "out" / "runs").iterdir())[0]
    same = greenband("bench", "--replay", row, "--json")
    assert (same.code, same.json()["identical"]) == (0, True)
    by_name = greenband("bench", "--replay", row.stem, "--out", tmp_path / "out", "--json")
    assert (by_name.code, by_name.json()["identical"]) == (0, True)
    changed = json.loads(row.read_text())
    changed["result"]["arrived"] -= 1
    row.write_text(json.dumps(changed))
    other = greenband("bench", "--replay", row, "--json")
    assert other.code == 1
    assert list(other.json()["differences"]) == ["arrived"]
    changed["spec"]["controller"] = "mine.py:Mine"
    row.write_text(json.dumps(changed))
    moved = greenband("bench", "--replay", row, "--json")
    assert (moved.code, moved.json()["error"]["where"]) == (2, "row, controller mine.py")
    assert "other code" not in moved.err


def test_wrong_arguments_are_named(greenband: Greenband) -> None:
    for arguments, found in (
        (("bench",), "neither a suite nor --replay"),
        (("bench", "nonesuch"), "no suite of this name"),
        (("bench", "quick", "--controllers", "nonesuch"), "'nonesuch'"),
        (("bench", "quick", "--seeds", "x"), "'x'"),
        (("bench", "quick", "--league", "mine"), "'mine'"),
        (("bench", "quick", "--replay", "x.json"), "together with the suite"),
        (("bench", "--replay", "nonesuch"), "no such row"),
    ):
        done = greenband(*arguments, "--json")
        assert done.code == 2
        assert found in done.json()["error"]["found"]
