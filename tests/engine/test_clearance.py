"""Change intervals: what the formulas must do whatever the speeds, and what they refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.clearance import (
    ite_red_clearance_s,
    ite_yellow_s,
    mutcd_pedestrian_times,
    ped_clearance_s,
)
from greenband.engine.errors import InputError

SPEEDS = st.floats(3.0, 40.0)


def test_yellow_at_30_mph_on_the_level() -> None:
    assert ite_yellow_s(30 * 0.44704) == pytest.approx(1 + 44 / 20, abs=0.01)


@given(SPEEDS, SPEEDS, st.floats(-0.08, 0.08))
def test_faster_takes_a_longer_yellow(a: float, b: float, grade: float) -> None:
    low, high = sorted((a, b))
    assert 1.0 < ite_yellow_s(low, grade) <= ite_yellow_s(high, grade)


@given(SPEEDS, st.floats(0.0, 0.1))
def test_downhill_takes_a_longer_yellow(speed: float, grade: float) -> None:
    assert ite_yellow_s(speed, -grade) >= ite_yellow_s(speed, grade)


@given(SPEEDS, SPEEDS)
def test_slowing_down_for_a_turn_takes_a_longer_yellow(speed: float, entry: float) -> None:
    turning = ite_yellow_s(speed, entry_speed_mps=entry)
    assert turning >= ite_yellow_s(speed) - 1e-9
    assert ite_yellow_s(speed, entry_speed_mps=speed) == ite_yellow_s(speed)


@given(st.floats(0, 80), SPEEDS)
def test_red_clearance(width: float, speed: float) -> None:
    plain = ite_red_clearance_s(width, speed)
    assert plain == pytest.approx((width + 6.096) / speed)
    assert ite_red_clearance_s(width, speed, start_up_credit_s=1.0) == max(plain - 1.0, 0.0)


@given(st.floats(0.5, 60), st.floats(0, 30))
def test_walk_and_clearance_reach_the_far_side(crossing: float, setback: float) -> None:
    times = mutcd_pedestrian_times(crossing, setback)
    assert times.walk_s >= 7.0
    assert times.ped_clearance_s * 3.5 * 0.3048 >= crossing - 1e-6
    assert times.total_s * 3.0 * 0.3048 >= crossing + setback - 1e-6
    older = mutcd_pedestrian_times(crossing, setback, "2003")
    assert older.ped_clearance_s <= times.ped_clearance_s


def test_whole_seconds_are_not_rounded_up_twice() -> None:
    assert ped_clearance_s(35.0 * 0.3048) == 10.0
    assert ped_clearance_s(35.01 * 0.3048) == 11.0


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="grade of -40"):
        ite_yellow_s(15.0, -0.4)
    with pytest.raises(InputError, match="approach speed 0 m/s"):
        ite_yellow_s(0.0)
    with pytest.raises(InputError, match="speed -1 m/s"):
        ite_red_clearance_s(10.0, -1.0)
    with pytest.raises(InputError, match="walking speed"):
        ped_clearance_s(10.0, 0.0)
