"""The delays of a suite as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from greenband.benchmarks.bench_markdown import cell_notes
from greenband.benchmarks.bench_tables import (
    Cell,
    Cells,
    blocks,
    cases_of,
    interval_text,
    label_of,
)
from greenband.benchmarks.rows import Row

GAP = 3
"""Between two columns, with the box's own line."""


def delay_tables(rows: Sequence[Row], width: int) -> Iterator[Table]:
    """For each group of runs that can be compared as many tables as `width` letters need.

    No figure is cut: cases that don't fit beside the others are in a table below.
    """
    for block, cells in blocks(rows).items():
        for k, cases in enumerate(_side_by_side(cells, width)):
            title = f"Delay, s: {block}" + ", more controllers" * bool(k)
            yield _table(cells, cases, title)


def _table(cells: Cells, cases: Sequence[str], title: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_style="b")
    table.add_column("scenario", overflow="fold")
    for case in cases:
        table.add_column(_heading(case), justify="right", no_wrap=True)
    for scenario, own in cells.items():
        table.add_row(label_of(scenario), *(_text(own.get(case)) for case in cases))
    return table


def _side_by_side(cells: Cells, width: int) -> Iterator[list[str]]:
    """The cases, as many in a list as fit; each list has one at least."""
    first = max(len(text) for text in ("scenario", *map(label_of, cells)))
    cases: list[str] = []
    left = room = width - first - GAP
    for case in cases_of(cells):
        texts = [_heading(case), *(_text(own.get(case)).plain for own in cells.values())]
        needed = max(len(line) for text in texts for line in text.split("\n")) + GAP
        if cases and needed > left:
            yield cases
            cases, left = [], room
        cases.append(case)
        left -= needed
    yield cases


def _heading(case: str) -> str:
    """In lines of its own what it sees, which numbers, and the class behind a file."""
    return case.replace("@", "\n").replace(" (", "\n(").replace(":", ":\n")


def _text(cell: Cell | None) -> Text:
    if cell is None:
        return Text("")
    # the interval in a line of its own, narrow enough for five cases in 80 columns
    text = Text(interval_text(cell.interval()).replace(" (", "\n").replace(" to ", "-").rstrip(")"))
    for note in cell_notes(cell):
        count, _, what = note.rpartition(" ")
        text.append(f"\n{count}\n{what}", style="red")
    return text
