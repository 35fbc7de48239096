"""What others have published, from data/published.toml, in tables of its own beside our runs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
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


Table = tuple[list[str], list[list[str]]]
"""Headings, and lines whose first text is a scenario."""


@dataclass(frozen=True)
class Published:
    """Published figures, the medians of our runs of the same scenarios, and what both are."""

    title: str
    text: str
    theirs: Table
    why_not_comparable: str
    ours: Table


@cache
def sources() -> tuple[Source, ...]:
    """All publications."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Source(**source) for source in table["sources"])


def published_figures(rows: Sequence[Row], text: Callable[[Cell, str], str]) -> list[Published]:
    """One for each publication that has a scenario of these rows; none where there is none.

    `text` writes a measure of a cell, with what went wrong in its runs.
    """
    cells = blocks(rows).get(SAME, {})
    found = [
        (source, {s: c for s, c in cells.items() if label_of(s) in source.best_s})
        for source in sources()
    ]
    return [_published(source, known, text) for source, known in found if known]


def _published(source: Source, cells: Cells, text: Callable[[Cell, str], str]) -> Published:
    methods, cases = source.methods, cases_of(cells)
    theirs = [
        [label_of(s), *(_theirs(source, label_of(s), method) for method in methods)] for s in cells
    ]
    ours = [
        [label_of(s), *(text(own[case], METRIC) if case in own else "" for case in cases)]
        for s, own in cells.items()
    ]
    return Published(
        title=f"Published by {source.name}",
        text=f"{source.source} SUMO {source.sumo_version}. {source.metric}",
        theirs=(["delay, s", *methods], theirs),
        why_not_comparable=(
            f"Medians of these runs, with their intervals, by the same formula ({METRIC}). They "
            f"can't be ranked together with the published figures. {source.why_not_comparable}"
        ),
        ours=(["delay, s", *cases], ours),
    )


def _theirs(source: Source, scenario: str, method: str) -> str:
    best_s = source.best_s[scenario].get(method)
    last_s = source.last_s[scenario].get(method)
    return "–" if best_s is None or last_s is None else f"{best_s:.1f} / {last_s:.1f}"
