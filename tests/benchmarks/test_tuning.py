"""Tuning: the same budget for all, never on seeds that are reported, resumed where it was.

Runs are made up here: what they give follows from the numbers and the seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import pytest

from greenband.benchmarks import bench
from greenband.benchmarks.bench import Place
from greenband.benchmarks.bench_tables import case_of
from greenband.benchmarks.rows import Row, code_of, key_of, read_rows, row_of, spec_of
from greenband.benchmarks.search import schedule
from greenband.benchmarks.suite import RunSpec, Suite, changed, parse_suite, runs_of
from greenband.benchmarks.tuned import (
    Tuned,
    read_tuned,
    tuning_seeds,
    with_tuned,
    write_tuned,
)
from greenband.benchmarks.tuning import Search, cases_of, tune
from greenband.benchmarks.workers import Done
from greenband.controllers.catalogue import find
from greenband.controllers.parameters import split_spec
from greenband.engine.errors import InputError

SUITE = """
title = "T"
scenarios = ["near", "far"]
controllers = ["program", "plan", "actuated", "max-pressure"]
league = ["resco"]
seeds = "1-3"
"""
SEARCH = Search(budget=30, seeds="101-104")
OWN = """
from greenband.controllers import Parameter
from greenband.engine.frame import Request

class Mine:
    needs, interval_s = frozenset({"queues"}), 5
    parameters = (Parameter("weight", 1.0, 0.0, 2.0, "", "what a queue weighs"),)
    def __init__(self, site, *, weight=1.0):
        pass
