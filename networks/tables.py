"""Reads counts of any form from a CSV or Parquet file, recognised by its columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from greenband.engine.counts import TurningCounts, counts_from_table
from greenband.engine.counts_readings import is_turning_counts
from greenband.engine.detector_counts import (
    DetectorCounts,
    detector_counts_from_table,
    is_detector_counts,
)
from greenband.engine.errors import InputError
from greenband.engine.event_log import EventLog, event_log_from_table, is_event_log
from greenband.engine.text_table import Table, read_table
from greenband.engine.utdf import UtdfNetwork
from greenband.engine.utdf_parse import parse_utdf
from greenband.engine.utdf_table import is_utdf

from .text_files import read_text, unreadable

WANTED = "a CSV or Parquet file with counts"

Counts = TurningCounts | DetectorCounts | EventLog | UtdfNetwork

FORMS = (
    "start, NBL, NBT, ... (turning-movement counts); start, approach, turn, volume (the same, "
    "long); start, detector, volume, occupancy (detectors); TimeStamp, DeviceId, EventId, "
    "Parameter (event log); [Network] ... [Lanes] ... (UTDF of Synchro)"
)


def read_counts(
    path: str | Path,
    interval_min: float | None = None,
    *,
    intersection: str | None = None,
    lanes: Mapping[str, int] | None = None,
) -> Counts:
    """Counts from a file: turning movements, detectors, an event log or a UTDF network.

    Parameters
    ----------
    interval_min : where a file of intervals has one start only.
    intersection : which one, where a file of intervals has several.
    lanes : lanes by movement, for the limit above which a turning count can't be true.

    Raises InputError for a file that isn't there or can't be read, and for columns of no
    known form; and whatever the reader of its form refuses.
    """
    path = Path(path)
    if path.suffix.lower() in (".parquet", ".pq"):
        return _of_form(_read_parquet(path), interval_min, intersection, lanes)
    text = read_text(path, WANTED)
    if is_utdf(text):
        return parse_utdf(text, str(path))
    return _of_form(read_table(text, str(path)), interval_min, intersection, lanes)


def _of_form(
    table: Table,
    interval_min: float | None,
    intersection: str | None,
    lanes: Mapping[str, int] | None,
) -> Counts:
    names = list(table.columns)
    if is_event_log(names):
        return event_log_from_table(table)
    if is_detector_counts(names):
        interval_s = None if interval_min is None else interval_min * 60
        return detector_counts_from_table(table, interval_s, intersection=intersection)
    if is_turning_counts(names):
        return counts_from_table(table, interval_min, intersection=intersection, lanes=lanes)
    raise InputError(
        f"{table.source}, header",
        f"columns of no known form: {', '.join(names)}",
        FORMS,
        "Name the columns in one of these ways.",
    )


def _read_parquet(path: Path) -> Table:
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise unreadable(path, WANTED, str(error).splitlines()[0]) from None
    numeric = (pl.Datetime, pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
    return Table(
        str(path),
        {
            name: frame[name].to_numpy()
            if isinstance(frame.schema[name], numeric) and not frame[name].has_nulls()
            else frame[name].to_list()
            for name in frame.columns
        },
    )
