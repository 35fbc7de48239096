"""What the rows of a suite say: medians with intervals, paired differences, ranks.

Failed runs are counted, never left out silently, and so are gridlocked ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from greenband.controllers.catalogue import CATALOGUE
from greenband.controllers.parameters import split_spec

from .rows import Row
from .statistics import Interval, Paired, Ranks, holm, median_interval, paired, ranks

DELAY = "delay_s"


class Block(NamedTuple):
    """Runs that can be compared: under the same disturbance, demand and rules."""

    disturbance: str
    demand: str
    league: str

    def __str__(self) -> str:
        text = f"{self.demand} demand, {self.league} rules"
        return text if self.disturbance == "none" else f"{text}, {self.disturbance}"


@dataclass(frozen=True)
class Cell:
    """One controller in one scenario: its rows, and its delay over the seeds that ended."""

    rows: tuple[Row, ...]

    @property
    def done(self) -> list[Row]:
        """The rows with figures."""
        return [row for row in self.rows if row["status"] == "done"]

    @property
    def failed(self) -> list[Row]:
        """The rows without."""
        return [row for row in self.rows if row["status"] != "done"]

    @property
    def gridlocked(self) -> int:
        """Seeds on which some lane was gridlocked."""
        return sum(bool(row["result"]["gridlock"]) for row in self.done)

    def interval(self, measure: str = DELAY) -> Interval | None:
        """The median of a measure; None where no run, or not every one, has it."""
        values = [row["result"].get(measure) for row in self.done]
        known = [float(v) for v in values if v is not None]
        return median_interval(known) if known and len(known) == len(values) else None

    def by_seed(self) -> dict[int, float]:
        """The delay of each seed that ended and had vehicles."""
        delays = {row["spec"]["seed"]: row["result"][DELAY] for row in self.done}
        return {seed: float(delay_s) for seed, delay_s in delays.items() if delay_s is not None}


Cells = dict[str, dict[str, Cell]]
"""By scenario and case."""


def case_of(row: Row) -> str:
    """A controller with what it sees: ``actuated@loops``; `program` sees nothing.

    With tuned numbers it is ``actuated (tuned)@loops``.
    """
    spec = row["spec"]
    variant = spec.get("variant", "")
    name = split_spec(spec["controller"])[0] if variant else spec["controller"]
    entry = CATALOGUE.get(name)
    untouched = entry is not None and entry.untouched
    name = Path(name).name + f" ({variant})" * bool(variant)  # a user's file without its folders
    return name if untouched else f"{name}@{spec['info']}"


def blocks(rows: Iterable[Row]) -> dict[Block, Cells]:
    """All cells, in the order in which the rows come."""
    found: dict[Block, dict[str, dict[str, list[Row]]]] = {}
    for row in rows:
        spec = row["spec"]
        block = Block(spec["disturbance"]["name"], spec["demand"], spec["league"])
        cases = found.setdefault(block, {}).setdefault(spec["scenario"], {})
        cases.setdefault(case_of(row), []).append(row)
    return {
        block: {
            scenario: {case: Cell(tuple(own)) for case, own in cases.items()}
            for scenario, cases in scenarios.items()
        }
        for block, scenarios in found.items()
    }


def label_of(scenario: str) -> str:
    """A scenario's name in tables: of a file, its own without the folders."""
    return Path(scenario).name.removesuffix(".sumocfg")


def interval_text(interval: Interval | None, digits: int = 1) -> str:
    """A median with its interval, such as 22.4 (22.0 to 22.9)."""
    if interval is None:
        return "–"
    middle, low, high = (f"{v:.{digits}f}" for v in (interval.median, interval.low, interval.high))
    return middle if interval.n == 1 else f"{middle} ({low} to {high})"


def cases_of(cells: Cells) -> list[str]:
    """Every case of a block, in order."""
    return list(dict.fromkeys(case for cases in cells.values() for case in cases))


@dataclass(frozen=True)
class Comparison:
    """A paired difference with a p-value that is adjusted for all of its scenario (Holm)."""

    paired: Paired
    adjusted_p: float


def comparisons(cells: Cells, reference: str) -> dict[str, dict[str, Comparison]]:
    """By scenario and case: the case minus the reference, over the seeds that both ended."""
    table: dict[str, dict[str, Comparison]] = {}
    for scenario, cases in cells.items():
        if reference not in cases:
            continue
        pairs: dict[str, Paired] = {}
        for case, cell in cases.items():
            both = both_of(cell, cases[reference])
            if case != reference and both:
                pairs[case] = paired([a for a, _ in both], [b for _, b in both])
        adjusted = holm({case: pair.p_value for case, pair in pairs.items()})
        if pairs:
            table[scenario] = {c: Comparison(pair, adjusted[c]) for c, pair in pairs.items()}
    return table


def both_of(a: Cell, b: Cell) -> list[tuple[float, float]]:
    """The delays of two cells on the seeds that both ended."""
    first, second = a.by_seed(), b.by_seed()
    return [(first[seed], second[seed]) for seed in first if seed in second]


def rank_table(cells: Cells) -> Ranks | None:
    """Ranks over scenarios by median delay; None where too few can be compared."""
    figures: dict[str, dict[str, float]] = {case: {} for case in cases_of(cells)}
    for scenario, cases in cells.items():
        for case, cell in cases.items():
            interval = cell.interval()
            if interval is not None:
                figures[case][scenario] = interval.median
    return ranks(figures)


@dataclass(frozen=True)
class Price:
    """What street rules cost a controller: `street` minus `resco`, on the same seeds."""

    scenario: str
    case: str
    street: Interval
    resco: Interval
    paired: Paired


def price_of_legality(found: Mapping[Block, Cells]) -> dict[str, list[Price]]:
    """By disturbance and demand, for each controller that ran under both rules."""
    prices: dict[str, list[Price]] = {}
    for block, cells in found.items():
        other = found.get(block._replace(league="resco"))
        if block.league != "street" or other is None:
            continue
        name = block.demand if block.disturbance == "none" else f"{block.demand}, {block[0]}"
        for scenario, cases in cells.items():
            for case, cell in cases.items():
                price = _price(scenario, case, cell, other.get(scenario, {}).get(case))
                if price is not None:
                    prices.setdefault(name, []).append(price)
    return prices


def _price(scenario: str, case: str, street: Cell, resco: Cell | None) -> Price | None:
    both = both_of(street, resco) if resco is not None else []
    before = resco.interval() if resco is not None else None
    after = street.interval()
    if not both or before is None or after is None or case in CATALOGUE:  # `program` has no rules
        return None
    difference = paired([a for a, _ in both], [b for _, b in both])
    return Price(scenario, case, after, before, difference)


def failures(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Key and reason of every run that failed."""
    return [(row["key"], row["reason"]) for row in rows if row["status"] != "done"]
