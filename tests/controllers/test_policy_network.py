"""The network prices any number of lanes and stages, in any order, and as its description says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from greenband.controllers.policy_network import POOLED, Network, network_of
from greenband.controllers.stage_features import COST_VEH_S, OF_LOOK_AHEAD, Seen

from .policies import drawn_network, drawn_seen


def slowly(network: Network, seen: Seen) -> list[float]:
    """Number by number, as the module's words have it."""

    def layer(row: list[float], w: np.ndarray, b: np.ndarray) -> list[float]:
        return [
            max(sum(x * float(w[i, j]) for i, x in enumerate(row)) + float(b[j]), 0.0)
            for j in range(w.shape[1])
        ]

    embedded = []
    for lane in seen.lanes:
        row = ((lane - network.lane_mean) / network.lane_scale).tolist()
        row = layer(row, network.lane1_w, network.lane1_b)
        embedded.append(layer(row, network.lane2_w, network.lane2_b))
    width = len(embedded[0])

    def summed(parts: np.ndarray) -> list[float]:
        return [
            sum(float(p) * e[j] for p, e in zip(parts, embedded, strict=True)) for j in range(width)
        ]

    worth = []
    for s, own in enumerate(seen.stages):
        pooled = [x for relation in seen.relations for x in summed(relation[s])]
        pooled += summed(np.ones(len(embedded))) + summed(seen.lanes[:, -1])
        pooled += ((own - network.stage_mean) / network.stage_scale).tolist()
        worth.append(layer(pooled, network.stage1_w, network.stage1_b))
    may = [w for w, choice in zip(worth, seen.choices, strict=True) if choice]
    best = [max(column) for column in zip(*may, strict=True)]
    prices = []
    for s, own_worth in enumerate(worth):
        hidden = layer(own_worth + best, network.stage2_w, network.stage2_b)
        price = sum(h * float(w) for h, w in zip(hidden, network.price_w[:, 0], strict=True))
        price += float(network.price_b[0])
        prices.append(price + float(network.cost_weight[0]) * seen.cost_veh_s[s] / COST_VEH_S)
    return prices


@pytest.mark.parametrize(("lanes", "stages"), [(1, 2), (5, 3), (24, 8)])
def test_it_computes_what_its_description_says(lanes: int, stages: int) -> None:
    network, seen = drawn_network(), drawn_seen(lanes, stages)
    assert network.prices(seen) == pytest.approx(slowly(network, seen), rel=1e-4, abs=1e-4)


def test_the_order_of_lanes_and_stages_means_nothing() -> None:
    network, seen = drawn_network(), drawn_seen(7, 5)
    rng = np.random.default_rng(3)
    lanes, stages = rng.permutation(7), rng.permutation(5)
    shuffled = Seen(
        seen.lanes[lanes],
        seen.relations[:, stages][:, :, lanes],
        seen.stages[stages],
        seen.cost_veh_s[stages],
        seen.choices[stages],
    )
    assert network.prices(shuffled) == pytest.approx(network.prices(seen)[stages], abs=1e-4)


def test_a_lane_that_nobody_serves_still_counts_and_its_row_matters() -> None:
    network, seen = drawn_network(), drawn_seen(4, 3)
    lanes = seen.lanes.copy()
    lanes[2, 0] += 1.0
    assert (network.prices(replace(seen, lanes=lanes)) != network.prices(seen)).all()


def test_what_may_not_be_chosen_is_no_competitor() -> None:
    network, seen = drawn_network(), drawn_seen(4, 3)
    stages = seen.stages.copy()
    stages[2] += 5.0
    prices = network.prices(replace(seen, stages=stages))
    assert prices[:2] == pytest.approx(network.prices(seen)[:2])
    assert prices[2] != network.prices(seen)[2]


def test_without_a_look_ahead_it_sees_nothing_of_it() -> None:
    network, seen = replace(drawn_network(), looks_ahead=False), drawn_seen(4, 3)
    stages = seen.stages.copy()
    stages[:, -OF_LOOK_AHEAD:] = 9.0
    other = replace(seen, stages=stages, cost_veh_s=seen.cost_veh_s[::-1])
    assert (network.prices(other) == network.prices(seen)).all()
    assert (drawn_network().prices(other) != drawn_network().prices(seen)).any()


def test_arrays_make_the_same_network_again() -> None:
    network, seen = replace(drawn_network(), looks_ahead=False), drawn_seen(4, 3)
    again = network_of(network.as_arrays())
    assert not again.looks_ahead
    assert (again.prices(seen) == network.prices(seen)).all()


@pytest.mark.parametrize("wrong", [None, np.zeros((POOLED, 2))])
def test_arrays_that_do_not_fit_are_refused(wrong: np.ndarray | None) -> None:
    arrays = drawn_network().as_arrays()
    if wrong is None:
        del arrays["stage1_w"]
    else:
        arrays["stage1_w"] = wrong
    with pytest.raises(ValueError, match="stage1_w"):
        network_of(arrays)
