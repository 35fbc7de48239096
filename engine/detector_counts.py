"""Volumes and occupancies per detector and interval: from a table to checked arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import TurningCounts
from .counts_readings import SITE_NAMES, START_NAMES
from .errors import InputError
from .intervals import even_grid, gap_notes, interval_of
from .text_table import Table, cell_number, plain, read_table
from .times import DAY_MIN, format_minutes, minutes_of_rows, parse_time

Floats = NDArray[np.float64]

# SUMO writes seconds since its own midnight; these columns may hold plain numbers.
SECONDS_NAMES = ("intervalbegin", "begin")
ALL_START_NAMES = (*START_NAMES, *SECONDS_NAMES)
DETECTOR_NAMES = ("detector", "detectorid", "detid", "loop", "loopid", "sensor", "intervalid", "id")
VOLUME_NAMES = ("volume", "count", "vehicles", "veh", "total", "actuations", "nvehcontrib",
                "intervalnvehcontrib")  # fmt: skip
FLOW_NAMES = ("flow", "flowvehh", "intervalflow")
PERCENT_NAMES = ("occupancypercent", "occupancy%", "occupancypct", "occ%", "occpct", "occpercent",
                 "intervaloccupancy")  # fmt: skip
RATIO_NAMES = ("occupancyratio", "occratio")
OCCUPANCY_NAMES = (*PERCENT_NAMES, *RATIO_NAMES, "occupancy", "occ")
DEVICE_NAMES = (*SITE_NAMES, "deviceid", "signalid")


@dataclass(frozen=True)
class DetectorCounts:
    """Vehicles and occupancy per interval and detector.

    ``starts_min``: minutes since midnight of ``day``, evenly stepped by ``interval_s``.
    ``volumes_veh`` and ``occupancy_ratio``: shape (intervals, detectors), NaN where nothing
    was recorded; the occupancy, 0 to 1, is the share of the interval in which the detector
    was on, and all NaN where the file has none.
    """

    source: str
    detectors: tuple[str, ...]
    starts_min: Floats
    interval_s: float
    volumes_veh: Floats
    occupancy_ratio: Floats
    day: dt.date | None = None
    warnings: tuple[str, ...] = ()

    def of(self, detector: str) -> Floats:
        """The volumes of one detector; KeyError if it isn't there."""
        if detector not in self.detectors:
            raise KeyError(detector)
        return self.volumes_veh[:, self.detectors.index(detector)]

    def labels(self) -> list[str]:
        """The starts as clock times."""
        return [format_minutes(float(start)) for start in self.starts_min]


def parse_detector_counts(
    text: str, source: str, interval_s: float | None = None, *, intersection: str | None = None
) -> DetectorCounts:
    """Reads ``start, detector, volume[, occupancy]``, one row per detector and interval.

    Also reads the columns of SUMO's E1 output as a table (``interval_begin, interval_id,
    interval_nVehContrib, interval_occupancy``, seconds since midnight). An occupancy is in
    percent where the column says so or any value is above 1, else a ratio; a warning tells
    which where the column doesn't. Raises InputError (file, line, column) for a missing
    column, an unreadable time or number, a negative volume, an occupancy above 100 %.
    Volumes aren't held against a limit: `detector_health` says what a detector can't see.
    """
    table = read_table(text, source)
    return detector_counts_from_table(table, interval_s, intersection=intersection)


def is_detector_counts(names: list[str]) -> bool:
    """Whether a header has a detector and a volume or flow."""
    found = {plain(name) for name in names}
    return bool(found & set(DETECTOR_NAMES)) and bool(found & {*VOLUME_NAMES, *FLOW_NAMES})


