"""Count drift: who is blamed, from when, and what is too little to tell."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from greenband.engine.detector_counts import DetectorCounts
from greenband.engine.detector_drift import Drift, DriftLimits, find_drifts, neighbour_sum

NAMES = ("A", "B", "C", "D")
ALL = {name: [other for other in NAMES if other != name] for name in NAMES}


def counts(volumes: NDArray[np.float64], names: tuple[str, ...] = NAMES) -> DetectorCounts:
    starts = np.array([15.0 * k for k in range(len(volumes))])
    return DetectorCounts("d", names, starts, 900.0, volumes, np.full(volumes.shape, np.nan))


def lanes(n: int = 24, seed: int = 1, per_interval: float = 100.0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    wave = per_interval * (1 + 0.6 * np.sin(np.arange(n) / 5))
    return rng.poisson(np.outer(wave, [1.0, 0.9, 0.7, 1.2])).astype(np.float64)


def drifts(volumes: NDArray[np.float64], limits: DriftLimits | None = None) -> list[Drift]:
    return find_drifts(counts(volumes), ALL, np.zeros(volumes.shape, dtype=np.bool_), limits)


@pytest.mark.parametrize(("column", "factor"), list(product(range(4), (0.5, 0.6, 1.6, 2.0))))
def test_the_detector_that_drifts_is_named_and_no_other(column: int, factor: float) -> None:
    volumes = lanes()
    volumes[15:, column] *= factor
    (drift,) = drifts(volumes)
    assert drift.detector == NAMES[column]
    assert abs(drift.first - 15) <= 1
    assert drift.last == 24
    assert (drift.sigmas > 0) == (factor > 1)
    assert drift.counted_veh / drift.expected_veh == pytest.approx(factor, rel=0.15)


def test_two_that_drift_are_both_named() -> None:
    volumes = lanes()
    volumes[14:, 0] *= 0.5
    volumes[:6, 3] *= 1.8
    assert sorted(d.detector for d in drifts(volumes)) == ["A", "D"]


@pytest.mark.parametrize("seed", range(30))
def test_sound_lanes_have_none(seed: int) -> None:
    assert drifts(lanes(seed=seed)) == []


def test_noisier_traffic_has_hardly_any() -> None:
    """Counts that vary by 18 % more than chance: in 60 streets of four lanes, four alarms."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        noisy = lanes(seed=seed) * rng.gamma(30, 1 / 30, (24, 4))
        alarms += len(drifts(np.round(noisy)))
    assert alarms <= 6


@pytest.mark.parametrize(("factor", "least"), [(0.5, 40), (0.6, 39), (0.65, 34), (1.4, 33)])
def test_drifts_are_found_at_a_known_rate(factor: float, least: int) -> None:
    found = 0
    for seed in range(40):
        volumes = lanes(seed=seed)
        volumes[15:, seed % 4] *= factor
        found += [d.detector for d in drifts(volumes)] == [NAMES[seed % 4]]
    assert found >= least


def test_of_two_alone_the_one_that_changes_itself_is_blamed() -> None:
    rng = np.random.default_rng(4)
    both = rng.poisson(100, (24, 2)).astype(np.float64)
    for column in (0, 1):
        volumes = both.copy()
        volumes[16:, column] *= 0.5
        near = {"A": ["B"], "B": ["A"]}
        blank = np.zeros(volumes.shape, dtype=np.bool_)
        (drift,) = find_drifts(counts(volumes, ("A", "B")), near, blank)
        assert drift.detector == "AB"[column]


def test_limits_decide_what_is_too_small_too_short_or_too_few() -> None:
    volumes = lanes()
    volumes[15:, 1] *= 0.6
    assert len(drifts(volumes)) == 1
    assert drifts(volumes, DriftLimits(ratio=0.5)) == []
    assert drifts(volumes, DriftLimits(shortest_s=4 * 3600)) == []
    assert drifts(volumes, DriftLimits(expected_veh=1e4)) == []
    assert drifts(volumes, DriftLimits(sigmas=1e3)) == []


def test_few_vehicles_or_intervals_are_not_judged() -> None:
    volumes = lanes(per_interval=1.0)
    volumes[15:, 1] = 0
    assert drifts(volumes) == []
    assert drifts(lanes(n=3)) == []


def test_what_is_bad_already_is_left_out() -> None:
    volumes = lanes()
    volumes[15:, 1] *= 0.5
    bad = np.zeros(volumes.shape, dtype=np.bool_)
    bad[15:, 1] = True
    assert find_drifts(counts(volumes), ALL, bad) == []


def test_detectors_that_are_not_there_do_not_matter() -> None:
    volumes = lanes()
    blank = np.zeros(volumes.shape, dtype=np.bool_)
    near = {"A": ["Z", "B"], "Y": ["A"], "C": []}
    assert find_drifts(counts(volumes), near, blank) == []


def test_a_neighbour_that_is_mostly_blank_is_not_summed() -> None:
    volumes = np.tile([10.0, 20.0, 30.0, 60.0], (24, 1))
    blank = np.zeros(volumes.shape, dtype=np.bool_)
    blank[:13, 1] = True
    total, columns = neighbour_sum(counts(volumes), ["B", "C", "D"], blank)
    assert columns == [2, 3]
    assert total.tolist() == [90.0] * 24
    nothing, columns = neighbour_sum(counts(volumes), ["B"], blank)
    assert columns == []
    assert np.isnan(nothing).all()


def test_healthy_neighbours_stand_for_a_blank_one() -> None:
    volumes = np.tile([10.0, 20.0, 30.0, 60.0], (24, 1))
    blank = np.zeros(volumes.shape, dtype=np.bool_)
    blank[20, 2], blank[21, 1:] = True, True
    total, _ = neighbour_sum(counts(volumes), ["B", "C", "D"], blank)
    assert total[20] == pytest.approx(110.0)
    assert np.flatnonzero(np.isnan(total)).tolist() == [21]
    blank[3:, 2] = True  # hardly ever healthy together
    total, columns = neighbour_sum(counts(volumes[:8]), ["B", "C"], blank[:8] & (volumes[:8] < 0))
    assert total.tolist() == [50.0] * 8
    assert columns == [1, 2]
