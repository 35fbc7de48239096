"""The controllers and policies that docs/controllers.md shows control as they stand there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.benchmarks.run import simulate
from greenband.controllers.observations import observation_names
from greenband.engine.site import Site

from .conftest import blocks_of


@pytest.fixture(scope="module")
def files(repo_root: Path) -> dict[str, str]:
    blocks = blocks_of(repo_root / "docs" / "controllers.md")
    return {b.mark: b.text for b in blocks if b.language == "python"}


@pytest.mark.parametrize(
    "name", ["longest_wait.py:LongestWait", "longest_waiting.py:LongestWaiting"]
)
def test_it_controls(
    name: str, files: dict[str, str], small_scenario: Path, tmp_path: Path
) -> None:
    file = name.partition(":")[0]
    (tmp_path / file).write_text(files[file])
    result = simulate(small_scenario, f"{tmp_path}/{name}", league="street", decide_limit_s=5.0)
    assert result.measures.arrived > 0.4 * result.measures.vehicles  # a short window
    assert result.audit["violations"] == 0


def test_the_file_that_loads_a_model_can_be_read(files: dict[str, str]) -> None:
    compile(files["trained.py"], "trained.py", "exec")
    assert "def trained(site)" in files["trained.py"]


def test_the_parts_of_an_observation_are_listed_in_their_order(
    repo_root: Path, crossroads: Callable[..., Site]
) -> None:
    page = (repo_root / "docs" / "controllers.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \| [1spl] \|", page, re.MULTILINE)
    names = [name.partition(" ")[0] for name in observation_names(crossroads())]
    assert listed == list(dict.fromkeys(names))
