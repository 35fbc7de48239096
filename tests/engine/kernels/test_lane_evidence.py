"""Bayes' rule for the first vehicle of a lane, against all ways in which vehicles may be spread."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from greenband.engine.kernels.lane_evidence import apply_firsts, weigh_firsts
from greenband.engine.kernels.vehicle_lists import VEHICLE


def all_ways(
    share: NDArray[np.float64],
    in_lane: NDArray[np.bool_],
    likelihood: NDArray[np.float64],
    nobody: float,
    leaves: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Enumerate where each vehicle may be (the last place: gone); the exact posterior."""
    n, lanes = share.shape
    where = np.hstack([share, 1.0 - share.sum(axis=1, keepdims=True)])
    after, weight, none, total = np.zeros((n, lanes)), np.zeros(n), 0.0, 0.0
    for way in product(range(lanes + 1), repeat=n):
        prior = float(np.prod([where[v, k] for v, k in enumerate(way)]))
        inside = [v for v, k in enumerate(way) if k < lanes and in_lane[k]]
        seen = prior * (likelihood[inside[0]] if inside else nobody)
        total += seen
        if inside:
            weight[inside[0]] += seen
        else:
            none += seen
        for v, k in enumerate(way):
            if k < lanes and not (leaves and inside and v == inside[0]):
                after[v, k] += seen
    return after / total, weight / total, none / total


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("leaves", [True, False])
def test_shares_are_the_exact_posterior(seed: int, leaves: bool) -> None:
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(4), size=5)[:, :3].copy()
    in_lane = np.array([True, seed % 3 == 0, False])
    vehicles = np.zeros(5, VEHICLE)
    vehicles["likelihood"] = rng.random(5)
    exact, weight, none = all_ways(share, in_lane, vehicles["likelihood"], 0.3, leaves)
    unknown = weigh_firsts(share, vehicles, 0, 5, in_lane, 0.3, 0.0)
    assert unknown == pytest.approx(none)
    assert vehicles["weight"].tolist() == pytest.approx(weight.tolist())
    apply_firsts(share, vehicles, 0, 5, in_lane, leaves)
    np.testing.assert_allclose(share, exact, atol=1e-12)


def test_a_crossing_takes_one_vehicle_away() -> None:
    share = np.array([[0.5, 0.5], [0.5, 0.5], [0.2, 0.8]])
    vehicles = np.zeros(3, VEHICLE)
    vehicles["likelihood"] = 1.0
    weigh_firsts(share, vehicles, 0, 3, np.array([True, False]), 0.0, 0.0)
    apply_firsts(share, vehicles, 0, 3, np.array([True, False]), True)
    assert share.sum() == pytest.approx(2.0)


def test_who_is_surely_in_the_lane_is_taken_first() -> None:
    share = np.array([[1.0, 0.0], [1.0, 0.0]])
    vehicles = np.zeros(2, VEHICLE)
    vehicles["likelihood"] = 1.0
    weigh_firsts(share, vehicles, 0, 2, np.array([True, False]), 0.1, 0.0)
    apply_firsts(share, vehicles, 0, 2, np.array([True, False]), True)
    assert share.tolist() == [[0.0, 0.0], [1.0, 0.0]]


def test_a_list_can_be_wrong_altogether() -> None:
    """However many are said to be in the lane, a clear stop bar can say that none is."""
    share = np.full((30, 2), [0.99, 0.0])
    for _ in range(60):
        vehicles = np.zeros(30, VEHICLE)
        vehicles["likelihood"] = 0.2
        weigh_firsts(share, vehicles, 0, 30, np.array([True, False]), 1.0, 0.02)
        apply_firsts(share, vehicles, 0, 30, np.array([True, False]), False)
    assert share.sum() < 1.0
