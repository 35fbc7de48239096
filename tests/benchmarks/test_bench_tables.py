"""Tables from rows whose figures are known."""

from __future__ import annotations

from typing import Any

import pytest

from greenband.benchmarks.bench_charts import worst_movements
from greenband.benchmarks.bench_disturbances import cost_tables
from greenband.benchmarks.bench_markdown import markdown, measure_lines
from greenband.benchmarks.bench_tables import (
    Block,
    Cell,
    blocks,
    comparisons,
    price_of_legality,
    rank_table,
)
from greenband.benchmarks.rows import Row

SEEDS = range(1, 11)


def row(
    controller: str,
    seed: int,
    delay_s: float | None,
    *,
    scenario: str = "a",
    league: str = "resco",
    gridlock: bool = False,
    disturbance: str = "none",
) -> Row:
    spec = {
        "scenario": scenario,
        "controller": controller,
        "info": "loops",
        "league": league,
        "demand": "published",
        "seed": seed,
        "disturbance": {"name": disturbance},
    }
    result: dict[str, Any] | None = None
    if delay_s is not None:
        result = {
            "delay_s": delay_s,
            "gridlock": gridlock,
            "sumo_version": "1.28.0",
            "delay_by_movement": {"J": {"NBT": {"vehicles": 10, "delay_s": delay_s}}},
        }
    return {
        "key": f"{scenario}.{controller}.{league}.{seed}",
        "status": "failed" if delay_s is None else "done",
        "reason": "" if delay_s is not None else "broken",
        "spec": spec,
        "code": {},
        "plans": "",
        "result": result,
    }


def rows() -> list[Row]:
    """`actuated` is 2 s better than `plan` in each of three scenarios; one run gridlocks."""
    found = []
    for k, scenario in enumerate("abc"):
        for seed in SEEDS:
            base = 30.0 + 10.0 * k + seed
            found.append(row("plan", seed, base, scenario=scenario))
            stuck = scenario == "a" and seed == 3
            delay_s = 700.0 if stuck else base - 2.0 - 0.01 * seed
            found.append(row("actuated", seed, delay_s, scenario=scenario, gridlock=stuck))
    return found


BLOCK = Block("none", "published", "resco")


def test_gridlocked_runs_are_in_the_median_and_beside_it() -> None:
    cell = blocks(rows())[BLOCK]["a"]["actuated@loops"]
    assert cell.gridlocked == 1
    interval = cell.interval()
    assert interval is not None
    assert interval.n == 10
    assert interval.median < 40.0
    assert "**1 of 10 gridlocked**" in markdown("x", rows())


def test_failed_runs_are_counted_and_never_filled_in() -> None:
    some = [row("plan", 1, 10.0), row("plan", 2, None)]
    cell = Cell(tuple(some))
    interval = cell.interval()
    assert interval is not None
    assert interval.n == 1
    text = markdown("x", some)
    assert "**1 of 2 failed**" in text
    assert "`a.plan.resco.2`: broken" in text


def test_the_difference_is_of_the_same_seeds_only() -> None:
    some = [*rows(), row("plan", 99, 1000.0)]
    found = comparisons(blocks(some)[BLOCK], "plan@loops")
    difference = found["b"]["actuated@loops"]
    assert difference.paired.difference.median == pytest.approx(-2.055)
    assert difference.paired.difference.n == 10
    assert difference.paired.better == 10
    assert difference.paired.p_value == pytest.approx(2 / 1024)
    assert difference.adjusted_p == pytest.approx(2 / 1024)  # the only one in its scenario


def test_ranks_need_every_controller_in_a_scenario() -> None:
    found = rank_table(blocks([*rows(), row("plan", 1, 5.0, scenario="d")])[BLOCK])
    assert found is not None
    assert found.scenarios == ("a", "b", "c")
    assert found.mean_rank == {"plan@loops": 2.0, "actuated@loops": 1.0}


def test_the_price_of_legality_is_paired() -> None:
    both = [
        row("plan", seed, seed + extra_s, league=league)
        for league, extra_s in (("resco", 20.0), ("street", 23.0))
        for seed in SEEDS
    ]
    (price,) = price_of_legality(blocks(both))["published"]
    assert price.paired.difference.median == pytest.approx(3.0)
    assert price.case == "plan@loops"
    assert price_of_legality(blocks(rows())) == {}


def test_movements_are_sorted_by_the_time_that_is_lost_there() -> None:
    found = worst_movements(blocks(rows())[BLOCK]["b"])
    assert [name for name, _ in found] == ["NBT"]  # of one site only
    assert found[0][1]["plan@loops"] == pytest.approx(45.5)


def test_what_a_disturbance_costs_is_paired_and_its_gridlocks_are_beside_it() -> None:
    some = [row("plan", seed, 20.0 + seed) for seed in SEEDS]
    some += [row("plan", seed, 24.0 + seed, disturbance="late") for seed in SEEDS]
    some += [
        row("plan", seed, 21.0 + seed, disturbance="more", gridlock=seed == 2) for seed in (1, 2)
    ]
    (table,) = cost_tables(blocks(some))
    assert table.headings == ("delay, s", "undisturbed", "late", "more")
    ((name, without, late, more),) = table.lines
    assert name == "a, plan@loops"
    assert without.startswith("25.5 (")
    assert late == "4.0 (4.0 to 4.0)"
    assert more == "1.0 (1.0 to 1.0), 1 of 2 gridlocked"
    assert "Price of disturbances, published demand, resco rules" in markdown("x", some)
    assert cost_tables(blocks(rows())) == []


def test_gridlocked_seeds_are_the_first_of_all_measures() -> None:
    headings, lines = measure_lines(blocks(rows())[BLOCK])
    assert headings[:2] == ["gridlocked", "delay, s"]
    assert ["a, actuated@loops", "1 of 10"] in [line[:2] for line in lines]
