"""``greenband bench``: a suite from a file, resumed, and a row made again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from greenband.benchmarks.suite import changed, load_suite
from greenband.benchmarks.tuning import cases_of
from greenband.cli.bench import failure_lines
from greenband.cli.bench_suite import warn_of_rules
from greenband.cli.bench_tune import tell_left_out

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
        (("bench", "tune"), "0 suites"),
        (("bench", "quick", "street"), "2 suites"),
        (("bench", "quick", "--budget", "60"), "without tune"),
        (("bench", "tune", "quick", "--tuned", "x.toml"), "together with tune"),
        (("bench", "tune", "quick", "--seeds", "1-10"), "1 to 10 are reported"),
        (("bench", "tune", "quick", "--budget", "9"), "9 runs on 6 seeds"),
        (("bench", "tune", "quick", "--controllers", "program"), "nothing to tune"),
        (("bench", "quick", "--set", "actuated.gap_s=3"), "no such parameter"),
        (("bench", "quick", "--set", "plan.cycle_ratio=1"), "no controller plan here"),
        (("bench", "quick", "--tuned", "none.toml"), "can't be read"),
    ):
        done = greenband(*arguments, "--json")
        assert done.code == 2
        assert found in done.json()["error"]["found"]


def test_what_is_not_there_is_refused_before_anything_runs(
    greenband: Greenband, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for arguments, found in (
        (("quick", "--scenarios", "junction,colone1"), "no scenario of this name"),
        (("quick", "--scenarios", "junction,none.sumocfg"), "no such file"),
        (("tune", "quick", "--scenarios", "junction,colone1"), "no scenario of this name"),
        (("quick", "--scenarios", "junction", "--controller", "none.py:X"), "no file none.py"),
    ):
        done = greenband("bench", *arguments, "--out", out, "--json")
        assert done.code == 2
        assert found in done.json()["error"]["found"]
        assert not out.exists()


def test_a_reason_to_fail_is_told_once_and_the_answer_is_no(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.py"
    own.write_text("1 / 0\n")
    arguments = ("bench", "quick", "--scenarios", small_scenario, "--league", "street")
    more = ("--controllers", f"{own}:Mine", "--out", tmp_path / "out", "--workers", "1")
    done = greenband(*arguments, *more)
    assert done.code == 1
    assert done.err.count("division by zero") == 1
    assert done.err.count("failed as one before") == 2
    assert done.out.count("division by zero") == 1
    assert "3 of 3 runs failed: " in done.out
    assert "A first look, street rules: 3 runs" in done.err
    assert "Warning" not in done.err
    assert (tmp_path / "out" / "report.html").is_file()


def test_who_is_not_tuned_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "class Mine:\n    needs, interval_s = frozenset(), 1\n"
        "    def __init__(self, site): ...\n    def decide(self, state): ...\n"
    )
    controllers = ("program", "actuated", f"{own}:Mine")
    suite = changed(load_suite("quick"), {"controllers": controllers})
    tell_left_out(suite, cases_of(suite, together=True))
    assert f"Not tuned: program, {own}:Mine." in capsys.readouterr().err.replace("\n", " ")


def test_rules_that_are_not_a_street_s_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    quick = load_suite("quick")
    warn_of_rules(quick)
    warn_of_rules(changed(quick, {"scenarios": ("mine.sumocfg",), "league": ("resco", "street")}))
    assert not capsys.readouterr().err
    warn_of_rules(changed(quick, {"scenarios": ("cologne1", "junction", "mine.sumocfg")}))
    told = capsys.readouterr().err
    assert "junction, mine.sumocfg will run by resco rules" in told
    assert "add --league street" in told


def test_reasons_are_counted_and_the_rarest_are_summed_up() -> None:
    rows = [{"status": "failed", "reason": f"{k}\nlines"} for k in (1, 2, 2, 3, 4, 5, 6)]
    lines = failure_lines([*rows, {"status": "done", "reason": ""}])
    assert lines[0] == "2 of 8 runs failed: 2 lines"
    assert len(lines) == 6
    assert lines[-1].startswith("1 more ")
    assert failure_lines([{"status": "done", "reason": ""}]) == []


def test_tuned_controllers_run_beside_the_untuned(
    greenband: Greenband, small_scenario: Path, tmp_path: Path
) -> None:
    suite = tmp_path / "mine.toml"
    suite.write_text(
        f'title = "Mine"\nscenarios = ["{small_scenario}"]\n'
        'controllers = ["actuated"]\nleague = ["resco"]\nseeds = "1"\n'
    )
    out = tmp_path / "tune"
    arguments = ("bench", "tune", suite, "--budget", "8", "--seeds", "101", "--out", out)
    done = greenband(*arguments, "--json")
    assert done.code == 0, done.err
    assert "8 of 8" in done.err
    found = done.json()
    (own,) = found["sets"]
    (figures,) = own["scenarios"]
    assert figures["delay_s"] <= figures["default_delay_s"]
    assert len(list((out / "runs").iterdir())) == 8
    shown = greenband(*arguments)
    assert "left" not in shown.err  # nothing is run again
    assert "tuned.toml" in shown.out
    both = greenband("bench", suite, "--tuned", found["file"], "--out", tmp_path / "out")
    assert both.code == 0, both.err
    assert "(tuned)" in both.out
    row = next((tmp_path / "out" / "runs").glob("*actuated-tuned*"))
    assert json.loads(row.read_text())["result"]["parameters"].items() >= own["parameters"].items()
    again = greenband("bench", "--replay", row, "--json")
    assert again.json()["identical"] is True
