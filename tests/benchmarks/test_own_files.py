"""A user's file is run only where its rows are made, and what it names belongs to its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.benchmarks import guard
from greenband.benchmarks.bench import Place, run_all
from greenband.benchmarks.guard import found_in_time
from greenband.benchmarks.own_files import controller_digest
from greenband.benchmarks.rows import Row
from greenband.benchmarks.suite import parse_suite, runs_of
from greenband.engine.errors import InputError

POLICIES = """
def same(observation):
    return 0

def restless(observation, action_masks):
    return int((~action_masks).argmax())

def endless(observation):
    endless.asked += 1
    while endless.asked > 9: pass
    return 0
endless.asked = 0

def outside(observation):
    return 99
"""
SUITE = """
title = "x"
scenarios = ["{scenario}"]
controllers = ["{own}:same", "{own}:restless", "{own}:endless", "{own}:outside", "{own}:gone",
    "{broken}:Any"]
league = ["street"]
seeds = "1"
"""


def quiet(row: Row, done: int, total: int) -> None:
    pass


def test_policies_fail_their_own_rows_only(small_scenario: Path, tmp_path: Path) -> None:
    own, broken = tmp_path / "own.py", tmp_path / "broken.py"
    own.write_text(POLICIES)
    broken.write_text("this is no Python")
    text = SUITE.format(scenario=small_scenario, own=own, broken=broken)
    specs = runs_of(parse_suite(text, "here"))
    rows = run_all(specs, Place(tmp_path, workers=2, decide_limit_s=0.5), quiet)
    assert [row["status"] for row in rows] == ["done", "done", *["failed"] * 4]
    reasons = [row["reason"] for row in rows]
    assert "controller endless" in reasons[2]
    assert "no answer within 0.5 s" in reasons[2]
    assert "action 99" in reasons[3]
    assert "no class gone" in reasons[4]
    assert "SyntaxError" in reasons[5]
    refused = rows[1]["result"]
    assert refused["refusals"] > 10
    assert any("is finished first" in reason for reason in refused["refusal_reasons"])
    assert refused["audit"]["violations"] == 0


def test_a_file_that_is_not_there_is_named_before_any_run() -> None:
    with pytest.raises(InputError, match="there is no file"):
        runs_of(parse_suite(SUITE.format(scenario="x", own="gone.py", broken="x.py"), "here"))


def test_a_file_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "FIRST_DECISION_S", 0.05)
    (tmp_path / "own.py").write_text("while True: pass")
    with pytest.raises(InputError, match=r"no answer within 0\.05 s"):
        found_in_time(f"{tmp_path / 'own.py'}:Any")


@pytest.mark.parametrize("name", ["weights.zip", "weights"])
def test_other_weights_are_another_controller(name: str, tmp_path: Path) -> None:
    own, weights = tmp_path / "own.py", tmp_path / "weights.zip"
    own.write_text(f'load("{name}")\nsay("weights of nothing")')
    before = controller_digest(own)
    weights.write_bytes(b"1")
    first = controller_digest(own)
    weights.write_bytes(b"22")
    assert len({before, first, controller_digest(own)}) == 3
    assert controller_digest(tmp_path / "gone.py") == ""
