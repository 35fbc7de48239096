"""Clock times in every way that count files write them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.times import (
    format_minutes,
    minutes_of_rows,
    parse_date_and_time,
    parse_time,
)

DAY = dt.date(2024, 5, 13)


@pytest.mark.parametrize(
    ("cell", "day", "minutes"),
    [
        ("07:15", None, 435.0),
        (" 7:15 ", None, 435.0),
        ("07:15:30", None, 435.5),
        ("7:15 AM", None, 435.0),
        ("7:15pm", None, 1155.0),
        ("12:00 AM", None, 0.0),
        ("12:30 p.m.", None, 750.0),
        ("2024-05-13T07:15", DAY, 435.0),
        ("2024-05-13 07:15:30", DAY, 435.5),
        ("2024-05-13T07:15:00+02:00", DAY, 435.0),
        ("2024-05-13", DAY, 0.0),
        ("5/13/2024 7:15", DAY, 435.0),
        ("05/13/2024 7:15 PM", DAY, 1155.0),
        ("5/13/2024", DAY, 0.0),
        (dt.datetime(2024, 5, 13, 7, 15), DAY, 435.0),
        (dt.time(7, 15), None, 435.0),
        (np.datetime64("2024-05-13T07:15:00.000000000"), DAY, 435.0),
    ],
)
def test_times_that_are_read(cell: Any, day: dt.date | None, minutes: float) -> None:
    assert parse_time(cell) == (day, minutes)


@pytest.mark.parametrize(
    "cell",
    ["", "7", "24:00", "07:60", "07:15:60", "0:30 AM", "13:00 PM", "13/5/2024 07:15",
     "2024-02-30T07:00", "noon", 435, 7.25, None, np.float64(3.0)],
)  # fmt: skip
def test_times_that_are_not(cell: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller words the message
        parse_time(cell)


@pytest.mark.parametrize(
    ("day", "clock", "minutes"),
    [
        ("05/13/2024", "0715", 435.0),
        ("05/13/2024", "715", 435.0),
        ("2024-05-13", "07:15", 435.0),
        ("2024-05-13", 715, 435.0),
        (DAY, "07:15", 435.0),
        (dt.datetime(2024, 5, 13), dt.time(7, 15), 435.0),
    ],
)
def test_a_date_in_a_column_of_its_own(day: Any, clock: Any, minutes: float) -> None:
    assert parse_date_and_time(day, clock) == (DAY, minutes)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "00:00"), (435, "07:15"), (435.5, "07:15:30"), (1440, "+1d 00:00"), (3315, "+2d 07:15")],
)
def test_minutes_are_shown_as_a_clock(minutes: float, text: str) -> None:
    assert format_minutes(minutes) == text


@given(st.integers(0, 1439))
def test_what_is_shown_is_read_back(minutes: int) -> None:
    assert parse_time(format_minutes(minutes)) == (None, float(minutes))


def test_rows_of_several_days_count_from_the_first_midnight() -> None:
    next_day = DAY + dt.timedelta(days=1)
    assert minutes_of_rows([DAY, next_day], [1425.0, 0.0]) == [1425.0, 1440.0]
    assert minutes_of_rows([next_day, DAY], [0.0, 1425.0]) == [1440.0, 1425.0]


def test_a_small_step_back_is_disorder_and_a_large_one_is_midnight() -> None:
    assert minutes_of_rows([None] * 3, [435.0, 420.0, 450.0]) == [435.0, 420.0, 450.0]
    assert minutes_of_rows([None] * 3, [1410.0, 1425.0, 0.0]) == [1410.0, 1425.0, 1440.0]
    assert minutes_of_rows([None] * 4, [1425.0, 0.0, 1425.0, 0.0]) == [1425, 1440, 2865, 2880]


def test_rows_with_and_without_a_date_do_not_mix() -> None:
    with pytest.raises(ValueError, match="some rows have a date"):
        minutes_of_rows([DAY, None], [0.0, 15.0])
