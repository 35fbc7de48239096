"""Equal flow ratios over lanes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.kernels.lane_flow import equalise, lane_change_probability


def spread(volumes: list[float], cost: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    flows = np.zeros((len(volumes), len(cost[0])))
    costs = np.array(cost)
    equalise(np.array(volumes), costs, flows)
    return flows, (flows * np.where(np.isfinite(costs), costs, 0.0)).sum(axis=0)


def test_throughs_fill_what_turns_leave() -> None:
    inf = np.inf
    flows, full = spread(
        [100.0, 800.0, 150.0],
        [[2 / 1600, inf, inf], [1 / 1600, 1 / 1800, 1 / 1700], [inf, inf, 1.2 / 1700]],
    )
    assert full == pytest.approx([full[0]] * 3)
    assert flows.sum(axis=1) == pytest.approx([100, 800, 150])


def test_a_turn_that_fills_its_lane_keeps_it() -> None:
    flows, full = spread([900.0, 300.0], [[1 / 1600, np.inf], [1 / 1600, 1 / 1800]])
    assert flows[1] == pytest.approx([0.0, 300.0])
    assert full[0] > full[1]


@given(
    st.lists(st.floats(0, 2000), min_size=3, max_size=3),
    st.lists(st.floats(1e-4, 1e-2), min_size=12, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_nobody_gains_by_changing_lanes(
    volumes: list[float], costs: list[float], closed: list[bool]
) -> None:
    cost = np.where(closed, np.inf, costs).reshape(3, 4)
    cost[:, 0] = np.array(costs[:3])
    flows, full = spread(volumes, cost.tolist())
    assert flows.sum(axis=1) == pytest.approx(volumes, abs=1e-5)
    assert (flows >= 0).all()
    for m in range(3):
        open_to = np.isfinite(cost[m])
        used = open_to & (flows[m] > 1e-3)
        if used.any():
            assert full[used].max() <= full[open_to].min() + 2e-3 * (1 + full.max())


def test_lane_change_probability() -> None:
    assert lane_change_probability(0.0) == 0.0
    assert lane_change_probability(486.486) == pytest.approx(1.0)
    assert lane_change_probability(2000.0) == 0.0
