"""Tables for people: all measures with units, medians over seeds, warnings in full view."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from greenband.benchmarks.run import RunResult, simulate
from greenband.cli.run_table import run_report, seeds_report


@pytest.fixture(scope="module")
def result(small_scenario: Path) -> RunResult:
    return simulate(small_scenario, "program")


def text_of(shown: RenderableType, width: int = 150) -> str:
    file = io.StringIO()
    Console(file=file, width=width).print(shown)
    return file.getvalue()


def with_delay(result: RunResult, seed: int, delay_s: float) -> RunResult:
    return replace(result, seed=seed, measures=replace(result.measures, delay_s=delay_s))


def test_a_run_is_shown_with_what_it_must_be_quoted_with(result: RunResult) -> None:
    shown = text_of(run_report(result))
    for part in (result.scenario_digest, "loops", "street", "published", "seed 1", "SUMO"):
        assert part in shown
    assert f"{result.measures.delay_s:.1f}" in shown


def test_a_negative_delay_by_resco_is_explained(result: RunResult) -> None:
    cut = replace(result, measures=replace(result.measures, delay_resco_s=-189.4))
    assert "scheduled after the end" in " ".join(text_of(run_report(cut)).split())
    assert "scheduled after the end" not in text_of(run_report(result))


def test_buses_are_shown_where_there_are_any(result: RunResult) -> None:
    assert result.measures.buses > 0
    assert "delay per bus" in text_of(run_report(result))
    none = replace(result, measures=replace(result.measures, buses=0, bus_delay_s=None))
    assert "bus" not in text_of(run_report(none))


def test_who_was_not_controlled_is_said(result: RunResult) -> None:
    warned = replace(result, warnings=("signal X keeps its program: it has one stage",))
    assert "Warning: signal X keeps its program: it has one stage" in text_of(run_report(warned))


def test_many_warnings_are_counted(result: RunResult) -> None:
    warned = replace(result, warnings=tuple(f"warning {k}" for k in range(30)))
    assert "and 18 warnings more" in text_of(run_report(warned))


def test_the_median_over_seeds(result: RunResult) -> None:
    results = [with_delay(result, s, d) for s, d in ((1, 10.0), (2, 99.0), (3, 12.0))]
    lines = text_of(seeds_report(results)).splitlines()
    median = next(line for line in lines if "median" in line)
    assert "12.0" in median
    assert "0 of 3" in median


def test_the_table_of_seeds_fits_a_terminal_of_80_columns(result: RunResult) -> None:
    gridlocked = replace(
        result.measures,
        delay_s=1234.5,
        trip_s=1345.6,
        max_wait_s=3599.0,
        unfinished=1234,
    )
    many = [replace(result, seed=k, measures=gridlocked) for k in range(100, 110)]
    shown = text_of(seeds_report(many), 80)
    assert "…" not in shown
    words = shown.split()
    for word in ("longest", "entered", "colli-", "sions", "1234.5", "1345.6", "3599"):
        assert word in words
    assert "0 of 10" in shown


def test_a_measure_that_a_seed_lacks_has_no_median(result: RunResult) -> None:
    lacking = replace(result, measures=replace(result.measures, trip_s=None))
    median = next(
        line for line in text_of(seeds_report([result, lacking])).splitlines() if "median" in line
    )
    assert "–" in median


def test_what_the_checker_of_the_colours_found_is_shown(result: RunResult) -> None:
    clean = replace(result, audit={"violations": 0, "remarks": 0, "examples": []})
    assert "checker of the colours" not in text_of(run_report(clean))
    example = "site A0, 12 s, phase 2: green 3 s, allowed 7 s or more"
    found = replace(result, audit={"violations": 1, "remarks": 2, "examples": [example]})
    for shown in (text_of(run_report(found)), text_of(seeds_report([found, clean]))):
        words = " ".join(shown.split())
        assert "found 1 violations of a limit" in words
        assert "2 remarks, none of which need be wrong" in words
        assert example in words
