"""The page of a comparison: figures are the results', one file, well formed."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from statistics import median

import pytest

from greenband.benchmarks.comparison import Case, comparison_page, losses, measure_rows
from greenband.benchmarks.run import RunResult, simulate
from greenband.engine.plan import Plan, Split
from greenband.engine.site_toml import parse_site
from greenband.engine.timing import PlanResult, evaluate_plan

VOID = {"meta", "br", "path", "use", "rect", "line", "circle"}


class Checker(HTMLParser):
    """Collects words and what is fetched, and sees that elements close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [v or "" for k, v in attrs if k in ("src", "href") and v and v[0] != "#"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def result(small_scenario: Path) -> RunResult:
    return simulate(small_scenario, "program")


@pytest.fixture(scope="module")
def timing(repo_root: Path) -> PlanResult:
    file = repo_root / "networks" / "data" / "junction" / "sites" / "J.toml"
    site = parse_site(file.read_text(encoding="utf-8"), "J.toml")
    splits = {"2": 34, "3": 10, "4": 58, "6": 34, "7": 14, "8": 54}
    plan = Plan(
        site="J", cycle_s=102, phases=tuple(Split(id=p, split_s=s) for p, s in splits.items())
    )
    return evaluate_plan(site, plan, {m.id: 100.0 for m in site.movements})


def case(name: str, result: RunResult, delays_s: list[float], **more: PlanResult) -> Case:
    runs = [
        replace(result, seed=seed, measures=replace(result.measures, delay_s=delay_s))
        for seed, delay_s in enumerate(delays_s, start=1)
    ]
    return Case(name, f"what {name} is", tuple(runs), **more)


@pytest.fixture(scope="module")
def cases(result: RunResult, timing: PlanResult) -> list[Case]:
    return [
        case("Before", result, [40.0, 50.0, 60.0], timing=timing),
        case("After", result, [24.0, 25.0, 90.0]),
    ]


def parsed(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    return checker


def test_tiles_are_medians_with_their_change(cases: list[Case]) -> None:
    words = parsed(comparison_page("Title", "Lead.", cases)).words
    assert "50.0 s" in words
    assert f"{median([24.0, 25.0, 90.0]):.1f} s" in words
    assert "delay per vehicle, 50 % less" in words


def test_worse_is_said_too(cases: list[Case]) -> None:
    words = parsed(comparison_page("Title", "Lead.", cases[::-1])).words
    assert "delay per vehicle, 100 % more" in words


def with_delays(case: Case, delays_s: dict[str, float], foot_s: float | None) -> Case:
    rows = {m: {"vehicles": 10.0, "delay_s": d} for m, d in delays_s.items()}
    changed = tuple(
        replace(
            r,
            measures=replace(r.measures, delay_by_movement={"J": rows}, pedestrian_delay_s=foot_s),
        )
        for r in case.results
    )
    return replace(case, results=changed)


def test_who_loses_stands_beside_the_headline(cases: list[Case]) -> None:
    before = with_delays(cases[0], {"NBL": 20.0, "NBT": 60.0, "SBL": 40.0}, 30.0)
    after = with_delays(cases[1], {"NBL": 90.0, "NBT": 20.0, "SBL": 40.4}, 45.0)
    assert [(one.who, one.before_s, one.after_s) for one in losses(before, after)] == [
        ("NBL", 20.0, 90.0),
        ("people on foot", 30.0, 45.0),
    ]
    words = parsed(comparison_page("Title", "Lead.", [before, after])).words
    assert "more than before for NBL, people on foot" in words
    assert ": NBL (20 to 90 s), people on foot (30 to 45 s)." in words


def test_nobody_loses(cases: list[Case]) -> None:
    same = with_delays(cases[0], {"NBL": 20.0}, None)
    better = with_delays(cases[1], {"NBL": 20.5}, None)
    assert losses(same, better) == []
    assert "Who loses" not in comparison_page("Title", "Lead.", [same, better])


def test_the_page_says_why_the_calculated_delay_is_not_the_simulated_one(cases: list[Case]) -> None:
    page = " ".join(comparison_page("Title", "Lead.", cases).split())
    assert "Why this is not the simulated delay" in page
    assert "The wait to enter:" in page
    simulated_only = comparison_page("Title", "Lead.", [replace(c, timing=None) for c in cases])
    assert "Why this is not the simulated delay" not in simulated_only


def test_what_a_plan_assumes_is_on_the_page(cases: list[Case]) -> None:
    page = comparison_page("Title", "Lead.", cases, assumptions=["one <left> turn"])
    assert "What our plan assumes" in page
    assert "one &lt;left&gt; turn" in page
    assert "What our plan assumes" not in comparison_page("Title", "Lead.", cases)


def test_everything_is_in_the_one_file(cases: list[Case]) -> None:
    page = comparison_page("Title", "Lead.", cases)
    assert parsed(page).fetched == []
    assert "<script" not in page


def test_words_are_escaped(cases: list[Case]) -> None:
    assert "<b>&" not in comparison_page("<b>&", "Lead.", cases)


def test_the_calculated_part_is_there_only_with_a_timing(cases: list[Case]) -> None:
    calculated = "Calculated by the Highway Capacity Manual"
    assert calculated in comparison_page("Title", "Lead.", cases)
    assert "Ring 1" in comparison_page("Title", "Lead.", cases)
    assert calculated not in comparison_page("Title", "Lead.", cases[1:])


def test_what_a_figure_must_be_quoted_with(cases: list[Case], result: RunResult) -> None:
    page = comparison_page("Title", "Lead.", cases)
    for part in (result.scenario_digest, result.sumo_version, "seeds 1, 2, 3", "published"):
        assert part in page


def test_rows_that_nobody_has_are_left_out(cases: list[Case]) -> None:
    rows = dict(measure_rows(cases))
    assert "Delay of people on foot" not in rows
    assert rows["Delay per vehicle"] == ["50.0 s", "25.0 s"]
