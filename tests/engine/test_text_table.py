"""Delimited text as columns that remember their lines."""

from __future__ import annotations

import math
from typing import Any

import pytest

from greenband.engine.errors import InputError
from greenband.engine.text_table import Table, cell_number, plain, read_table


def test_cells_are_stripped_and_lines_remembered() -> None:
    table = read_table("# note\n\n start , NBL \n07:00, 3\n\n07:15,4 \n", "c.csv")
    assert table.columns == {"start": ["07:00", "07:15"], "NBL": ["3", "4"]}
    assert table.n_rows == 2
    assert table.where(1, "NBL") == "c.csv line 6, column NBL"


def test_a_table_without_text_counts_its_rows() -> None:
    table = Table("c.parquet", {"NBL": [1, 2]})
    assert table.where(1, "NBL") == "c.parquet row 2, column NBL"
    assert Table("empty", {}).n_rows == 0


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_what_the_header_uses(delimiter: str) -> None:
    table = read_table(f'start{delimiter}"N{delimiter}L"\n07:00{delimiter}3\n', "c.csv")
    assert list(table.columns) == ["start", f"N{delimiter}L"]


def test_columns_are_found_by_plain_name_in_the_order_asked() -> None:
    table = Table("c", {"Time": [], "Interval Start": [], "INTERVAL_START ": []})
    assert table.find(("intervalstart", "time")) == "Interval Start"
    assert table.find(("time",)) == "Time"
    assert table.find(("day",)) is None
    assert plain(" Occ. % ") == "occ%"


def test_unnamed_columns_are_dropped_and_trailing_separators_are_no_cells() -> None:
    table = read_table("start,NBL,,\n07:00,3,,\n,,,\n07:15,4,,\n", "c.csv")
    assert table.columns == {"start": ["07:00", "07:15"], "NBL": ["3", "4"]}


@pytest.mark.parametrize(
    ("text", "where"),
    [("", "c.csv"), (",,\n", "c.csv"), ("a,b,A\n1,2,3\n", "c.csv line 1, column A"),
     ("a,b\n1,2\n1,2,3\n", "c.csv line 3")],
)  # fmt: skip
def test_what_is_no_table_is_refused(text: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        read_table(text, "c.csv")
    assert caught.value.where == where


@pytest.mark.parametrize("cell", ["", " ", "-", "NaN", "n/a", "NULL", None, math.nan])
def test_gaps(cell: Any) -> None:
    assert cell_number(cell) is None


@pytest.mark.parametrize(("cell", "value"), [("3", 3.0), (" 2.5 ", 2.5), (4, 4.0), ("-1", -1.0)])
def test_numbers(cell: Any, value: float) -> None:
    assert cell_number(cell) == value


@pytest.mark.parametrize("cell", ["three", "3 cars", "1,5"])
def test_words_are_no_numbers(cell: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        cell_number(cell)


@pytest.mark.parametrize("first", ["Site: 5th Avenue", '<?xml version="1.0"?>'])
def test_a_first_line_that_is_no_header(first: str) -> None:
    with pytest.raises(InputError) as caught:
        read_table(f"{first}\nstart,NBT\n07:00,3\n", "counts.csv")
    assert caught.value.where == "counts.csv line 1"
    assert first in caught.value.found
    assert "above the header" in caught.value.do
