"""Clock times as people write them in count files: minutes since a midnight, and the day."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

DAY_MIN = 1440.0

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*([AaPp])?\.?(?:[Mm]\.?)?$")
_COMPACT = re.compile(r"^(\d{2})(\d{2})$")
_US_DATE = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T]+(.*))?$")


def parse_time(cell: Any) -> tuple[dt.date | None, float]:
    """Day (None for a bare clock time) and minutes since that day's midnight.

    Reads ``07:15``, ``7:15 AM``, ``07:15:30``, ISO (``2024-05-13T07:15``, a zone is
    dropped), ``5/13/2024 7:15`` (month first, as Synchro writes it), `datetime` objects and
    numpy datetimes. Raises ValueError for anything else.
    """
    if hasattr(cell, "astype") and hasattr(cell, "item"):  # a numpy scalar
        cell = cell.astype("datetime64[us]").item() if cell.dtype.kind == "M" else cell.item()
    if isinstance(cell, dt.datetime):
        return cell.date(), _minutes(cell.time())
    if isinstance(cell, dt.time):
        return None, _minutes(cell)
    if not isinstance(cell, str):
        raise ValueError(f"{cell!r} is no clock time")
    text = cell.strip()
    if match := _CLOCK.match(text):
        return None, _clock(match)
    if match := _US_DATE.match(text):
        day = dt.date(int(match[3]), int(match[1]), int(match[2]))
        return day, 0.0 if not match[4] else parse_time(match[4])[1]
    moment = dt.datetime.fromisoformat(text)
    return moment.date(), _minutes(moment.time())


def parse_date_and_time(day_cell: Any, time_cell: Any) -> tuple[dt.date | None, float]:
    """Like `parse_time` for a file with one column for the day and one for the time.

    Here a time without a colon is allowed (``0715``), as UTDF volume tables have it.
    """
    if isinstance(time_cell, int):
        time_cell = f"{time_cell:04d}"
    if isinstance(time_cell, str) and (match := _COMPACT.match(time_cell.strip().zfill(4))):
        time_cell = f"{match[1]}:{match[2]}"
    day = parse_time(day_cell)[0] if isinstance(day_cell, str) else day_cell
    if isinstance(day, dt.datetime):
        day = day.date()
    return day, parse_time(time_cell)[1]


def format_minutes(minutes: float) -> str:
    """``07:15`` for 435; ``+1d 00:15`` for the day after the first one."""
    days, rest_s = divmod(round(minutes * 60), round(DAY_MIN * 60))
    hours, rest_s = divmod(rest_s, 3600)
    seconds = f":{rest_s % 60:02d}" if rest_s % 60 else ""
    clock = f"{hours:02d}:{rest_s // 60:02d}{seconds}"
    return f"+{days}d {clock}" if days else clock


def minutes_of_rows(days: list[dt.date | None], minutes: list[float]) -> list[float]:
    """Minutes since the midnight of the first row's day, for every row.

    Bare clock times that step back by more than 12 hours have passed midnight.
    Raises ValueError where some rows have a day and some have none.
    """
    known = [day for day in days if day is not None]
    if known and len(known) != len(days):
        raise ValueError("some rows have a date and some have none")
    if known:
        first = min(known)
        return [(d - first).days * DAY_MIN + m for d, m in zip(known, minutes, strict=True)]
    result: list[float] = []
    carry = 0.0
    for k, value in enumerate(minutes):
        if k and minutes[k - 1] - value > DAY_MIN / 2:
            carry += DAY_MIN
        result.append(carry + value)
    return result


def _clock(match: re.Match[str]) -> float:
    hour, minute, half = int(match[1]), int(match[2]), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"hour {hour} with am or pm")
        hour = hour % 12 + (12 if half == "p" else 0)
    second = float(match[3] or 0.0)
    if hour > 23 or minute > 59 or second >= 60:
        raise ValueError(f"{match[0]!r} is not a time of day")
    return hour * 60 + minute + second / 60


def _minutes(clock: dt.time) -> float:
    return clock.hour * 60 + clock.minute + (clock.second + clock.microsecond / 1e6) / 60
