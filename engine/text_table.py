"""Tables with a memory of where each cell came from, so that a message can name the place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from .errors import InputError

Column = Sequence[Any] | NDArray[Any]

GAP_WORDS = frozenset({"", "-", "--", "na", "n/a", "nan", "null", "none"})


@dataclass(frozen=True)
class Table:
    """Columns by the name in the file's header, and the line of every row.

    ``lines`` is None for a table that never was text (Parquet): places are then rows from 1.
    """

    source: str
    columns: Mapping[str, Column]
    lines: Sequence[int] | None = None

    @property
    def n_rows(self) -> int:
        """Rows without the header."""
        return len(next(iter(self.columns.values()), ()))

    def row_where(self, row: int) -> str:
        """``counts.csv line 7``."""
        if self.lines is None:
            return f"{self.source} row {row + 1}"
        return f"{self.source} line {self.lines[row]}"

    def where(self, row: int, column: str) -> str:
        """``counts.csv line 7, column NBL``."""
        return f"{self.row_where(row)}, column {column}"

    def find(self, names: Iterable[str]) -> str | None:
        """The first column whose plain name (`plain`) is in ``names``; their order counts."""
        by_plain = {plain(name): name for name in reversed(list(self.columns))}
        return next((by_plain[name] for name in names if name in by_plain), None)


def plain(name: str) -> str:
    """Lower case without blanks and signs: ``Interval Start`` and ``interval_start`` agree."""
    return re.sub(r"[^a-z0-9%]", "", name.lower())


def read_table(text: str, source: str) -> Table:
    """Reads delimited text (comma, semicolon or tab) with a header line.

    Blank lines and lines that start with ``#`` are passed over. Raises InputError for a text
    without a header or rows, a column named twice, and a row with more cells than the header.
    """
    lines = [(k, line) for k, line in _content(text) if line.strip(" \t,;")]
    if not lines:
        raise InputError(
            source, "nothing but blank lines", "a header line and rows", "Give the counts file."
        )
    header_line, header_text = lines[0]
    delimiter = max(",;\t", key=header_text.count)
    header = [cell.strip() for cell in _split(header_text, delimiter)]
    _check_header(header, f"{source} line {header_line}")
    rows = [[cell.strip() for cell in _split(line, delimiter)] for _, line in lines[1:]]
    numbers = [k for k, _ in lines[1:]]
    for number, row in zip(numbers, rows, strict=True):
        if len(header) == 1 and any(row[1:]):
            raise InputError(
                f"{source} line {header_line}",
                f"{header_text.strip()[:80]!r}, which names no columns",
                "a first line with the columns' names, between commas, semicolons or tabs",
                "Take out the lines above the header, or give the file with the counts.",
            )
        if len(row) > len(header) and any(row[len(header) :]):
            raise InputError(
                f"{source} line {number}",
                f"{len(row)} cells",
                f"at most {len(header)}, one per column of the header",
                "Remove the extra separators, or name the columns in the header.",
            )
    columns = {
        name: [row[k] if k < len(row) else "" for row in rows]
        for k, name in enumerate(header)
        if name
    }
    return Table(source, columns, numbers)


def cell_number(cell: Any) -> float | None:
    """The number in a cell, None for a gap (empty, ``n/a``, ``NaN``); ValueError for words."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in GAP_WORDS):
        return None
    value = float(cell)
    return None if value != value else value


def _content(text: str) -> Iterable[tuple[int, str]]:
    for k, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if not line.lstrip().startswith("#"):
            yield k, line


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(line), delimiter=delimiter), [])


def _check_header(header: list[str], where: str) -> None:
    seen: set[str] = set()
    for name in header:
        if name and name.lower() in seen:
            raise InputError(
                f"{where}, column {name}",
                "a column of this name twice",
                "every column once",
                "Rename or remove one of the two.",
            )
        seen.add(name.lower())
