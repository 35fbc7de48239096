"""Back of queue: signs, slopes and the manual's limits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.kernels import back_of_queue as b

RATIOS = st.floats(0.05, 0.95)


def test_stop_delay_at_35_mph() -> None:
    """S_a = 37.8 mi/h (eq. 31-132), d_a = 11.2 s by eq. 31-131."""
    assert b.approach_speed_mph(35 * 0.44704) == pytest.approx(37.845)
    assert b.stop_delay_s(35 * 0.44704) == pytest.approx(11.2, abs=0.05)


@given(st.floats(40, 180), RATIOS, st.floats(0, 2), st.floats(0, 1), st.floats(0, 15))
def test_no_more_stop_than_come(
    cycle_s: float, ratio: float, x: float, arrived: float, shift_s: float
) -> None:
    green_s = ratio * cycle_s
    flow = x * 1800 * ratio
    stops = b.first_term_veh(flow, 1800.0, green_s, cycle_s, arrived, shift_s)
    assert 0 <= stops <= flow * cycle_s / 3600 + 1e-9


@given(st.floats(40, 180), RATIOS, st.floats(0.05, 0.95))
def test_a_costlier_stop_makes_fewer_full_ones(cycle_s: float, ratio: float, x: float) -> None:
    stops = [
        b.first_term_veh(x * 1800 * ratio, 1800.0, ratio * cycle_s, cycle_s, ratio, shift)
        for shift in (0.0, 3.0, 6.0, 12.0)
    ]
    assert all(one >= other - 1e-9 for one, other in pairwise(stops))


@given(st.floats(0, 100), st.floats(0.09, 1), RATIOS, st.floats(0, 3))
def test_percentile_is_within_its_limits(
    terms: float, filtering: float, ratio: float, x: float
) -> None:
    assert 1.0 <= b.percentile_factor(terms, 1.64, filtering, ratio, x) <= 1.8


def test_long_queues_vary_less() -> None:
    short = b.percentile_factor(5.0, 1.64, 1.0, 0.4, 0.8)
    assert short == pytest.approx(1 + 1.64 / 5**0.5)
    assert b.percentile_factor(50.0, 1.64, 1.0, 0.4, 0.8) < short


def test_initial_queue_beyond_capacity_stays() -> None:
    """100 veh/h too many for a quarter hour: 20 waiting become 45; less the period's own 25."""
    assert b.third_term_veh(20.0, 1000.0, 900.0, 1.0, 0.25) == pytest.approx((20 + 45 - 25) / 2)
    assert b.third_term_veh(0.0, 1000.0, 900.0, 1.0, 0.25) == 0.0


def test_storage() -> None:
    """Example 1 has 26 ft a vehicle at 5 % heavy: 1.8 vehicles in 200 ft are 0.23."""
    spacing = b.spacing_m(5.0)
    assert spacing == pytest.approx(26 * 0.3048)
    assert b.storage_ratio(spacing, 1.8, 200 * 0.3048) == pytest.approx(0.234)
    assert b.second_term_veh(900.0, 2.0, 8.0) == 1.0
