"""Webster, Akcelik and D/D/1: against each other, and against nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine import webster as w
from greenband.engine.errors import InputError
from greenband.engine.kernels.delay import incremental_delay_s, uniform_delay_s

LOADS = st.floats(0.05, 0.95)
RATIOS = st.floats(0.1, 0.9)


@given(LOADS, st.floats(4.0, 30.0))
def test_webster_cycle_minimises_the_approximate_delay(ratio: float, lost: float) -> None:
    cycle = w.webster_cycle_s(ratio, lost)
    assert cycle is not None
    assert cycle > lost / (1 - ratio)


def test_no_cycle_from_full_load_on() -> None:
    assert w.webster_cycle_s(1.0, 8.0) is None
    assert w.akcelik_cycle_s(1.2, 8.0) is None
    assert w.practical_cycle_s(0.95, 8.0) is None


def test_akcelik_cycle_by_purpose() -> None:
    least_delay = w.akcelik_cycle_s(0.6, 10.0)
    assert least_delay == pytest.approx((1.4 * 10 + 6) / 0.4)
    assert w.akcelik_cycle_s(0.6, 10.0, 0.4) == pytest.approx((1.8 * 10 + 6) / 0.4)


@given(RATIOS, LOADS)
def test_greens_fill_the_cycle_less_its_lost_time(a: float, b: float) -> None:
    greens = w.webster_greens_s((a, b), 90.0, 10.0)
    assert sum(greens) == pytest.approx(80.0)
    assert greens[0] * b == pytest.approx(greens[1] * a)


def test_greens_without_demand_are_equal() -> None:
    assert w.webster_greens_s((0.0, 0.0), 90.0, 10.0) == (40.0, 40.0)


@given(st.floats(40, 150), RATIOS, st.floats(0.1, 0.9))
def test_uniform_terms_agree(cycle: float, ratio: float, x: float) -> None:
    flow = x * 1800 * ratio
    found = w.webster_delay(cycle, ratio * cycle, flow, 1800.0)
    hcm = uniform_delay_s(cycle, ratio * cycle, x, 1.0)
    assert found.uniform_s == pytest.approx(hcm, rel=1e-6)
    assert found.x == pytest.approx(x)
    assert found.total_s < found.uniform_s + found.random_s


@given(st.floats(0.1, 0.9))
def test_dd1_mean_delay_is_the_uniform_term(x: float) -> None:
    queue = w.deterministic_queue(80.0, 30.0, x * 1800 * 30 / 80, 1800.0)
    assert queue.mean_delay_s == pytest.approx(uniform_delay_s(80.0, 30.0, x, 1.0))
    assert queue.clear_s <= 30.0 + 1e-9
    assert queue.longest_delay_s == 50.0


@given(st.floats(0.05, 2.0))
def test_akcelik_delay_is_near_the_hcms(x: float) -> None:
    """Both are time-dependent; they differ in the fit of the random part."""
    cycle, green, saturation = 90.0, 45.0, 1800.0
    capacity = saturation * green / cycle
    ours = w.akcelik_delay_s(cycle, green, x * capacity, saturation)
    hcm = uniform_delay_s(cycle, green, x, 1.0) + incremental_delay_s(x, capacity, 0.25, 0.5, 1.0)
    assert ours == pytest.approx(hcm, rel=0.3, abs=6.0)


def test_akcelik_beyond_capacity_grows_with_the_period() -> None:
    short = w.akcelik_delay_s(90.0, 45.0, 1000.0, 1800.0, 0.25)
    assert w.akcelik_delay_s(90.0, 45.0, 1000.0, 1800.0, 1.0) > short + 100


def test_stops_of_a_vehicle() -> None:
    few = w.akcelik_stop_ratio(90.0, 60.0, 300.0, 1800.0)
    many = w.akcelik_stop_ratio(90.0, 20.0, 380.0, 1800.0)
    assert 0.2 < few < 0.6 < many


@pytest.mark.parametrize("green", [0.0, -3.0, 91.0])
def test_impossible_greens_are_refused(green: float) -> None:
    for formula in (w.webster_delay, w.deterministic_queue, w.akcelik_delay_s):
        with pytest.raises(InputError, match="a green up to the cycle"):
            formula(90.0, green, 300.0, 1800.0)


def test_oversaturation_is_refused_where_there_is_no_answer() -> None:
    with pytest.raises(InputError, match=r"degree of saturation of 1\.11"):
        w.webster_delay(90.0, 45.0, 1000.0, 1800.0)
    with pytest.raises(InputError, match="vehicles a cycle"):
        w.deterministic_queue(90.0, 45.0, 1000.0, 1800.0)
    with pytest.raises(InputError, match="Lengthen the cycle"):
        w.webster_greens_s((0.3, 0.3), 10.0, 10.0)
