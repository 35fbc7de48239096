"""Statistics of paired runs: medians with intervals, paired differences, ranks over scenarios.

Everything is resistant to a few wild runs: a gridlocked seed moves a median by one place, and is
counted beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LEVEL = 0.95
RESAMPLES = 9_999
SEED = 20_250
MOST_EXACT = 16
"""Pairs up to which every sign is tried; 65,536 of them."""
DRAWN_SIGNS = 50_000
LEAST_SEEDS = 6
"""With fewer the bootstrap interval of a median goes from the least to the greatest value, and the
least p-value, two of all signs, is above 1 - LEVEL."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A median and its bootstrap interval at LEVEL; without spread where there is one value."""

    median: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Paired:
    """The same seeds under two controllers, `a` minus `b`.

    `difference` is the median of the differences with its bootstrap interval. `p_value` is of the
    sign-flip test of Wilcoxon's signed ranks (two-sided, exact up to MOST_EXACT pairs): how often
    so large a difference comes about where the two are alike. `better`: seeds on which a is lower.
    """

    difference: Interval
    p_value: float
    better: int


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over scenarios, 1 the lowest delay, and Friedman's test that all are alike.

    Two controllers differ where their mean ranks differ by more than `critical_difference`
    (Nemenyi at LEVEL). `scenarios` are those in which each of them has a figure.
    """

    mean_rank: dict[str, float]
    p_value: float
    critical_difference: float
    scenarios: tuple[str, ...]


def median_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """The median with a percentile bootstrap interval; the same values give the same interval.

    Raises ValueError for no values. Source: Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, ch. 13.
    """
    data = np.sort(np.asarray(values, float))
    if not data.size:
        raise ValueError("no values")
    drawn = np.random.default_rng(SEED).integers(0, data.size, (RESAMPLES, data.size))
    medians = np.median(data[drawn], axis=1)
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(medians, [tail, 100.0 - tail])
    return Interval(float(np.median(data)), float(low), float(high), int(data.size))


def paired(a: Sequence[float], b: Sequence[float], level: float = LEVEL) -> Paired:
    """Compare two controllers on the same seeds, in the same order. Raises ValueError else."""
    differences = np.subtract(np.asarray(a, float), np.asarray(b, float))
    return Paired(
        difference=median_interval(differences.tolist(), level),
        p_value=signed_rank_p(differences),
        better=int(np.count_nonzero(differences < 0.0)),
    )


def signed_rank_p(differences: Floats) -> float:
    """Two-sided p-value of the signed ranks' sum, under all changes of the signs.

    Ties share a rank and zeros keep theirs without a sign (Pratt), so that rounded figures need
    no correction. Source: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd
    ed., 3.1; Pratt, JASA 54 (1959).
    """
    ranks = stats.rankdata(np.abs(differences))
    ranks = np.where(differences == 0.0, 0.0, ranks)
    if not ranks.any():
        return 1.0
    seen = abs(float(np.sign(differences) @ ranks))
    sums = np.abs(_signs(int(np.count_nonzero(ranks))) @ ranks[ranks > 0.0])
    hits = int(np.count_nonzero(sums >= seen - 1e-9))
    if np.count_nonzero(ranks) > MOST_EXACT:
        return (hits + 1) / (len(sums) + 1)
    return hits / len(sums)


def _signs(n: int) -> Floats:
    """Every row of n signs, or a large sample of them."""
    if n <= MOST_EXACT:
        return np.array(list(product((-1.0, 1.0), repeat=n)))
    return np.random.default_rng(SEED).choice([-1.0, 1.0], (DRAWN_SIGNS, n))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P-values adjusted for their number, so that one false finding among all is rare (Holm)."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for k, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p_values) - k) * p))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def ranks(figures: Mapping[str, Mapping[str, float]], level: float = LEVEL) -> Ranks | None:
    """Rank controllers over scenarios: ``figures[controller][scenario]``, lower is better.

    None for fewer than two controllers or two scenarios that all of them have. Source: Demsar,
    Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7 (2006).
    """
    names = list(figures)
    shared = [s for s in figures[names[0]] if all(s in figures[n] for n in names)] if names else []
    if len(names) < 2 or len(shared) < 2:
        return None
    table = np.array([[figures[n][s] for n in names] for s in shared])
    mean_rank = stats.rankdata(table, axis=1).mean(axis=0)
    return Ranks(
        mean_rank=dict(zip(names, mean_rank.tolist(), strict=True)),
        p_value=_friedman_p(table),
        critical_difference=critical_difference(len(names), len(shared), level),
        scenarios=tuple(shared),
    )


def _friedman_p(table: Floats) -> float:
    """Friedman's test for three or more columns, the sign-flip test for two."""
    if table.shape[1] == 2:
        return signed_rank_p(table[:, 0] - table[:, 1])
    if np.all(table == table[:, :1]):
        return 1.0
    return float(stats.friedmanchisquare(*table.T).pvalue)


def critical_difference(controllers: int, scenarios: int, level: float = LEVEL) -> float:
    """Nemenyi's: mean ranks farther apart than this differ at the level."""
    q = float(stats.studentized_range.ppf(level, controllers, inf)) / sqrt(2.0)
    return q * sqrt(controllers * (controllers + 1) / (6.0 * scenarios))


def gini(values: Sequence[float], weights: Sequence[float]) -> float | None:
    """Gini coefficient of values (not negative) that `weights` have: 0 all alike, near 1 one all.

    None where nobody has anything. Source: Gini (1912), as the area between the Lorenz curve and
    equality.
    """
    order = np.argsort(values)
    value = np.asarray(values, float)[order]
    weight = np.asarray(weights, float)[order]
    owned = value * weight
    if not value.size or owned.sum() <= 0.0:
        return None
    people = np.concatenate(([0.0], np.cumsum(weight))) / weight.sum()
    share = np.concatenate(([0.0], np.cumsum(owned))) / owned.sum()
    return float(1.0 - np.sum(np.diff(people) * (share[1:] + share[:-1])))
