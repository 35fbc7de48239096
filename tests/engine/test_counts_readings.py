"""Cells of a counts file as readings, and how its form is known."""

from __future__ import annotations

import datetime as dt

import pytest

from greenband.engine.counts_readings import Reading, is_turning_counts, readings_of
from greenband.engine.errors import InputError
from greenband.engine.text_table import Table, read_table


def read(text: str, intersection: str | None = None) -> list[Reading]:
    return readings_of(read_table(text, "c.csv"), intersection)[0]


def test_each_cell_is_a_reading_with_its_place() -> None:
    first, second = read("start,NBT,NBT_HV\n07:00,10,2\n")
    assert first == Reading(
        420.0, "vehicles", "NBT", 10.0, "c.csv line 2, column NBT", "c.csv line 2"
    )
    assert (second.kind, second.name, second.value) == ("heavy", "NBT", 2.0)


def test_both_forms_give_the_same_readings() -> None:
    wide = read("start,NBL,NBT\n07:00,1,2\n07:15,3,4\n")
    long = read(
        "start,approach,turn,volume\n07:00,NB,L,1\n07:00,NB,T,2\n07:15,NB,L,3\n07:15,NB,T,4\n"
    )
    assert [(r.minute, r.name, r.value) for r in wide] == [
        (r.minute, r.name, r.value) for r in long
    ]


def test_the_long_form_sorted_by_movement_does_not_pass_midnight() -> None:
    rows = ["05:00,NB,L,1", "18:00,NB,L,2", "05:00,NB,T,3", "18:00,NB,T,4"]
    minutes = [r.minute for r in read("start,approach,turn,volume\n" + "\n".join(rows))]
    assert minutes == [300.0, 1080.0, 300.0, 1080.0]


def test_a_day_is_that_of_the_first_row_in_time() -> None:
    table = read_table("start,NBT\n2024-05-14T07:00,1\n2024-05-13T07:00,2\n", "c.csv")
    readings, day, warnings = readings_of(table)
    assert day == dt.date(2024, 5, 13)
    assert [r.minute for r in readings] == [1860.0, 420.0]
    assert "starts before the row above it" in warnings[0]


@pytest.mark.parametrize(
    ("names", "answer"),
    [
        (["start", "NBL"], True),
        (["NBL", "NBT"], True),  # a start may be missing: that message comes later
        (["start", "approach", "turn", "volume"], True),
        (["start", "PED_N"], True),
        (["start", "detector", "volume"], False),
        (["TimeStamp", "DeviceId", "EventId", "Parameter"], False),
        (["start", "movement"], False),
        ([], False),
    ],
)
def test_a_counts_file_is_known_by_its_header(names: list[str], answer: bool) -> None:
    assert is_turning_counts(names) is answer


@pytest.mark.parametrize("column", ["start", "Start Time", "interval_begin", "Time", "DateTime"])
def test_the_start_has_many_names(column: str) -> None:
    assert read(f"{column},NBT\n07:00,1\n")[0].minute == 420.0


def test_cells_may_be_numbers_and_times_already() -> None:
    table = Table("c.parquet", {"start": [dt.datetime(2024, 5, 13, 7)], "NBT": [3]})
    (reading,), day, _ = readings_of(table)
    assert (reading.value, reading.where) == (3.0, "c.parquet row 1, column NBT")
    assert day == dt.date(2024, 5, 13)


def test_a_cell_that_is_no_number_of_any_kind_is_refused() -> None:
    table = Table("c.parquet", {"start": ["07:00"], "NBT": [object()]})
    with pytest.raises(InputError) as caught:
        readings_of(table)
    assert caught.value.where == "c.parquet row 1, column NBT"


def test_rows_of_one_intersection_are_picked() -> None:
    text = "start,node,NBT\n07:00,1,5\n07:00,2,6\n"
    assert [r.value for r in read(text, "2")] == [6.0]
    with pytest.raises(InputError, match="2 intersections"):
        read(text)
