"""The rows behind a report's figures: where each cell's are listed, and what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from .bench_markdown import MEASURES
from .bench_tables import Block, Cell, Cells, label_of
from .rows import Row

COUNTS = (
    ("gridlock", "gridlocked"),
    ("unfinished", "unfinished"),
    ("never_inserted", "never entered"),
    ("refusals", "refusals"),
)
TIMES = (("decision_ms", "decision, ms"), ("decision_99_ms", "99th percentile, ms"))
PLACES = dict[tuple[Block, str, str], str]


def places(found: Mapping[Block, Cells]) -> PLACES:
    """By block, scenario and case, the place on the page at which its rows are listed."""
    number = count(1)
    return {(b, s, c): f"rows{next(number)}" for b, s, c, _ in _each(found)}


def _each(found: Mapping[Block, Cells]) -> Iterator[tuple[Block, str, str, Cell]]:
    for block, cells in found.items():
        for scenario, cases in cells.items():
            for case, cell in cases.items():
                yield block, scenario, case, cell


def every_run(found: Mapping[Block, Cells]) -> dict[str, Any]:
    """Headings, and for each cell its place, its name, and a line for each of its rows.

    Every measure that some row has is a column, so that a figure of the tables is the median of
    what stands here.
    """
    done = [row["result"] for _, _, _, cell in _each(found) for row in cell.done]
    shown = [m for m in MEASURES if any(r.get(m[0]) is not None for r in done)]
    where = places(found)
    headings = [text for _, text, _ in shown]
    headings += [text for _, text in COUNTS] + ["violations"] + [text for _, text in TIMES]
    groups = [
        (where[b, s, c], f"{label_of(s)}, {c}, {b}", [_line(row, shown) for row in cell.rows])
        for b, s, c, cell in _each(found)
    ]
    return {"headings": ["row", *headings], "groups": groups}


def _line(row: Row, shown: Sequence[tuple[str, str, int]]) -> list[str]:
    result = row["result"]
    if result is None:
        return [row["key"], "failed", *[""] * (len(shown) + len(COUNTS) + len(TIMES))]
    texts = [_figure(result.get(name), digits + 1) for name, _, digits in shown]
    texts += [_count(result.get(name)) for name, _ in COUNTS]
    texts.append(_count(result["audit"]["violations"]))
    return [row["key"], *texts, *(_figure(result.get(name), 3) for name, _ in TIMES)]


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _count(value: int | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def made_of(rows: Sequence[Row]) -> list[str]:
    """What the rows were made of: the code, and the scenarios' files, by their digests."""
    code = sorted({row["code"]["greenband"] for row in rows})
    files = {
        f"{label_of(row['spec']['scenario'])} {row['result']['scenario_digest']}"
        for row in rows
        if row["result"] is not None
    }
    own = {
        f"{row['spec']['controller']} {row['code']['controller']}"
        for row in rows
        if row["code"]["controller"]
    }
    parts = (("Greenband's code", code), ("Scenarios", sorted(files)), ("Controllers", sorted(own)))
    return [f"{name}: {', '.join(texts)}." for name, texts in parts if texts]
