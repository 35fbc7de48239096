"""Counts out of files, recognised by their columns."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from greenband.engine.counts import TurningCounts
from greenband.engine.detector_counts import DetectorCounts
from greenband.engine.errors import InputError
from greenband.engine.event_log import EventLog
from greenband.engine.utdf import UtdfNetwork
from greenband.networks.tables import read_counts

WIDE = "start,NBL,NBT\n07:00,3,100\n07:15,4,110\n"
LONG = "start,approach,turn,volume\n07:00,NB,L,3\n07:15,NB,L,4\n"
DETECTORS = "start,detector,volume,occupancy_percent\n07:00,1,3,5\n07:15,1,4,6\n"
LOG = "TimeStamp,DeviceId,EventId,Parameter\n2024-05-13T15:00:00.1,7,82,3\n"
UTDF = "[Lanes]\nLane Group Data\nRECORDNAME,INTID,NBT\nLanes,5,2\nVolume,5,300\n"


def write(folder: Path, text: str, name: str = "counts.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (WIDE, TurningCounts),
        (LONG, TurningCounts),
        (DETECTORS, DetectorCounts),
        (LOG, EventLog),
        (UTDF, UtdfNetwork),
    ],
)
def test_each_form_is_recognised(tmp_path: Path, text: str, kind: type) -> None:
    path = write(tmp_path, text)
    read = read_counts(path)
    assert isinstance(read, kind)
    assert read.source == str(path)
    assert isinstance(read_counts(str(path)), kind)


def test_the_interval_is_handed_on(tmp_path: Path) -> None:
    turning = read_counts(write(tmp_path, "start,NBL\n07:00,3\n"), interval_min=60)
    assert isinstance(turning, TurningCounts)
    assert turning.interval_min == 60.0
    text = "start,detector,volume\n07:00,1,3\n"
    detectors = read_counts(write(tmp_path, text), interval_min=5)
    assert isinstance(detectors, DetectorCounts)
    assert detectors.interval_s == 300.0


def test_one_of_several_intersections_is_taken(tmp_path: Path) -> None:
    text = "start,intersection,NBT\n07:00,A,1\n07:15,A,2\n07:00,B,3\n07:15,B,4\n"
    counts = read_counts(write(tmp_path, text), intersection="B")
    assert isinstance(counts, TurningCounts)
    assert counts.of("NBT").tolist() == [3.0, 4.0]


def test_known_lanes_sharpen_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "start,NBT\n07:00,1200\n07:15,800\n")
    assert isinstance(read_counts(path), TurningCounts)
    with pytest.raises(InputError, match="up to 1006 for NBT with 2 lanes"):
        read_counts(path, lanes={"NBT": 2})


@pytest.mark.parametrize("kind", ["wide", "detectors", "log"])
def test_parquet_gives_the_same_as_text(tmp_path: Path, kind: str) -> None:
    text = {"wide": WIDE, "detectors": DETECTORS, "log": LOG}[kind]
    path = write(tmp_path, text)
    frame = pl.read_csv(path, try_parse_dates=kind == "log")
    frame.write_parquet(tmp_path / "counts.parquet")
    a, b = read_counts(path), read_counts(tmp_path / "counts.parquet")
    assert type(a) is type(b)
    for name in ("volumes_veh", "occupancy_ratio", "starts_min", "time_ms", "event", "parameter"):
        if hasattr(a, name):
            assert getattr(a, name).tolist() == getattr(b, name).tolist()


def test_parquet_with_dates_and_gaps(tmp_path: Path) -> None:
    times = [dt.datetime(2024, 5, 13, 7, 0), dt.datetime(2024, 5, 13, 7, 15)]
    path = tmp_path / "counts.parquet"
    pl.DataFrame({"start": times, "NBT": [3, None]}).write_parquet(path)
    counts = read_counts(path)
    assert isinstance(counts, TurningCounts)
    assert counts.day == dt.date(2024, 5, 13)
    assert counts.warnings == (f"{path} row 2, column NBT: no value at 07:15; left as a gap",)


def test_a_bad_cell_in_parquet_is_placed_by_its_row(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    pl.DataFrame({"start": ["07:00", "07:15"], "NBT": [3, -4]}).write_parquet(path)
    with pytest.raises(InputError) as caught:
        read_counts(path)
    assert caught.value.where == f"{path} row 2, column NBT"


def test_windows_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes("# Café\r\nstart,NBT\r\n07:00,3\r\n07:15,4\r\n".encode("cp1252"))
    assert isinstance(read_counts(path), TurningCounts)


def test_columns_of_no_known_form_are_refused_with_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, "start,speed\n07:00,3\n")
    with pytest.raises(InputError) as caught:
        read_counts(path)
    assert caught.value.where == f"{path}, header"
    assert "start, NBL, NBT" in caught.value.allowed


def test_a_counts_file_without_start_gets_the_message_about_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'start'"):
        read_counts(write(tmp_path, "NBL,NBT\n1,2\n"))


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_counts(tmp_path / name)
    assert caught.value.where == str(tmp_path / name)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_counts(write(tmp_path, WIDE, "counts.parquet"))
