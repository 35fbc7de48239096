"""The delays of a suite as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from greenband.benchmarks.bench_markdown import cell_notes
from greenband.benchmarks.bench_tables import Cell, blocks, cases_of, interval_text, label_of
from greenband.benchmarks.rows import Row


def delay_tables(rows: Sequence[Row]) -> Iterator[Table]:
    """A table for each group of runs that can be compared."""
    for block, cells in blocks(rows).items():
        cases = cases_of(cells)
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title=f"Delay, s: {block}", title_style="b")
        table.add_column("scenario", no_wrap=True)
        for case in cases:
            table.add_column(case.replace("@", "\n"), justify="right")
        for scenario, own in cells.items():
            table.add_row(label_of(scenario), *(_text(own.get(case)) for case in cases))
        yield table


def _text(cell: Cell | None) -> Text:
    if cell is None:
        return Text("")
    # the interval in a line of its own, narrow enough for five cases in 80 columns
    text = Text(interval_text(cell.interval()).replace(" (", "\n").replace(" to ", "-").rstrip(")"))
    for note in cell_notes(cell):
        text.append(f"\n{note}", style="red")
    return text
