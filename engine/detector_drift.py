"""Count drift: a detector that leaves its usual share of its neighbours' traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

from .detector_counts import DetectorCounts

ROUNDS = 3
LEAST_INTERVALS = 4
KEPT = 0.9
MEDIAN_OF_SQUARE = 0.4549  # of a squared normal variable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class DriftLimits:
    """When a share counts as left.

    ``ratio``: by how much of what is expected the count is off, at least. ``sigmas``: how
    many standard deviations of the expected count that is, the spread being the one seen
    between intervals (at least Poisson's). ``expected_veh`` and ``shortest_s``: how much
    traffic and time it takes to tell.
    """

    ratio: float = 0.25
    sigmas: float = 5.5
    expected_veh: float = 50.0
    shortest_s: float = 2700.0


@dataclass(frozen=True)
class Drift:
    """Intervals ``first`` to ``last`` (exclusive) in which a detector counts otherwise."""

    detector: str
    first: int
    last: int
    counted_veh: float
    expected_veh: float
    sigmas: float


def find_drifts(
    counts: DetectorCounts,
    neighbours: Mapping[str, Sequence[str]],
    bad: Bools,
    limits: DriftLimits | None = None,
) -> list[Drift]:
    """Detectors whose count leaves the share of their neighbours' that it usually has.

    ``neighbours[detector]``: detectors that see the same stream (the lanes beside it, the
    loops up- or downstream). ``bad``: intervals by detectors to leave out, as found by other
    checks. The usual share is the median (by traffic) over the intervals outside of the drift,
    which may take up to half of them. The most certain drift is taken first and left out of its
    neighbours' sums, as a bad detector makes its neighbours look bad; of two alone the one
    whose own count changes more is blamed.
    """
    limits = limits or DriftLimits()
    blank = bad | np.isnan(counts.volumes_veh)
    found: list[Drift] = []
    while len(found) < len(counts.detectors):
        drifts = [
            d for name in neighbours if (d := _drift(counts, neighbours, blank, name, limits))
        ]
        drifts = [d for d in drifts if _is_to_blame(counts, neighbours, blank, d)]
        if not drifts:
            break
        worst = max(drifts, key=lambda d: abs(d.sigmas))
        found.append(worst)
        blank = blank.copy()
        blank[worst.first : worst.last, counts.detectors.index(worst.detector)] = True
    return found


def neighbour_sum(
    counts: DetectorCounts, neighbours: Sequence[str], blank: Bools
) -> tuple[Floats, list[int]]:
    """Sum of the neighbours per interval, and their columns.

    Where some of them are blank the others stand for them, by what each counts while all are
    healthy; NaN where that can't be told. A neighbour that is blank in over half of the
    intervals is not used.
    """
    columns = [counts.detectors.index(n) for n in neighbours if n in counts.detectors]
    columns = [k for k in columns if blank[:, k].mean() <= 0.5]
    if not columns:
        return np.full(len(counts.starts_min), np.nan), []
    healthy = ~blank[:, columns]
    values = np.where(healthy, counts.volumes_veh[:, columns], 0.0)
    whole = healthy.all(axis=1)
    usual = values[whole].sum(axis=0) if whole.sum() >= LEAST_INTERVALS else np.zeros(len(columns))
    present = (healthy * usual).sum(axis=1)
    known = whole | (present > 0)
    scale = np.where(whole, 1.0, usual.sum() / np.where(present > 0, present, 1.0))
    return np.where(known, values.sum(axis=1) * scale, np.nan), columns


def _drift(
    counts: DetectorCounts,
    neighbours: Mapping[str, Sequence[str]],
    blank: Bools,
    name: str,
    limits: DriftLimits,
) -> Drift | None:
    if name not in counts.detectors:
        return None
    k = counts.detectors.index(name)
    total, _ = neighbour_sum(counts, neighbours[name], blank)
    own = np.where(blank[:, k], np.nan, counts.volumes_veh[:, k])
    told = ~np.isnan(own) & ~np.isnan(total) & (total > 0)
    if told.sum() < LEAST_INTERVALS or _share(own[told], total[told]) <= 0:
        return None
    most = told.sum() // 2
    drifts = [
        drift
        for sign in (1.0, -1.0)
        for drift in _of_sign(name, own, total, told, sign, limits)
        if drift.last - drift.first <= most and _passes(drift, counts, limits)
    ]
    return max(drifts, key=lambda d: abs(d.sigmas), default=None)


def _of_sign(
    name: str, own: Floats, total: Floats, told: Bools, sign: float, limits: DriftLimits
) -> Iterator[Drift]:
    """Runs of intervals that count most too many (sign 1) or too few (-1).

    The usual share is that of all intervals, then of those outside of the run, as a long run
    pulls the median after it.
    """
    outside, counted = told, np.where(told, own, 0.0)
    for _ in range(ROUNDS):
        share = _share(own[outside], total[outside])
        expected = np.where(told, share * total, 0.0)
        gains = sign * (counted - expected) - 0.5 * limits.ratio * expected
        first, last = _largest_run(gains)
        spread = _spread(own[told], expected[told], share)
        yield _judged(name, first, last, counted, expected, share, spread)
        outside = told.copy()
        outside[first:last] = False
        if share <= 0 or not outside.any():
            return


def _share(own: Floats, total: Floats) -> float:
    """Median of the shares, each interval with the weight of its traffic.

    Without the weights the few vehicles of the night would decide.
    """
    shares = own / total
    order = np.argsort(shares)
    weight = np.cumsum(total[order])
    return float(shares[order][np.searchsorted(weight, 0.5 * weight[-1])])


def _spread(own: Floats, expected: Floats, share: float) -> float:
    """Variance of the intervals' counts over Poisson's, at least 1.

    Taken from the differences of following intervals, as a drift would widen all else: from
    the lower nine tenths of them, or from their median where a drift with several steps makes
    that less. The neighbours' sum varies too: a count given it has the variance e(1 + share).
    """
    scores = (own - expected) / np.sqrt(np.maximum(expected, 1.0) * (1 + share))
    squares = np.sort(np.diff(scores) ** 2)
    n = max(1, int(KEPT * len(squares)))
    # What is left of a normal variable's variance when the largest squares are cut off.
    cut = 2 * gammaincinv(0.5, n / (len(squares) + 0.5))
    left = gammainc(1.5, cut / 2) / gammainc(0.5, cut / 2)
    robust = float(np.median(squares)) / MEDIAN_OF_SQUARE
    return max(1.0, min(float(squares[:n].mean() / left), robust) / 2)


def _largest_run(gains: Floats) -> tuple[int, int]:
    """Start and end (exclusive) of the run of following intervals with the largest sum."""
    best, best_run, total, start = 0.0, (0, 0), 0.0, 0
    for k, gain in enumerate(gains):
        if total <= 0:
            total, start = 0.0, k
        total += float(gain)
        if total > best:
            best, best_run = total, (start, k + 1)
    return best_run


def _judged(
    name: str, first: int, last: int, own: Floats, expected: Floats, share: float, spread: float
) -> Drift:
    counted, due = float(own[first:last].sum()), float(expected[first:last].sum())
    deviation = np.sqrt(spread * max(due, 1.0) * (1 + share))
    return Drift(name, first, last, counted, due, (counted - due) / float(deviation))


def _passes(drift: Drift, counts: DetectorCounts, limits: DriftLimits) -> bool:
    return (
        (drift.last - drift.first) * counts.interval_s >= limits.shortest_s
        and drift.expected_veh >= limits.expected_veh
        and abs(drift.counted_veh / drift.expected_veh - 1) >= limits.ratio
        and abs(drift.sigmas) >= limits.sigmas
    )


def _is_to_blame(
    counts: DetectorCounts, neighbours: Mapping[str, Sequence[str]], blank: Bools, drift: Drift
) -> bool:
    """Whether the detector's own count changes more than its neighbours' does."""
    k = counts.detectors.index(drift.detector)
    total, columns = neighbour_sum(counts, neighbours[drift.detector], blank)
    if len(columns) > 1:
        return True
    own = np.where(blank[:, k], np.nan, counts.volumes_veh[:, k])
    inside = np.zeros(len(own), dtype=np.bool_)
    inside[drift.first : drift.last] = True
    return _change(own, inside) >= _change(total, inside)


def _change(values: Floats, inside: Bools) -> float:
    """How much the mean differs inside and outside, as a ratio above 1."""
    told = ~np.isnan(values)
    if not (told & inside).any() or not (told & ~inside).any():
        return 1.0
    a, b = values[told & inside].mean() + 1, values[told & ~inside].mean() + 1
    return float(max(a / b, b / a))
