from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.networks.approaches import bearing_deg, compass_names, grade_percent, leaving_deg
from greenband.networks.net_xml import NetLane, Point


def lane(*shape: Point) -> NetLane:
    return NetLane("a_0", "a", 0, 13.9, 100.0, 3.2, shape, frozenset(), frozenset())


@pytest.mark.parametrize(
    ("shape", "bearing"),
    [
        (((0.0, 0.0), (0.0, 50.0)), 0.0),
        (((0.0, 0.0), (50.0, 0.0)), 90.0),
        (((0.0, 50.0), (0.0, 0.0)), 180.0),
        (((50.0, 0.0), (0.0, 0.0)), 270.0),
        # a stub of 1 m at the stop line does not turn the approach
        (((0.0, 0.0), (0.0, 50.0), (0.3, 50.9)), pytest.approx(0.86, abs=0.1)),
    ],
)
def test_bearing_is_the_direction_of_travel(shape: tuple[Point, ...], bearing: float) -> None:
    assert bearing_deg(lane(*shape)) == bearing


def test_leaving_looks_at_the_start() -> None:
    assert leaving_deg(lane((0.0, 0.0), (30.0, 0.0), (30.0, 90.0))) == 90.0


def test_four_legs_have_the_four_names() -> None:
    bearings = {"s": 341.0, "w": 77.0, "n": 156.0, "e": 259.0}
    assert compass_names(bearings) == {"s": "NB", "w": "EB", "n": "SB", "e": "WB"}


def test_legs_at_45_degrees_have_four_names_too() -> None:
    assert set(compass_names({"a": 45.0, "b": 135.0, "c": 225.0, "d": 315.0}).values()) == {
        "NB",
        "EB",
        "SB",
        "WB",
    }


def test_legs_from_one_side_are_told_apart() -> None:
    names = compass_names({"a": 90.0, "b": 100.0, "c": 60.0, "d": 95.0})
    assert names == {"a": "EB", "c": "NEB", "d": "SEB", "b": "EB2"}


@given(st.lists(st.floats(0, 359.9), min_size=1, max_size=9))
def test_names_are_never_shared(angles: list[float]) -> None:
    names = compass_names({str(i): angle for i, angle in enumerate(angles)})
    assert len(set(names.values())) == len(angles)


def test_grade_is_rise_over_run() -> None:
    assert grade_percent(lane((0.0, 0.0, 0.0), (0.0, 100.0, 4.0))) == 4.0
    assert grade_percent(lane((0.0, 0.0), (0.0, 100.0))) == 0.0
    assert grade_percent(lane((0.0, 0.0, 9.0), (0.0, 10.0, 0.0))) == -15.0
