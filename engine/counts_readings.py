"""Cells of a counts file as readings: start, movement, value and place, in both forms."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .movement_names import APPROACHES, Kind, classify
from .text_table import Table, cell_number, plain
from .times import minutes_of_rows, parse_date_and_time, parse_time

START_NAMES = (
    "start", "starttime", "intervalstart", "intervalbegin", "begin", "from",
    "datetime", "timestamp", "time", "hour", "period",
)  # fmt: skip
DATE_NAMES = ("date", "day")
SITE_NAMES = ("intid", "intersection", "intersectionid", "node", "nodeid", "site", "siteid")
APPROACH_NAMES = ("approach", "direction", "bound")
TURN_NAMES = ("movement", "turn", "turningmovement", "mvmt")
VOLUME_NAMES = ("volume", "count", "vehicles", "veh", "vol", "total")
# Columns that go with counts but hold none.
IDLE_NAMES = frozenset(
    ("end", "endtime", "intervalend", "to", "weekday", "weather", "note", "notes", "comment")
)


@dataclass(frozen=True)
class Reading:
    """One cell: ``value`` in vehicles or persons per interval, None for a gap."""

    minute: float
    kind: Kind
    name: str
    value: float | None
    where: str
    row_where: str


def readings_of(
    table: Table, intersection: str | None = None
) -> tuple[list[Reading], dt.date | None, list[str]]:
    """All readings of a table, the day of its first row, and warnings.

    Raises InputError for a missing column, an unreadable time or number.
    """
    rows = _rows_of_site(table, intersection)
    turn = table.find(TURN_NAMES)
    volume = table.find(VOLUME_NAMES)
    long = turn is not None and volume is not None
    minutes, day, warnings = _times(table, rows, one_day=long)
    if turn is not None and volume is not None:
        return _long(table, rows, minutes, turn, volume), day, warnings
    readings, more = _wide(table, rows, minutes)
    return readings, day, [*warnings, *more]


def is_turning_counts(names: list[str]) -> bool:
    """Whether a header is that of a counts file, in either form (a start may be missing)."""
    found = {plain(name) for name in names}
    if found & set(TURN_NAMES) and found & set(VOLUME_NAMES):
        return True
    return any(classify(name) for name in names)


def _rows_of_site(table: Table, intersection: str | None) -> list[int]:
    column = table.find(SITE_NAMES)
    if column is None:
        return list(range(table.n_rows))
    cells = [str(cell) for cell in table.columns[column]]
    names = list(dict.fromkeys(cells))
    if intersection is None and len(names) == 1:
        intersection = names[0]
    if intersection not in names:
        raise InputError(
            f"{table.source}, column {column}",
            f"counts of {len(names)} intersections ({', '.join(names[:8])})"
            if intersection is None
            else f"no rows of intersection {intersection}",
            f"one of {', '.join(names[:20])}",
            "Say which intersection is meant, or cut the file down to it.",
        )
    return [k for k, cell in enumerate(cells) if cell == intersection]


def _times(
    table: Table, rows: list[int], one_day: bool
) -> tuple[dict[int, float], dt.date | None, list[str]]:
    column, date_column = _time_columns(table)
    days: list[dt.date | None] = []
    clocks: list[float] = []
    for row in rows:
        cell = table.columns[column][row]
        try:
            if date_column is None:
                day, minute = parse_time(cell)
            else:
                day, minute = parse_date_and_time(table.columns[date_column][row], cell)
        except (ValueError, TypeError):
            raise InputError(
                table.where(row, column),
                f"the time {str(cell)!r}",
                "HH:MM (07:15), or ISO (2024-05-13T07:15)",
                "Correct the time; it is the start of the interval.",
            ) from None
        days.append(day)
        clocks.append(minute)
    return _since_midnight(table, rows, column, days, clocks, one_day)


def _time_columns(table: Table) -> tuple[str, str | None]:
    column = table.find(START_NAMES)
    if column is None:
        raise InputError(
            f"{table.source}, header",
            f"no column 'start' (columns: {', '.join(table.columns)})",
            "a column 'start' with the time at which each interval starts",
            "Add the column, or rename the one that holds the times to 'start'.",
        )
    return column, table.find(DATE_NAMES)


def _since_midnight(
    table: Table,
    rows: list[int],
    column: str,
    days: list[dt.date | None],
    clocks: list[float],
    one_day: bool,
) -> tuple[dict[int, float], dt.date | None, list[str]]:
    first = min((day for day in days if day is not None), default=None)
    if one_day and first is None:
        return dict(zip(rows, clocks, strict=True)), None, []
    try:
        minutes = minutes_of_rows(days, clocks)
    except ValueError:
        bare = next(row for row, day in zip(rows, days, strict=True) if day is None)
        raise InputError(
            table.where(bare, column),
            f"a time without a date ({table.columns[column][bare]}), where others have one",
            "all rows with a date, or none",
            "Write all times in one way.",
        ) from None
    back = [k for k in range(1, len(minutes)) if minutes[k] < minutes[k - 1]]
    warnings = []
    if back and not one_day:
        place = table.row_where(rows[back[0]])
        n = f" ({len(back)} such rows)" if len(back) > 1 else ""
        warnings.append(f"{place}: starts before the row above it{n}; rows were put in order")
    return dict(zip(rows, minutes, strict=True)), first, warnings


def _wide(
    table: Table, rows: list[int], minutes: dict[int, float]
) -> tuple[list[Reading], list[str]]:
    columns = {name: found for name in table.columns if (found := classify(name))}
    if not any(kind == "vehicles" for kind, _ in columns.values()):
        raise InputError(
            f"{table.source}, header",
            f"no column of a movement (columns: {', '.join(table.columns)})",
            "columns NBL, NBT, NBR, SBL, ... (also NBU, NBT_HV, PED_N), or the long form "
            "start, approach, movement, volume",
            "Name the columns by movement.",
        )
    _refuse_same_movement(table, columns)
    readings = [
        Reading(
            minutes[row],
            kind,
            name,
            _value(table, row, column),
            table.where(row, column),
            table.row_where(row),
        )
        for row in rows
        for column, (kind, name) in columns.items()
    ]
    idle = {*START_NAMES, *DATE_NAMES, *SITE_NAMES, *IDLE_NAMES}
    unread = [n for n in table.columns if n not in columns and plain(n) not in idle]
    note = f"{table.source}, header: not read, as no movement has this name: {', '.join(unread)}"
    return readings, [note] if unread else []


def _refuse_same_movement(table: Table, columns: dict[str, tuple[Kind, str]]) -> None:
    seen: dict[tuple[Kind, str], str] = {}
    for column, found in columns.items():
        if found in seen:
            raise InputError(
                f"{table.source}, header",
                f"columns {seen[found]} and {column}, both {found[1]}",
                "one column for each movement",
                "Remove or rename one of them.",
            )
        seen[found] = column


def _long(
    table: Table, rows: list[int], minutes: dict[int, float], turn: str, volume: str
) -> list[Reading]:
    approach = table.find(APPROACH_NAMES)
    readings = []
    for row in rows:
        written = str(table.columns[turn][row])
        leg = str(table.columns[approach][row]) if approach else ""
        found = classify(written) or classify(f"{leg}{written}")
        if found is None:
            raise InputError(
                table.where(row, turn),
                f"movement {f'{leg} {written}'.strip()!r}",
                f"an approach ({', '.join(APPROACHES)}) with U, L, T, R or PED",
                "Write NB and L, or NBL: NB is traffic that is going north.",
            )
        place = table.where(row, volume)
        value = _value(table, row, volume)
        readings.append(Reading(minutes[row], *found, value, place, table.row_where(row)))
    return readings


def _value(table: Table, row: int, column: str) -> float | None:
    cell: Any = table.columns[column][row]
    try:
        value = cell_number(cell)
    except (ValueError, TypeError):
        value = math.inf
    if value is not None and math.isinf(value):
        raise InputError(
            table.where(row, column),
            f"{str(cell)!r}, which is no number of vehicles",
            "a number, or an empty cell for a gap",
            "Correct the cell.",
        )
    return value
