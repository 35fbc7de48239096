"""Gaps, pedestrians and blocked shared lanes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.kernels import permitted as p


def test_gap_saturation_flow_has_the_headway_as_its_limit() -> None:
    assert p.permitted_left_saturation_flow_veh_h(0.0) == pytest.approx(1440.0, rel=1e-3)
    assert p.permitted_left_saturation_flow_veh_h(1800.0) < 300


@given(st.floats(0, 3000), st.floats(0, 3000))
def test_more_traffic_leaves_fewer_gaps(a: float, b: float) -> None:
    low, high = sorted((a, b))
    flows = [p.permitted_left_saturation_flow_veh_h(v) for v in (low, high)]
    assert flows[0] >= flows[1] - 1e-9


@given(st.floats(0, 1), st.floats(1, 90), st.floats(0, 1), st.floats(0, 1))
def test_single_lane_equivalent_is_at_least_a_protected_left(
    lefts: float, permitted: float, unblocked: float, first: float
) -> None:
    assert p.single_lane_equivalent(lefts, permitted, unblocked * permitted, first * 20) >= 1.05


@given(st.floats(1, 90), st.floats(0, 1), st.floats(0, 600), st.booleans())
def test_first_left_comes_within_the_green(
    green: float, ratio: float, lefts: float, single: bool
) -> None:
    found = p.first_left_s(green, green, 2.0, ratio, lefts, 90.0, single)
    assert 0.0 <= found <= green


def test_without_lefts_nothing_blocks() -> None:
    assert p.first_left_s(30.0, 30.0, 2.0, 0.0, 0.0, 90.0, False) == 30.0


@given(st.floats(0, 1), st.floats(0, 50))
def test_expected_before_block_is_the_sum_of_the_geometric_series(
    share: float, most: float
) -> None:
    n = int(most)
    series = sum(share**i for i in range(1, n + 1))
    assert p.expected_before_block(share, float(n)) == pytest.approx(series, rel=0.05, abs=0.05)
    assert 0.0 <= p.expected_before_block(share, most) <= most + 1e-9


@given(st.floats(0, 9000), st.floats(0, 3000), st.floats(1, 90), st.floats(0, 120), st.booleans())
def test_factors_are_shares(
    walkers: float, bikes: float, green: float, service: float, room: bool
) -> None:
    assert 0.0 <= p.right_turn_factor(walkers, bikes, green, service, 120.0, room) <= 1.0
    left = p.left_turn_factor(walkers, 500.0, green, 0.6 * green, service, 120.0, room)
    assert 0.0 < left <= 1.0


def test_nobody_walks() -> None:
    assert p.right_turn_factor(0.0, 0.0, 30.0, 30.0, 90.0, False) == 1.0
    assert p.left_turn_factor(0.0, 500.0, 30.0, 20.0, 30.0, 90.0, False) == 1.0


def test_room_to_pass_helps() -> None:
    passing = p.right_turn_factor(200.0, 0.0, 30.0, 20.0, 90.0, True)
    assert passing > p.right_turn_factor(200.0, 0.0, 30.0, 20.0, 90.0, False)


def test_occupancy_is_continuous_at_1000_an_hour() -> None:
    below = p.pedestrian_occupancy(999.999, 90.0, 90.0)
    assert p.pedestrian_occupancy(1000.001, 90.0, 90.0) == pytest.approx(below, abs=1e-4)
