"""Suites: what they say becomes runs, and what they say wrongly an error with its place."""

from __future__ import annotations

import pytest

from greenband.benchmarks.suite import changed, load_suite, parse_suite, runs_of, suite_names
from greenband.engine.errors import InputError

GOOD = """
title = "two"
scenarios = ["cologne1", "junction"]
controllers = ["program", "actuated", "max-pressure"]
info = ["loops", "full"]
league = ["resco"]
demand = ["published", "resampled"]
seeds = "1-3"
[info_of]
max-pressure = ["full"]
[[disturbances]]
name = "none"
[[disturbances]]
name = "more"
demand_ratio = 1.2
"""


def test_every_combination_is_a_run_and_the_program_runs_once() -> None:
    runs = runs_of(parse_suite(GOOD, "here"))
    cases = {(run.controller, run.info) for run in runs}
    assert len(cases) == 4
    assert ("max-pressure", "loops") not in cases
    assert len(runs) == len(set(runs)) == 4 * 2 * 2 * 2 * 3
    assert [run.seed for run in runs] == sorted(run.seed for run in runs)
    assert {run.disturbance.demand_ratio for run in runs} == {1.0, 1.2}


@pytest.mark.parametrize("name", suite_names())
def test_suites_that_come_with_it_can_be_read(name: str) -> None:
    suite = load_suite(name)
    assert suite.name == name
    assert runs_of(suite)


def test_the_ones_that_are_promised_are_there() -> None:
    assert {"resco", "street", "robust", "quick"} <= set(suite_names())


@pytest.mark.parametrize(
    ("before", "after", "where", "found"),
    [
        ('title = "two"', "", "here, title", "nothing"),
        ("seeds =", "seed =", "here, seed", "an unknown key"),
        ('league = ["resco"]', 'league = ["mine"]', "here, league.0", "'mine'"),
        ("[info_of]\nmax-pressure", "[info_of]\nplan", "here, info_of.plan", "doesn't have"),
        ("demand_ratio = 1.2", "demand_ratio = 0.5", "disturbances.1.demand_ratio", "0.5"),
        ('name = "more"', 'name = "none"', "disturbances", "two of the same name"),
        ('seeds = "1-3"', 'seeds = "x"', "--seeds", "'x'"),
        ("title =", "title ==", "here", "no TOML"),
    ],
)
def test_what_is_wrong_is_named(before: str, after: str, where: str, found: str) -> None:
    assert before in GOOD
    with pytest.raises(InputError) as caught:
        parse_suite(GOOD.replace(before, after), "here")
    assert where in caught.value.where
    assert found in caught.value.found


def test_an_unknown_suite_and_an_unknown_controller_are_named() -> None:
    with pytest.raises(InputError, match="no suite of this name"):
        load_suite("nonesuch")
    wrong = parse_suite(GOOD.replace('"actuated"', '"actuate"'), "here")
    with pytest.raises(InputError, match="actuate"):
        runs_of(wrong)


def test_the_command_line_changes_a_suite() -> None:
    suite = changed(parse_suite(GOOD, "here"), {"controllers": ("program",), "seeds": "1-2"})
    assert suite.info_of == {}
    assert len(runs_of(suite)) == 1 * 2 * 2 * 2 * 2
    with pytest.raises(InputError, match="changed on the command line"):
        changed(suite, {"league": ("mine",)})