def detector_counts_from_table(
    table: Table, interval_s: float | None = None, *, intersection: str | None = None
) -> DetectorCounts:
    """`parse_detector_counts` for a table that has been read already (CSV or Parquet)."""
    rows = _rows(table, intersection)
    start = _column(table, ALL_START_NAMES, "start", "the start of the interval")
    detector = _column(table, DETECTOR_NAMES, "detector", "the detector's name or number")
    minutes, day = _minutes(table, rows, start)
    starts_min = np.unique(minutes)
    given_min = None if interval_s is None else interval_s / 60
    step_min = interval_of(starts_min, given_min, table.source)
    grid = even_grid(starts_min, step_min, table.source)
    names = [_name(table.columns[detector][row]) for row in rows]
    detectors = tuple(sorted(set(names), key=natural_key))
    index = {name: k for k, name in enumerate(detectors)}
    cell = (
        np.round((minutes - grid[0]) / step_min).astype(np.intp),
        np.array([index[name] for name in names], dtype=np.intp),
    )
    _refuse_repeats(table, rows, cell, names)
    volumes, occupancy = (np.full((len(grid), len(detectors)), np.nan) for _ in range(2))
    volumes[cell] = _volumes(table, rows, step_min)
    values, note = _occupancies(table, rows)
    occupancy[cell] = values
    notes = [*note, *gap_notes(starts_min, step_min, table.source)]
    notes += _silent_rows(table.source, detectors, volumes, np.isin(grid, starts_min))
    return DetectorCounts(
        table.source, detectors, grid, step_min * 60, volumes, occupancy, day, tuple(notes)
    )


def movement_counts(
    counts: DetectorCounts, shares: Mapping[str, Mapping[str, float]]
) -> TurningCounts:
    """Turning-movement counts out of detectors.

    ``shares[movement][detector]``: the part of the detector's vehicles that make this
    movement (1 on a lane of its own; on a shared lane the parts sum to 1). A movement has a
    gap where one of its detectors has one. Raises InputError for an unknown detector and for
    a detector whose parts sum to more than 1.
    """
    used: dict[str, float] = {}
    for movement, parts in shares.items():
        for detector, share in parts.items():
            used[detector] = used.get(detector, 0.0) + share
            if detector not in counts.detectors or share < 0 or used[detector] > 1 + 1e-9:
                raise InputError(
                    f"movement {movement}, detector {detector}",
                    "no such detector in the counts"
                    if detector not in counts.detectors
                    else f"share {share:g}, {used[detector]:g} in all its movements",
                    f"detectors {', '.join(counts.detectors)}, with shares that sum to at most 1",
                    "Correct the detector or its shares.",
                )
    volumes = np.column_stack(
        [
            np.sum([counts.of(name) * part for name, part in parts.items()], axis=0)
            for parts in shares.values()
        ]
    )
    return TurningCounts(
        source=counts.source,
        starts_min=counts.starts_min,
        interval_min=counts.interval_s / 60,
        movements=tuple(shares),
        volumes_veh=volumes,
        heavy_veh=np.full(volumes.shape, np.nan),
        day=counts.day,
        warnings=counts.warnings,
    )


def natural_key(name: str) -> tuple[int, float, str]:
    """Sorts 2 before 10, and numbers before words."""
    return (0, float(name), name) if name.isdecimal() else (1, 0.0, name)


def _rows(table: Table, intersection: str | None) -> list[int]:
    column = table.find(DEVICE_NAMES)
    rows = list(range(table.n_rows))
    if column is not None:
        cells = [_name(cell) for cell in table.columns[column]]
        found = list(dict.fromkeys(cells))
        chosen = intersection if intersection or len(found) != 1 else found[0]
        rows = [k for k in rows if cells[k] == chosen]
        if found and not rows:
            raise InputError(
                f"{table.source}, column {column}",
                f"detectors of {len(found)} intersections"
                if chosen is None
                else f"no rows of intersection {chosen}",
                f"one of {', '.join(found[:20])}",
                "Say which intersection is meant, or cut the file down to it.",
            )
    if not rows:
        raise InputError(
            table.source, "no rows", "a header line and rows", "Give the file with its rows."
        )
    return rows


def _column(table: Table, names: tuple[str, ...], plain_name: str, what: str) -> str:
    column = table.find(names)
    if column is None:
        raise InputError(
            f"{table.source}, header",
            f"no column '{plain_name}' (columns: {', '.join(table.columns)})",
            f"a column '{plain_name}' with {what}",
            "Add the column, or rename the one that holds it.",
        )
    return column


def _name(cell: Any) -> str:
    return str(cell).strip()


def _minutes(table: Table, rows: list[int], column: str) -> tuple[Floats, dt.date | None]:
    """Minutes since midnight per row; each distinct cell is read once."""
    known: dict[Any, tuple[dt.date | None, float]] = {}
    for row in rows:
        cell = table.columns[column][row]
        if cell not in known:
            known[cell] = _time(table, row, column, cell)
    days = [known[table.columns[column][row]][0] for row in rows]
    clocks = [known[table.columns[column][row]][1] for row in rows]
    first = min((day for day in days if day is not None), default=None)
    if first is None:
        return np.array(clocks), None
    try:
        return np.array(minutes_of_rows(days, clocks)), first
    except ValueError as error:
        raise InputError(
            f"{table.source}, column {column}",
            str(error),
            "all rows with a date, or none",
            "Write all times in one way.",
        ) from None


