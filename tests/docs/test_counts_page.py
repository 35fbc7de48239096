"""Every form that docs/counts.md shows is read, and becomes what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from greenband.engine.counts import TurningCounts
from greenband.engine.detector_counts import DetectorCounts
from greenband.engine.event_log import EventLog
from greenband.engine.utdf import UtdfNetwork
from greenband.networks.tables import read_counts

BLOCK = re.compile(r"^```csv (?P<name>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS: dict[str, type] = {
    "turning_wide": TurningCounts,
    "turning_more": TurningCounts,
    "turning_long": TurningCounts,
    "detectors": DetectorCounts,
    "event_log": EventLog,
    "utdf": UtdfNetwork,
}


@pytest.fixture(scope="module")
def blocks(repo_root: Path) -> dict[str, str]:
    page = (repo_root / "docs" / "counts.md").read_text(encoding="utf-8")
    return {match["name"]: match["text"] for match in BLOCK.finditer(page)}


def test_the_page_shows_every_form(blocks: dict[str, str]) -> None:
    assert set(blocks) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_form_is_read_as_what_it_is(name: str, blocks: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(blocks[name], encoding="utf-8")
    assert type(read_counts(path)) is KINDS[name]


def test_the_columns_besides_vehicles(blocks: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(blocks["turning_more"], encoding="utf-8")
    counts = read_counts(path)
    assert isinstance(counts, TurningCounts)
    assert counts.interval_min == 15.0
    assert counts.of("NBT").tolist() == [321.0, 370.0]
    assert counts.heavy_veh[:, counts.movements.index("NBT")].tolist() == [9.0, 12.0]
    assert counts.ped_legs == ("S",)


@pytest.mark.parametrize("name", ["turning_wide", "detectors"])
def test_the_same_columns_as_parquet(name: str, blocks: dict[str, str], tmp_path: Path) -> None:
    text, table = tmp_path / "counts.csv", tmp_path / "counts.parquet"
    text.write_text(blocks[name], encoding="utf-8")
    pl.read_csv(text, infer_schema_length=None).write_parquet(table)
    assert type(read_counts(table)) is KINDS[name]


def test_both_turning_forms_say_the_same(blocks: dict[str, str], tmp_path: Path) -> None:
    found = []
    for name in ("turning_wide", "turning_long"):
        path = tmp_path / f"{name}.csv"
        path.write_text(blocks[name], encoding="utf-8")
        counts = read_counts(path)
        assert isinstance(counts, TurningCounts)
        found.append(counts.of("NBT").tolist()[:2])
    assert found[0] == found[1] == [321.0, 370.0]
