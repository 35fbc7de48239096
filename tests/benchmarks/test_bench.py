"""A suite's runs: made once, kept whole, made again bit for bit; failures cost one row."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import polars
import pytest

from greenband.benchmarks.bench import Place, kept_rows, replay, run_all
from greenband.benchmarks.bench_markdown import markdown
from greenband.benchmarks.bench_report import write_report
from greenband.benchmarks.rows import Row, key_of, measured, read_row, read_rows, write_row
from greenband.benchmarks.suite import RunSpec
from greenband.engine.errors import InputError

OWN = """
from greenband.engine.frame import Request

class Fails:
    needs, interval_s = frozenset({"queues"}), 5
    def __init__(self, site): pass
    def decide(self, state): return 1 / 0
"""


def quiet(row: Row, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def specs(small_scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> list[RunSpec]:
    own = tmp_path_factory.mktemp("own") / "own.py"
    own.write_text(OWN)
    return [
        RunSpec(str(small_scenario), controller, "loops", "resco", "resampled", seed)
        for seed in (1, 2)
        for controller in ("program", "actuated", f"{own}:Fails")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def rows(specs: list[RunSpec], folder: Path) -> list[Row]:
    return run_all(specs, Place(folder, workers=2), quiet)


def test_rows_are_in_the_order_of_the_runs_and_on_disk(
    rows: list[Row], specs: list[RunSpec], folder: Path
) -> None:
    assert [row["key"] for row in rows] == [key_of(spec) for spec in specs]
    kept = {row["key"]: row for row in read_rows(folder / "runs")}
    assert kept == {row["key"]: json.loads(json.dumps(row)) for row in rows}
    assert not list(folder.rglob("*.part"))


def test_a_failing_controller_fails_its_own_runs_with_the_reason(rows: list[Row]) -> None:
    failed = [row for row in rows if row["status"] == "failed"]
    assert len(failed) == 2
    assert all("controller Fails" in row["reason"] for row in failed)
    assert all("ZeroDivisionError" in row["reason"] for row in failed)


def test_finished_runs_are_not_made_again_and_the_table_is_the_same(
    rows: list[Row], specs: list[RunSpec], folder: Path
) -> None:
    gone = folder / "runs" / f"{key_of(specs[1])}.json"
    gone.unlink()
    assert len(kept_rows(specs, Place(folder))) == len(specs) - 1
    made: list[str] = []
    again = run_all(specs, Place(folder, workers=1), lambda row, *_: made.append(row["key"]))
    assert made == [key_of(specs[1])]
    assert markdown("x", again) == markdown("x", rows)


def test_rows_of_other_code_are_made_again(
    rows: list[Row], specs: list[RunSpec], tmp_path: Path
) -> None:
    other = {**rows[0], "code": {"greenband": "0" * 16, "controller": ""}}
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / f"{rows[0]['key']}.json").write_text(json.dumps(other))
    assert kept_rows(specs, Place(tmp_path)) == {}


def test_a_row_can_be_made_again_bit_for_bit(rows: list[Row], folder: Path) -> None:
    row = read_row(folder / "runs" / f"{rows[1]['key']}.json")
    assert measured(row)["delay_s"] > 0.0
    assert replay(row, Place(folder, workers=1)) == {}


def test_a_changed_figure_is_found(rows: list[Row], folder: Path) -> None:
    row = read_row(folder / "runs" / f"{rows[0]['key']}.json")
    row["result"]["stops"] += 1e-9
    assert list(replay(row, Place(folder, workers=1))) == ["stops"]


def test_the_report_has_every_row_and_needs_nothing_else(rows: list[Row], tmp_path: Path) -> None:
    files = write_report(tmp_path, "A suite", rows, ["greenband bench x"])
    page = files.report.read_text()
    assert all(row["key"] in page for row in rows)
    assert not re.search(r"(src|href)=.?https?:|url\(.?https?:|@import|<script|<link", page)
    assert "2 of 2 failed" in page
    links = re.findall(r'<a href="#(\w+)">([^<]*)</a>', page)
    assert len(links) == 3  # the medians of two controllers, and that of none
    for place, text in links:
        listed = page[page.index(f'id="{place}"') :].partition("</tbody>")[0]
        delays = [float(d) for d in re.findall(r"</code></td><td>([\d.]+)</td>", listed)]
        assert text == (f"{median(delays):.1f}" if delays else "–")
        assert listed.count("<code>") == 2
    assert {row["code"]["greenband"] for row in rows} <= set(re.findall(r"[0-9a-f]{16}", page))
    assert "decision_ms" not in files.markdown.read_text()
    assert "small, actuated@loops | 0." in files.times.read_text()
    table = polars.read_parquet(files.parquet)
    assert table["key"].to_list() == [row["key"] for row in rows]
    kept = [row["result"]["delay_s"] if row["result"] else None for row in rows]
    assert table["delay_s"].to_list() == kept
    assert "| small |" in files.markdown.read_text()


def test_a_run_without_emissions_is_made_again_where_they_are_asked_for(
    rows: list[Row], specs: list[RunSpec], tmp_path: Path
) -> None:
    write_row(tmp_path / "runs", rows[1])
    place = Place(tmp_path, workers=1, co2=True)
    assert list(kept_rows(specs[1:2], replace(place, co2=False))) == [rows[1]["key"]]
    assert kept_rows(specs[1:2], place) == {}
    (row,) = run_all(specs[1:2], place, quiet)
    assert row["result"]["co2_kg"] > 1.0
    (kept,) = kept_rows(specs[1:2], place).values()
    assert replay(kept, Place(tmp_path, workers=1)) == {}


def test_times_of_decisions_are_in_the_rows_and_no_part_of_a_comparison(rows: list[Row]) -> None:
    watched, decided = rows[0]["result"], rows[1]["result"]
    assert watched["decision_ms"] is None
    assert 0.0 < decided["decision_ms"] <= decided["decision_99_ms"]
    assert not {"decision_ms", "decision_99_ms", "decide_ms"} & measured(rows[1]).keys()


@pytest.mark.parametrize("text", ["{", "{}", '{"spec": {"scenario": "x"}}'])
def test_what_is_no_row_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "row.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_row(path)


def spec(**more: Any) -> RunSpec:
    return RunSpec(
        **{
            "scenario": "x",
            "controller": "plan",
            "info": "loops",
            "league": "resco",
            "demand": "published",
            "seed": 1,
            **more,
        }
    )


def test_two_descriptions_never_share_a_file() -> None:
    assert key_of(spec(scenario="a/x")) != key_of(spec(scenario="b/x"))
    assert key_of(spec(seed=1)) != key_of(spec(seed=11))
    assert "/" not in key_of(spec(controller="/a/b.py:C"))
