"""What each disturbance costs a controller: the same seeds with it and without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from greenband.controllers.disturbance import NONE

from .bench_tables import Block, Cell, Cells, both_of, interval_text, label_of
from .statistics import paired

COST_TEXT = (
    "The delay of the undisturbed runs, and how much more it is on the same seeds under each "
    "disturbance."
)


@dataclass(frozen=True)
class CostTable:
    """A table as texts; `lines` are by scenario and case."""

    title: str
    headings: tuple[str, ...]
    lines: list[list[str]]


def cost_tables(found: Mapping[Block, Cells]) -> list[CostTable]:
    """One for each demand and league that was run both undisturbed and disturbed."""
    tables = []
    for block, cells in found.items():
        others = [b for b in found if b != block and b._replace(disturbance=NONE.name) == block]
        if block.disturbance != NONE.name or not others:
            continue
        lines = [
            [
                f"{label_of(s)}, {c}",
                _delay(cell),
                *(_cost(cell, _of(found, b, s, c)) for b in others),
            ]
            for s, cases in cells.items()
            for c, cell in cases.items()
        ]
        headings = ("delay, s", "undisturbed", *(b.disturbance for b in others))
        tables.append(CostTable(f"Price of disturbances, {block}", headings, lines))
    return tables


def _of(found: Mapping[Block, Cells], block: Block, scenario: str, case: str) -> Cell | None:
    return found[block].get(scenario, {}).get(case)


def _delay(cell: Cell) -> str:
    return interval_text(cell.interval())


def _cost(without: Cell, with_it: Cell | None) -> str:
    """The median of the differences on the same seeds, and how many more of them gridlocked."""
    pairs = both_of(with_it, without) if with_it is not None else []
    if with_it is None or not pairs:
        return "–"
    text = interval_text(paired([a for a, _ in pairs], [b for _, b in pairs]).difference)
    return text if with_it.gridlocked <= without.gridlocked else f"{text}, {_stuck(with_it)}"


def _stuck(cell: Cell) -> str:
    return f"{cell.gridlocked} of {len(cell.done)} gridlocked"
