"""What others have published, from data/published.toml, in tables of its own beside our runs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .bench_tables import Block, Cell, Cells, blocks, cases_of, label_of
from .rows import Row

FILE = Path(__file__).parent / "data" / "published.toml"
SAME = Block("none", "published", "resco")
"""The runs that come nearest to what is published: their demand, their rules."""
METRIC = "delay_resco_s"

Figures = Mapping[str, Mapping[str, float]]
"""By scenario and method, in seconds per vehicle."""


@dataclass(frozen=True)
class Source:
    """One publication.

    Attributes
    ----------
    source : where it is found. metric : what its figures are, in words.
    best_s, last_s : of the best episode, and the mean of the last ones.
    """

    name: str
    source: str
    sumo_version: str
    metric: str
    why_not_comparable: str
    best_s: Figures
    last_s: Figures

    @property
    def methods(self) -> list[str]:
        """Everything that it has a figure of."""
        return list(dict.fromkeys(method for own in self.best_s.values() for method in own))


@dataclass(frozen=True)
class PublishedTable:
    """Published figures beside medians of our runs: headings and lines of text, and what they are.

    The first column is the scenario's name, the next `published` are theirs, the others ours.
    """

    title: str
    headings: list[str]
    lines: list[list[str]]
    published: int
    text: str


@cache
def sources() -> tuple[Source, ...]:
    """All publications."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Source(**source) for source in table["sources"])


def published_tables(rows: Sequence[Row]) -> list[PublishedTable]:
    """One for each publication that has a scenario of these rows; none where there is none."""
    cells = blocks(rows).get(SAME, {})
    return [table for source in sources() if (table := _table(source, cells)).lines]


def _table(source: Source, cells: Cells) -> PublishedTable:
    known = {s: own for s, own in cells.items() if label_of(s) in source.best_s}
    cases = cases_of(known)
    methods = source.methods
    lines = [
        [
            label_of(s),
            *(_theirs(source, label_of(s), method) for method in methods),
            *(_ours(own.get(case)) for case in cases),
        ]
        for s, own in known.items()
    ]
    headings = [f"{source.name}: {method}" for method in methods]
    return PublishedTable(
        title=f"Published by {source.name}, beside these runs",
        headings=["delay, s", *headings, *(f"here: {case}" for case in cases)],
        lines=lines,
        published=len(methods),
        text=(
            f"{source.source} SUMO {source.sumo_version}. {source.metric} Here: medians of "
            f"{METRIC}, by the same formula. The two can't be ranked together. "
            f"{source.why_not_comparable}"
        ),
    )


def _theirs(source: Source, scenario: str, method: str) -> str:
    best_s = source.best_s[scenario].get(method)
    last_s = source.last_s[scenario].get(method)
    return "–" if best_s is None or last_s is None else f"{best_s:.1f} / {last_s:.1f}"


def _ours(cell: Cell | None) -> str:
    interval = None if cell is None else cell.interval(METRIC)
    return "–" if interval is None else f"{interval.median:.1f}"
