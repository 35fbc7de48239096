"""Saturation flow factors: the exhibits' values, and their floors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.kernels import saturation as s


@pytest.mark.parametrize(
    ("feet", "factor"), [(9.9, 0.96), (10.0, 1.0), (12.0, 1.0), (12.9, 1.0), (13.0, 1.04)]
)
def test_width(feet: float, factor: float) -> None:
    assert s.width_factor(feet * 0.3048) == factor


@pytest.mark.parametrize(
    ("heavy", "grade", "factor"),
    [(0, 0, 1.0), (5, 0, 0.961), (10, 4, 0.8724), (10, -3, 0.9831), (2, 0, 0.9844)],
)
def test_heavy_vehicles_and_grade(heavy: float, grade: float, factor: float) -> None:
    assert s.heavy_vehicle_grade_factor(heavy, grade) == pytest.approx(factor)


def test_parking_and_buses() -> None:
    assert s.parking_factor(1.0, 5.0) == pytest.approx(0.875)
    assert s.parking_factor(2.0, 0.0) == pytest.approx(0.95)
    assert s.bus_factor(1.0, 20.0) == pytest.approx(0.92)
    assert s.bus_factor(1.0, 0.0) == 1.0


@given(st.floats(1, 5), st.floats(0, 1000))
def test_floors(lanes: float, per_hour: float) -> None:
    assert 0.05 <= s.parking_factor(lanes, per_hour) <= 1
    assert 0.05 <= s.bus_factor(lanes, per_hour) <= 1


def test_lane_use() -> None:
    assert [s.lane_use_factor(1, n) for n in (1, 2, 3, 5)] == [1.0, 0.952, 0.908, 0.908]
    assert [s.lane_use_factor(0, n) for n in (1, 2)] == [1.0, 0.971]
    assert [s.lane_use_factor(2, n) for n in (1, 2)] == [1.0, 0.885]
    assert s.lane_use_factor_measured(900.0, 2.0, 500.0) == pytest.approx(0.9)
    assert s.lane_use_factor_measured(0.0, 2.0, 0.0) == 1.0


def test_turns_and_area() -> None:
    assert s.protected_left_factor() == pytest.approx(0.952, abs=1e-3)
    assert s.protected_right_factor() == pytest.approx(0.847, abs=1e-3)
    assert s.area_factor(True) == 0.9
    assert s.area_factor(False) == 1.0
