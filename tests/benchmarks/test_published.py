"""Published figures stand beside runs, with what they are of, and in no ranking."""

from __future__ import annotations

from typing import Any

from greenband.benchmarks.bench_markdown import markdown
from greenband.benchmarks.published import published_tables, sources
from greenband.benchmarks.rows import Row


def row(scenario: str, seed: int, delay_s: float, demand: str = "published") -> Row:
    result: dict[str, Any] = {"delay_s": delay_s, "delay_resco_s": delay_s - 0.5}
    result |= {"gridlock": False, "sumo_version": "1.28.0", "delay_by_movement": {}}
    spec: dict[str, Any] = {"scenario": scenario, "controller": "plan"}
    spec |= {"info": "loops", "league": "resco"}
    spec |= {"demand": demand, "seed": seed, "disturbance": {"name": "none"}}
    key = f"{scenario}.{seed}.{demand}"
    return {"key": key, "status": "done", "reason": "", "spec": spec, "code": {}, "result": result}


def test_every_source_says_what_its_figures_are() -> None:
    for source in sources():
        for text in (source.source, source.sumo_version, source.metric, source.why_not_comparable):
            assert text.strip()
            assert "\n" not in text
        assert source.best_s.keys() == source.last_s.keys()
        for scenario, figures in source.best_s.items():
            assert figures.keys() == source.last_s[scenario].keys()
            for method, best_s in figures.items():
                assert best_s <= source.last_s[scenario][method]  # the best of all is no worse


def test_they_stand_beside_the_same_formula_s_median() -> None:
    rows = [row("cologne1", seed, 20.0 + seed) for seed in (1, 2, 3)]
    (table,) = published_tables([*rows, row("mine", 1, 5.0), row("cologne1", 1, 99.0, "resampled")])
    ours = dict(zip(table.headings, table.lines[0], strict=True))
    assert ours["RESCO: IDQN"] == "26.1 / 28.9"
    assert ours["here: plan@loops"] == "21.5"
    assert len(table.lines) == 1
    assert "can't be ranked together" in table.text
    text = markdown("x", rows)
    assert table.text in text
    assert "RESCO: IDQN" in text


def test_a_path_to_the_same_scenario_counts_and_others_have_no_table() -> None:
    assert published_tables([row("folder/ingolstadt7.sumocfg", 1, 30.0)])
    assert not published_tables([row("mine", 1, 5.0)])
    assert not published_tables([row("cologne1", 1, 5.0, "resampled")])
