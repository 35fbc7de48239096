"""Several seeds: what is asked for, in its order, and the medians."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.benchmarks.run import RunResult, simulate
from greenband.benchmarks.seeds import MOST_SEEDS, medians, parse_seeds, simulate_seeds
from greenband.engine.errors import InputError


def test_ranges_and_numbers() -> None:
    assert parse_seeds("1-3, 7,9-9") == (1, 2, 3, 7, 9)
    assert parse_seeds("2,2,1-2") == (2, 1)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_what_is_written_is_read(seeds: list[int]) -> None:
    assert parse_seeds(",".join(map(str, seeds))) == tuple(dict.fromkeys(seeds))


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "1--2", "1.5", f"0-{MOST_SEEDS}"])
def test_others_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--seeds"):
        parse_seeds(text)


def test_results_come_in_the_order_of_the_seeds(small_scenario: Path) -> None:
    heard: list[int] = []
    results = simulate_seeds(
        small_scenario, "program", (2, 1), done=lambda result: heard.append(result.seed)
    )
    assert [result.seed for result in results] == [2, 1]
    assert sorted(heard) == [1, 2]
    alone = simulate(small_scenario, "program", seed=1)
    assert results[1].measures == alone.measures


def test_medians_leave_out_what_is_no_number(small_scenario: Path) -> None:
    result: RunResult = simulate(small_scenario, "program")
    found = medians([result, replace(result, measures=replace(result.measures, stops=None))])
    assert found["delay_s"] == result.measures.delay_s
    assert found["stops"] is None
    assert "gridlock" not in found
    assert "delay_by_movement" not in found
