"""Published figures stand beside runs, with what they are of, and in no ranking."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

from greenband.benchmarks.bench_markdown import markdown
from greenband.benchmarks.bench_report import page
from greenband.benchmarks.bench_tables import Cell
from greenband.benchmarks.published import published_figures, sources
from greenband.benchmarks.rows import Code, Row, row_of
from greenband.benchmarks.run import simulate
from greenband.benchmarks.suite import RunSpec


def row(scenario: str, seed: int, delay_s: float, demand: str = "published") -> Row:
    result: dict[str, Any] = {"delay_s": delay_s, "delay_resco_s": delay_s - 0.5}
    result |= {"gridlock": False, "sumo_version": "1.28.0", "delay_by_movement": {}}
    spec: dict[str, Any] = {"scenario": scenario, "controller": "plan"}
    spec |= {"info": "loops", "league": "resco"}
    spec |= {"demand": demand, "seed": seed, "disturbance": {"name": "none"}}
    key = f"{scenario}.{seed}.{demand}"
    return {"key": key, "status": "done", "reason": "", "spec": spec, "code": {}, "result": result}


def text_of(cell: Cell, measure: str) -> str:
    interval = cell.interval(measure)
    assert interval is not None
    return f"{interval.median:.1f} of {interval.n}"


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
    more = [row("mine", 1, 5.0), row("cologne1", 1, 99.0, "resampled")]
    (found,) = published_figures([*rows, *more], text_of)
    headings, (line,) = found.theirs
    assert dict(zip(headings, line, strict=True))["IDQN"] == "26.1 / 28.9"
    assert found.ours == (["delay, s", "plan@loops"], [["cologne1", "21.5 of 3"]])
    assert "can't be ranked together" in found.why_not_comparable
    text = markdown("x", rows)
    assert found.text in text
    assert found.why_not_comparable in text
    assert "26.1 / 28.9" in text


def test_a_path_to_the_same_scenario_counts_and_others_have_no_table() -> None:
    assert published_figures([row("folder/ingolstadt7.sumocfg", 1, 30.0)], text_of)
    assert not published_figures([row("mine", 1, 5.0)], text_of)
    assert not published_figures([row("cologne1", 1, 5.0, "resampled")], text_of)


def test_the_page_has_them(small_scenario: Path, tmp_path: Path) -> None:
    named = copytree(small_scenario.parent, tmp_path / "copy") / "cologne1.sumocfg"
    (named.parent / small_scenario.name).rename(named)
    spec = RunSpec(str(named), "program", "loops", "resco", "published", 1)
    result = simulate(named, "program", league="resco", edges=True).as_dict()
    made = row_of(spec, Code("", ""), result=result)
    (found,) = published_figures([made], text_of)
    text = page("x", [made], [])
    assert found.title in text
    assert "26.1 / 28.9" in text
