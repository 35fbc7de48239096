"""A search that spends the same number of runs on every controller.

Explore: the defaults and a Latin hypercube over all that is allowed, on a few seeds. Refine: a
Latin hypercube in a box around the best of these, on the same seeds. Decide: the best three and
the defaults on all seeds. The same seeds for all, so that luck is shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from statistics import mean, median
from typing import NamedTuple

import numpy as np

from greenband.controllers.parameters import Parameter
from greenband.engine.errors import InputError

FINALISTS = 3
LEAST_SETS = 8
EXPLORED_RATIO = 0.6
BOX_RATIO = 0.35
"""Width of the refined box against what is allowed."""
DIGITS = 3
"""Of what is tried, so that a parameter can be read."""

Values = dict[str, float]


@dataclass(frozen=True)
class Schedule:
    """How a budget is spent.

    `explored` sets (the defaults are one) and `refined` ones run on the first `screening` of
    `seeds` seeds; then the defaults and `FINALISTS` of them on the others, too.
    """

    explored: int
    refined: int
    screening: int
    seeds: int

    @property
    def runs(self) -> int:
        """All runs: never more than the budget, and fewer than `screening` less."""
        return (self.explored + self.refined) * self.screening + _deciding(
            self.seeds, self.screening
        )


def schedule(budget: int, seeds: int) -> Schedule:
    """How `budget` runs are spent on so many seeds. Raises InputError where they are too few."""
    screening = max(1, round(seeds / 3))
    rest = budget - _deciding(seeds, screening)
    if rest < LEAST_SETS * screening:
        least = LEAST_SETS * screening + _deciding(seeds, screening)
        raise InputError(
            "budget of a tuning",
            f"{budget} runs on {seeds} seeds",
            f"{least} runs or more: {LEAST_SETS} sets are to be compared at least",
            "Raise --budget, or give fewer --seeds.",
        )
    sets = rest // screening
    explored = ceil(EXPLORED_RATIO * sets)
    return Schedule(explored, sets - explored, screening, seeds)


def _deciding(seeds: int, screening: int) -> int:
    return (FINALISTS + 1) * (seeds - screening)


def latin_hypercube(
    parameters: Sequence[Parameter],
    sets: int,
    rng: np.random.Generator,
    around: Mapping[str, float] | None = None,
) -> list[Values]:
    """So many sets; of each parameter's range, or of a box `around` a set, every part is met once.

    McKay et al. (1979), "A comparison of three methods for selecting values of input variables",
    Technometrics 21.
    """
    columns: dict[str, list[float]] = {}
    for p in parameters:
        low, high = (p.low, p.high) if around is None else _box(p, around.get(p.name, p.default))
        part = (rng.permutation(sets) + rng.random(sets)) / max(sets, 1)
        columns[p.name] = [_rounded(v, p) for v in (low + part * (high - low)).tolist()]
    return [{name: column[k] for name, column in columns.items()} for k in range(sets)]


def _box(p: Parameter, centre: float) -> tuple[float, float]:
    """Of full width also at an end of the range."""
    width = BOX_RATIO * (p.high - p.low)
    low = min(max(centre - width / 2.0, p.low), p.high - width)
    return low, low + width


def _rounded(value: float, p: Parameter) -> float:
    return min(max(float(f"{value:.{DIGITS}g}"), p.low), p.high)


class Outcome(NamedTuple):
    """What some runs of one set in one scenario gave.

    `bad` is how many gridlocked or failed; `delay_s` the median strict delay, infinite where most
    failed.
    """

    runs: int
    bad: int
    delay_s: float


def outcome(runs: Sequence[tuple[bool, float | None]]) -> Outcome:
    """Of (whether it gridlocked or failed, delay in seconds or None) for each run."""
    delays = [inf if delay_s is None else delay_s for _, delay_s in runs]
    return Outcome(len(runs), sum(bad for bad, _ in runs), median(delays))


class Score(NamedTuple):
    """Less is better: first fewer bad runs, then the mean ratio of delays to the defaults'."""

    bad_ratio: float
    delay_ratio: float


def score(found: Sequence[Outcome], defaults: Sequence[Outcome]) -> Score:
    """Of one set over all scenarios, and of the defaults over the same scenarios and seeds."""
    return Score(
        mean(own.bad / own.runs for own in found),
        mean(_ratio(own, default) for own, default in zip(found, defaults, strict=True)),
    )


def _ratio(own: Outcome, default: Outcome) -> float:
    if own.delay_s == default.delay_s:
        return 1.0
    return inf if default.delay_s == 0.0 else own.delay_s / default.delay_s


def best_first(scores: Sequence[Score]) -> list[int]:
    """The places of all sets, best first; of equal ones the one that comes first."""
    return sorted(range(len(scores)), key=lambda k: (scores[k], k))
