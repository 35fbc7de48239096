"""Delay terms: limits, signs and slopes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.kernels import delay

CYCLES = st.floats(20.0, 240.0)
RATIOS = st.floats(0.02, 0.98)
FILLED = st.floats(0.0, 3.0)
CAPACITIES = st.floats(20.0, 6000.0)


@given(RATIOS, FILLED)
def test_random_arrivals_need_no_progression_factor(ratio: float, x: float) -> None:
    assert delay.progression_factor(ratio, ratio, x) == pytest.approx(1.0)


@given(CYCLES, RATIOS, FILLED, st.floats(0.0, 1.0))
def test_uniform_delay_is_never_negative_and_below_red(
    cycle_s: float, ratio: float, x: float, arrived: float
) -> None:
    factor = delay.progression_factor(arrived, ratio, x)
    d1 = delay.uniform_delay_s(cycle_s, ratio * cycle_s, x, factor)
    assert 0.0 <= d1 <= cycle_s
    assert delay.uniform_delay_s(cycle_s, ratio * cycle_s, x, 1.0) <= 0.5 * cycle_s


@given(CAPACITIES, st.floats(0.02, 4.0), st.floats(0.04, 0.5), st.floats(0.09, 1.0))
def test_incremental_delay_grows_with_everything(
    capacity: float, period_h: float, k: float, filtering: float
) -> None:
    xs = (0.0, 0.2, 0.5, 0.8, 0.95, 1.0, 1.1, 1.5)
    delays = [delay.incremental_delay_s(x, capacity, period_h, k, filtering) for x in xs]
    assert all(d >= 0 for d in delays)
    assert all(a <= b for a, b in pairwise(delays))
    more = delay.incremental_delay_s(0.9, capacity, period_h, min(k * 1.2, 0.6), filtering)
    assert more >= delay.incremental_delay_s(0.9, capacity, period_h, k, filtering)


@given(st.floats(0.0, 100.0), st.floats(1.0, 3000.0), CAPACITIES, st.floats(0.1, 2.0))
def test_initial_queue(queue: float, volume: float, capacity: float, period_h: float) -> None:
    d3 = delay.initial_queue_delay_s(queue, volume, capacity, period_h)
    assert d3 >= 0.0
    assert delay.initial_queue_delay_s(0.0, volume, capacity, period_h) == 0.0
    assert delay.initial_queue_delay_s(queue + 5, volume, capacity, period_h) >= d3
    end = delay.end_queue_veh(queue, volume, capacity, period_h)
    assert end == pytest.approx(max(queue + period_h * (volume - capacity), 0.0), abs=1e-6)


@pytest.mark.parametrize(
    ("delay_s", "letter"),
    [(0, "A"), (10, "A"), (10.1, "B"), (20, "B"), (35, "C"), (55, "D"), (80, "E"), (80.1, "F")],
)
def test_levels(delay_s: float, letter: str) -> None:
    assert "ABCDEF"[delay.level_of_service(delay_s, False)] == letter
    assert delay.level_of_service(delay_s, True) == 5


def test_k() -> None:
    """Eq. 19-22 and 19-23: k of 0.5 at v/c 1, k_min by the passage time."""
    assert delay.actuated_k(1.0, 2.0) == pytest.approx(0.5)
    assert delay.least_k(2.0) == pytest.approx(0.04, abs=2e-4)
    assert delay.least_k(3.0) == pytest.approx(0.11, abs=0.01)
    assert delay.actuated_k(0.3, 2.0) == pytest.approx(0.04, abs=2e-4)
    assert 0.04 < delay.actuated_k(0.7, 2.0) < 0.5


def test_filtering() -> None:
    assert delay.upstream_filtering(0.0) == 1.0
    assert delay.upstream_filtering(0.5) == pytest.approx(0.858, abs=1e-3)
    assert delay.upstream_filtering(1.2) == pytest.approx(0.09)


def test_platoon_ratios() -> None:
    found = [delay.platoon_ratio_of_type(t) for t in range(1, 7)]
    assert found == pytest.approx([0.333, 0.667, 1.0, 1.333, 1.667, 2.0], abs=1e-3)


@given(RATIOS, FILLED)
def test_good_progression_helps(ratio: float, x: float) -> None:
    ordered = [
        delay.uniform_delay_s(
            100.0, 100 * ratio, x, delay.progression_factor(min(r * ratio, 1.0), ratio, x)
        )
        for r in (1 / 3, 2 / 3, 1.0, 4 / 3)
    ]
    assert all(a >= b - 1e-9 for a, b in pairwise(ordered))


def test_without_green_all_of_the_cycle_is_red() -> None:
    assert delay.uniform_delay_s(90.0, 0.0, 5.0, 1.0) == pytest.approx(45.0)
    assert delay.uniform_delay_s(90.0, 90.0, 0.5, 1.0) == 0.0
