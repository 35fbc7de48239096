"""The suite and the controller that docs/bench.md shows can be run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from greenband.benchmarks.run import simulate
from greenband.benchmarks.suite import parse_suite, suite_names


@pytest.fixture(scope="module")
def page(repo_root: Path) -> str:
    return (repo_root / "docs" / "bench.md").read_text(encoding="utf-8")


def block(page: str, begins: str) -> str:
    """The indented text that begins with a line."""
    found = re.search(rf"^    {re.escape(begins)}.*?(?=^\S)", page, re.MULTILINE | re.DOTALL)
    assert found
    return dedent(found[0])


def test_the_suite_can_be_read(page: str) -> None:
    suite = parse_suite(block(page, 'title = "Mine"'), "docs/bench.md")
    assert suite.disturbances[1].incident_min == 15.0


def test_the_suites_that_it_names_are_there(page: str) -> None:
    named = re.findall(r"greenband bench (\w+)", page)
    assert set(named) - {"SUITE", "attack", "speed", "tune"} == set(suite_names())


def test_the_controller_controls(page: str, small_scenario: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(block(page, "from greenband.engine import Request"))
    lines = [line for line in own.read_text().splitlines() if line.strip()]
    assert len(lines) <= 10
    result = simulate(small_scenario, f"{own}:LongestWait", decide_limit_s=2.0)
    assert result.measures.arrived > 0.4 * result.measures.vehicles  # a short window
    assert result.audit["violations"] == 0
