"""A policy beside another controller: the same seeds, the differences, the figures in its card."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from greenband.benchmarks.policy_evaluation import Evaluation, evaluate_policy, write_figures
from greenband.controllers.policy_file import load_policy, policy_path


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the one that comes with Greenband."""
    folder = tmp_path_factory.mktemp("policy")
    for ending in (".npz", ".toml"):
        shutil.copy(policy_path("general").with_suffix(ending), folder / f"copy{ending}")
    return folder / "copy.npz"


@pytest.fixture(scope="module")
def found(policy: Path, small_scenario: Path) -> Evaluation:
    told: list[tuple[int, int]] = []
    result = evaluate_policy(
        str(policy), [str(small_scenario)], (1, 2), workers=1,
        done=lambda k, n, result: told.append((k, n)),
    )  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    return result


def test_the_figures_are_of_the_runs(found: Evaluation) -> None:
    (figures,) = found.figures
    assert figures.low_s <= figures.delay_s <= figures.high_s
    assert figures.violations == 0
    assert 0.0 <= figures.guarded_ratio <= 1.0
    assert figures.seeds_better in (0, 1, 2)
    assert found.digest == load_policy("general").digest
    assert found.league == "street"


def test_figures_of_one_kind_are_written_once(found: Evaluation, policy: Path) -> None:
    first = len(load_policy(str(policy)).card.get("measured", []))
    for _ in range(2):
        write_figures(str(policy), found)
    measured = load_policy(str(policy)).card["measured"]
    assert len(measured) == first + 1
    assert measured[-1]["figures"][0]["delay_s"] == found.figures[0].delay_s


def test_a_controller_beside_itself_makes_no_difference(policy: Path, small_scenario: Path) -> None:
    same = evaluate_policy(str(policy), [str(small_scenario)], (3,), against=str(policy))
    assert same.figures[0].difference_s == 0.0
    assert same.figures[0].p_value == 1.0