def _time(table: Table, row: int, column: str, cell: Any) -> tuple[dt.date | None, float]:
    try:
        if plain(column) in SECONDS_NAMES and (seconds := _seconds(cell)) is not None:
            return None, seconds / 60
        return parse_time(cell)
    except (ValueError, TypeError):
        raise InputError(
            table.where(row, column),
            f"the time {str(cell)!r}",
            "HH:MM (07:15), or ISO (2024-05-13T07:15)",
            "Correct the time; it is the start of the interval.",
        ) from None


def _seconds(cell: Any) -> float | None:
    try:
        value = float(cell)
    except (ValueError, TypeError):
        return None
    return value if 0 <= value < 366 * DAY_MIN * 60 else None


def _refuse_repeats(
    table: Table, rows: list[int], cell: tuple[NDArray[np.intp], NDArray[np.intp]], names: list[str]
) -> None:
    seen: dict[tuple[int, int], int] = {}
    for k, key in enumerate(zip(cell[0].tolist(), cell[1].tolist(), strict=True)):
        first = seen.setdefault(key, k)
        if first != k:
            raise InputError(
                table.row_where(rows[k]),
                f"detector {names[k]} a second time in one interval "
                f"(first: {table.row_where(rows[first])})",
                "one row for each detector and interval",
                "Remove one of them; if the file has several intersections, name theirs.",
            )


def _volumes(table: Table, rows: list[int], step_min: float) -> Floats:
    column = table.find(VOLUME_NAMES)
    scale = 1.0
    if column is None and (flow := table.find(FLOW_NAMES)):
        column, scale = flow, step_min / 60  # a flow is in veh/h
    if column is None:
        column = _column(table, VOLUME_NAMES, "volume", "the vehicles in the interval")
    values = _numbers(table, rows, column, "vehicles")
    return values * scale


def _occupancies(table: Table, rows: list[int]) -> tuple[Floats, list[str]]:
    """Occupancy as a ratio, and a note where the file doesn't say which of the two it has."""
    column = table.find(OCCUPANCY_NAMES)
    if column is None:
        return np.full(len(rows), np.nan), []
    values = _numbers(table, rows, column, "occupancy")
    told = values[~np.isnan(values)]
    named = plain(column) in (*PERCENT_NAMES, *RATIO_NAMES)
    percent = plain(column) in PERCENT_NAMES or (not named and told.size and told.max() > 1)
    most = 100.0 if percent else 1.0
    if (over := np.flatnonzero(values > most)).size:
        raise InputError(
            table.where(rows[int(over[0])], column),
            f"occupancy {values[over[0]]:g}{' %' if percent else ''}",
            f"0 to {most:g}",
            "Correct the value, or name the column occupancy_percent or occupancy_ratio.",
        )
    reason = "some are above 1" if percent else "none is above 1"
    unit = "percent" if percent else "ratios of 0 to 1"
    note = f"{table.source}, column {column}: taken as {unit}, as {reason}"
    return (values / 100 if percent else values), [] if named or not told.size else [note]


def _numbers(table: Table, rows: list[int], column: str, unit: str) -> Floats:
    values = np.full(len(rows), np.nan)
    for k, row in enumerate(rows):
        cell = table.columns[column][row]
        try:
            value = cell_number(cell)
        except (ValueError, TypeError):
            value = -1.0
        if value is not None and not 0 <= value < 1e9:
            raise InputError(
                table.where(row, column),
                f"{str(cell)!r} as {unit}",
                "a number of 0 or more, or an empty cell for a gap",
                "Correct the cell; leave it empty where the detector told nothing.",
            )
        values[k] = np.nan if value is None else value
    return values


def _silent_rows(
    source: str, detectors: tuple[str, ...], volumes: Floats, present: NDArray[np.bool_]
) -> list[str]:
    missing = np.isnan(volumes[present]).sum(axis=0)
    return [
        f"{source}: detector {name} has no value in {int(n)} of {int(present.sum())} intervals"
        for name, n in zip(detectors, missing, strict=True)
        if n
    ]
