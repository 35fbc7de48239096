"""The search for the worst lie: the same again, never made twice, and worse than none."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.benchmarks.attack import LEAST_BUDGET, attack, junction_delay_s
from greenband.benchmarks.bench import Place
from greenband.benchmarks.rows import Row
from greenband.benchmarks.suite import RunSpec
from greenband.engine.errors import InputError


def test_it_finds_harm_and_repeats_without_a_run(small_scenario: Path, tmp_path: Path) -> None:
    base = RunSpec(str(small_scenario), "actuated", "loops", "street", "published", 0)
    place = Place(tmp_path, workers=2)
    told: list[int] = []

    def tell(row: Row, done: int, ahead: int) -> None:
        told.append(done)

    found = attack(base, (101, 102), LEAST_BUDGET, place, tell)
    assert told == list(range(1, found.runs + 1))
    assert found.lies == LEAST_BUDGET
    ratios = [harm.junction_ratio for harm in found.worst if not harm.gridlocked]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > 1.0
    assert {harm.seeds for harm in found.worst} == {2}
    again = attack(base, (101, 102), LEAST_BUDGET, place, tell)
    assert again.worst == found.worst
    assert again.runs == 0


def test_a_junctions_delay_is_by_its_vehicles() -> None:
    movements = {
        "NBT": {"vehicles": 3, "delay_s": 10.0},
        "EBL": {"vehicles": 1, "delay_s": 30.0},
    }
    assert junction_delay_s({"delay_by_movement": {"J": movements}}, "J") == pytest.approx(15.0)


def test_too_small_a_budget_is_refused(small_scenario: Path, tmp_path: Path) -> None:
    base = RunSpec(str(small_scenario), "actuated", "loops", "street", "published", 0)
    with pytest.raises(InputError, match="20 or more"):
        attack(base, (101,), LEAST_BUDGET - 1, Place(tmp_path), lambda *_: None)