"""


def suite_of(**changes: Any) -> Suite:
    return changed(parse_suite(SUITE, "test", "t"), changes)


def quiet(row: Row, done: int, total: int) -> None:
    pass


def made_up(spec: RunSpec) -> dict[str, Any] | None:
    """The passage time has its best at 4 s; maximum greens above 1.5 gridlock, and look good."""
    values = find(spec.controller).values
    delay_s = 20.0 + 0.1 * (spec.seed - 100) + 10.0 * (spec.scenario == "far")
    delay_s += abs(values.get("passage_s", 4.0) - 4.0)
    gridlock = values.get("max_green_ratio", 0.0) > 1.5
    if values.get("hold_s", 0.0) > 25.0:
        return None
    return {
        "delay_s": 1.0 if gridlock else delay_s,
        "gridlock": gridlock,
        "scenario_digest": f"digest of {spec.scenario}",
    }


def watched(monkeypatch: pytest.MonkeyPatch) -> list[RunSpec]:
    """All runs that are made from now on; none is simulated."""
    made: list[RunSpec] = []

    def work(what: Any, jobs: Sequence[Any], place: Place, **how: Any) -> Iterator[Done[Any]]:
        for k, job in enumerate(jobs):
            if what is not bench._make_run:
                yield Done(k, {})
                continue
            made.append(job.spec)
            result = made_up(job.spec)
            yield Done(k, row_of(job.spec, job.code, result=result, reason="" if result else "no"))

    monkeypatch.setattr(bench, "_work", work)
    return made


@pytest.fixture(autouse=True)
def runs(monkeypatch: pytest.MonkeyPatch) -> list[RunSpec]:
    return watched(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def whole(folder: Path) -> tuple[Tuned, list[RunSpec]]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        made = watched(monkeypatch)
        return tune(suite_of(), Place(folder), SEARCH, quiet), made


@pytest.fixture(scope="module")
def tuned(whole: tuple[Tuned, list[RunSpec]]) -> Tuned:
    return whole[0]


def test_all_have_the_same_budget(whole: tuple[Tuned, list[RunSpec]]) -> None:
    tuned, runs = whole
    spent = Counter((split_spec(spec.controller)[0], spec.scenario) for spec in runs)
    assert len(spent) == 6  # three controllers; program has nothing to tune
    assert set(spent.values()) == {schedule(30, 4).runs}
    assert 28 < schedule(30, 4).runs <= 30
    assert {own.runs for own in tuned.sets} == set(spent.values())
    assert len(set(runs)) == len(runs)
    assert {spec.seed for spec in runs} == {101, 102, 103, 104}
    assert (tuned.budget_runs, tuned.seeds, tuned.counting_runs) == (30, "101-104", 9)


def test_it_finds_something_better(tuned: Tuned) -> None:
    for own in tuned.sets:
        for figures in own.scenarios:
            assert figures.digest == f"digest of {figures.scenario}"
            assert figures.delay_s <= figures.default_delay_s
            if own.controller == "actuated":
                assert figures.default_delay_s - figures.delay_s > 1.2
                assert abs(own.parameters["passage_s"] - 4.0) < 0.8


def test_gridlock_is_worse_than_any_delay(whole: tuple[Tuned, list[RunSpec]]) -> None:
    tuned, runs = whole
    assert any(made_up(spec) == {**(made_up(spec) or {}), "gridlock": True} for spec in runs)
    assert all(f.gridlocked == 0 for own in tuned.sets for f in own.scenarios)
    actuated = [own for own in tuned.sets if own.controller == "actuated"]
    assert all(own.parameters.get("max_green_ratio", 1.0) <= 1.5 for own in actuated)


def test_where_nothing_is_better_the_defaults_stay(tuned: Tuned) -> None:
    plans = [own for own in tuned.sets if own.controller == "plan"]
    assert [own.parameters for own in plans] == [{}, {}]
    assert all(f.delay_s == f.default_delay_s for own in plans for f in own.scenarios)


def test_interrupted_it_goes_on_where_it_was(
    whole: tuple[Tuned, list[RunSpec]], runs: list[RunSpec], tmp_path: Path
) -> None:
    tuned, all_runs = whole
    place = Place(tmp_path)
    told: list[tuple[int, int]] = []

    def stop(row: Row, done: int, total: int) -> None:
        told.append((done, total))
        if len(told) in (5, 77, 140):
            raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            tune(suite_of(), place, SEARCH, stop)
    assert tune(suite_of(), place, SEARCH, stop) == tuned
    assert len(runs) == len(set(runs))  # no finished run is repeated
    assert set(runs) == set(all_runs)
    assert told[0] == (1, len(all_runs))
    assert told[-1][0] == told[-1][1] < len(all_runs)
    assert tune(suite_of(), place, SEARCH, stop) == tuned
    assert len(runs) == len(all_runs)


@pytest.mark.parametrize("seeds", ["1-10", "5,101", "100", "121", "101-121"])
def test_reported_and_other_seeds_are_refused(
    seeds: str, tmp_path: Path, runs: list[RunSpec]
) -> None:
    with pytest.raises(InputError) as caught:
        tune(suite_of(), Place(tmp_path), replace(SEARCH, seeds=seeds), quiet)
    assert "101 to 120" in caught.value.allowed
    assert ("reported" in caught.value.found) == (seeds in ("1-10", "5,101"))
    assert runs == []
    assert tuning_seeds("101-120") == tuple(range(101, 121))


def test_too_small_a_budget_is_refused(
    tmp_path: Path, runs: list[RunSpec], repo_root: Path
) -> None:
    with pytest.raises(InputError, match="runs or more"):
        tune(suite_of(), Place(tmp_path), replace(SEARCH, budget=10), quiet)
    assert runs == []
    page = (repo_root / "docs" / "bench.md").read_text(encoding="utf-8")
    assert "32 runs on six seeds, 16 on three, 8 on\n  one" in page
    for seeds, least in ((6, 32), (3, 16), (1, 8)):
        with pytest.raises(InputError, match=f"{least} runs or more"):
            schedule(least - 1, seeds)
        assert schedule(least, seeds)


def test_one_set_for_all_scenarios(tmp_path: Path, runs: list[RunSpec]) -> None:
    tuned = tune(suite_of(), Place(tmp_path), replace(SEARCH, together=True), quiet)
    assert [own.controller for own in tuned.sets] == ["plan", "actuated", "max-pressure"]
    assert all([f.scenario for f in own.scenarios] == ["near", "far"] for own in tuned.sets)
    spent = Counter((split_spec(spec.controller)[0], spec.scenario) for spec in runs)
    assert set(spent.values()) == {schedule(30, 4).runs}


def test_levels_and_leagues_are_tuned_apart() -> None:
    suite = suite_of(info_of={"max-pressure": ["loops", "full"]}, league=["resco", "street"])
    cases = cases_of(suite, together=True)
    assert Counter(case.controller for case in cases) == {
        "plan": 2,
        "actuated": 2,
        "max-pressure": 4,
    }


def test_numbers_that_are_given_stay(tmp_path: Path, runs: list[RunSpec]) -> None:
    suite = suite_of(controllers=["actuated?passage_s=3"], scenarios=["near"])
    tuned = tune(suite, Place(tmp_path), SEARCH, quiet)
    assert {find(spec.controller).values["passage_s"] for spec in runs} == {3.0}
    assert "passage_s" not in tuned.sets[0].parameters
    assert find(tuned.sets[0].spec).values["passage_s"] == 3.0


def test_a_users_controller_is_tuned_by_what_it_declares(
    tmp_path: Path, runs: list[RunSpec]
) -> None:
    path = tmp_path / "own.py"
    path.write_text(OWN + "    def decide(self, state):\n        return Request(stage=0)\n")
    suite = suite_of(controllers=[f"{path}:Mine"], scenarios=["near"])
    tuned = tune(suite, Place(tmp_path), SEARCH, quiet)
    assert tuned.sets[0].controller == f"{path}:Mine"
    assert tuned.counting_runs == 0
    tried = {find(spec.controller).values["weight"] for spec in runs}
    assert min(tried) < 0.4
    assert max(tried) > 1.6


def test_nothing_to_tune_and_nothing_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="nothing to tune in program, sumo-rl-fixed"):
        tune(suite_of(controllers=["program", "sumo-rl-fixed"]), Place(tmp_path), SEARCH, quiet)
    monkeypatch.setattr(f"{__name__}.made_up", lambda spec: None)
    with pytest.raises(InputError, match="tuning of plan in near: every run failed: no"):
        tune(suite_of(), Place(tmp_path), SEARCH, quiet)


class TestFile:
    def test_is_read_back(self, tuned: Tuned, tmp_path: Path) -> None:
        path = write_tuned(tmp_path / "tuned.toml", tuned)
        assert read_tuned(path) == tuned
        own = tuned.sets[0]
        failed = own.scenarios[0].model_copy(update={"delay_s": inf})
        other = tuned.model_copy(
            update={"sets": (own.model_copy(update={"scenarios": (failed,)}),)}
        )
        assert read_tuned(write_tuned(path, other)) == other

    @pytest.mark.parametrize(
        ("text", "where", "found"),
        [
            ("{", "tuned.toml", "no TOML"),
            ("", "suite", "Field required"),
            ("surprise = 1\n{whole}", "surprise", "Extra inputs"),
            ("{reported}", "seeds", "are reported"),
        ],
    )
    def test_a_bad_one_is_answered_with_the_place(
        self, tuned: Tuned, tmp_path: Path, text: str, where: str, found: str
    ) -> None:
        path = write_tuned(tmp_path / "tuned.toml", tuned)
        whole = path.read_text()
        reported = whole.replace('seeds = "101-104"', 'seeds = "1-5"')
        path.write_text(text.replace("{whole}", whole).replace("{reported}", reported))
        with pytest.raises(InputError) as caught:
            read_tuned(path)
        assert where in caught.value.where
        assert found in caught.value.found

    def test_a_missing_one(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none\.toml: can't be read"):
            read_tuned(tmp_path / "none.toml")


class TestBeside:
    """What `bench --tuned` runs."""

    def test_tuned_runs_stand_behind_the_untuned(self, tuned: Tuned) -> None:
        specs = runs_of(suite_of())
        both = with_tuned(specs, tuned, lambda name: f"digest of {name}")
        assert [spec for spec in both if not spec.variant] == specs
        assert len(both) == len(specs) * 7 // 4
        for before, spec in pairwise(both):
            if spec.variant:
                assert not before.variant
                assert (before.scenario, before.seed) == (spec.scenario, spec.seed)
                assert split_spec(spec.controller)[0] == before.controller
        assert len({key_of(spec) for spec in both}) == len(both)

    def test_their_rows_say_all_and_have_a_column_of_their_own(self, tuned: Tuned) -> None:
        (spec,) = (
            spec
            for spec in with_tuned(runs_of(suite_of()), tuned, lambda name: f"digest of {name}")
            if spec.variant and "actuated" in spec.controller and spec.seed == 1
            if spec.scenario == "near"
        )
        row = row_of(spec, code_of(spec), reason="x")
        assert spec_of(row) == spec
        assert case_of(row) == "actuated (tuned)@loops"
        assert "passage_s=" in row["spec"]["controller"]
        assert "actuated-tuned" in row["key"]
        plain = row_of(replace(spec, variant=""), code_of(spec), reason="x")
        assert case_of(plain) == f"{spec.controller}@loops"
        assert "variant" not in plain["spec"]

    @pytest.mark.parametrize(
        ("changes", "found"),
        [
            ({"seeds": "100-102"}, "seeds 101, 102, which were tuned on"),
            ({"controllers": ["program", "longest-queue"]}, "none of the controllers program"),
            ({"scenarios": ["near", "new"]}, "scenario new at level loops in league resco"),
            ({"league": ["street"]}, "scenario near at level loops in league street"),
        ],
    )
    def test_what_does_not_fit_is_named(
        self, tuned: Tuned, changes: dict[str, Any], found: str
    ) -> None:
        with pytest.raises(InputError) as caught:
            with_tuned(runs_of(suite_of(**changes)), tuned, lambda name: f"digest of {name}")
        assert found in caught.value.found

    def test_a_changed_scenario_is_refused(self, tuned: Tuned) -> None:
        with pytest.raises(InputError, match="digest another"):
            with_tuned(runs_of(suite_of()), tuned, lambda name: "another")


@pytest.mark.usefixtures("whole")
def test_rows_of_a_tuning_lie_where_they_can_be_replayed(folder: Path) -> None:
    rows = list(read_rows(folder / "runs"))
    assert len(rows) == 6 * schedule(30, 4).runs
    assert all(spec_of(row).demand == "published" for row in rows)
