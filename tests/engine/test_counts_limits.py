"""What a movement can't have carried, and what a lane count changes about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.counts_limits import CountLimits, refuse_impossible
from greenband.engine.counts_readings import Reading
from greenband.engine.errors import InputError
from greenband.engine.movement_names import Kind


def reading(value: float | None, kind: Kind = "vehicles", name: str = "NBT") -> Reading:
    return Reading(420.0, kind, name, value, f"c line 2, column {name}", "c line 2")


@pytest.mark.parametrize(
    ("movement", "lanes", "interval_min", "most"),
    [
        ("NBT", 2, 60.0, 4006.0),
        ("NBT", 2, 15.0, 1006.0),
        ("NBT", None, 60.0, 8012.0),  # four lanes where nobody knows
        ("NBL", None, 60.0, 6009.0),
        ("NBU", None, 60.0, 2003.0),
        ("NBL2", 1, 60.0, 2003.0),
        ("NBT", 1, 1.0, pytest.approx(36.33, abs=0.01)),
    ],
)
def test_the_most_that_an_interval_can_hold(
    movement: str, lanes: int | None, interval_min: float, most: float
) -> None:
    assert CountLimits().max_veh(movement, lanes, interval_min) == most


@given(st.integers(1, 8), st.sampled_from([1, 5, 15, 60]), st.floats(0, 1))
def test_what_a_saturated_lane_discharges_is_always_allowed(
    lanes: int, interval_min: int, green_ratio: float
) -> None:
    discharged = 1900 * lanes * interval_min / 60 * green_ratio
    refuse_impossible([reading(discharged)], interval_min, {"NBT": lanes}, CountLimits())


def test_the_volumes_of_bullhead_are_refused_on_two_lanes() -> None:
    with pytest.raises(InputError) as caught:
        refuse_impossible([reading(7732.0)], 60.0, {"NBT": 2}, CountLimits())
    assert caught.value.found == "7732 vehicles in 60 min (7732 veh/h)"
    assert caught.value.allowed == "up to 4006 for NBT with 2 lanes (2000 veh/h and lane)"


def test_pedestrians_have_their_own_limit() -> None:
    refuse_impossible([reading(9000.0, "pedestrians", "N")], 15.0, {}, CountLimits())
    with pytest.raises(InputError, match="200000 persons in 15 min"):
        refuse_impossible([reading(2e5, "pedestrians", "N")], 15.0, {}, CountLimits())
    with pytest.raises(InputError, match="-1 persons"):
        refuse_impossible([reading(-1.0, "pedestrians", "N")], 15.0, {}, CountLimits())


def test_gaps_are_never_impossible() -> None:
    refuse_impossible([reading(None), reading(None, "heavy")], 15.0, {}, CountLimits())


def test_heavy_vehicles_are_part_of_the_whole() -> None:
    whole = reading(10.0)
    refuse_impossible([whole, reading(10.0, "heavy")], 15.0, {}, CountLimits())
    with pytest.raises(InputError, match="11 heavy vehicles"):
        refuse_impossible([whole, reading(11.0, "heavy")], 15.0, {}, CountLimits())


@pytest.mark.parametrize(("wrong", "told"), [(1, 0), (2, 1), (6, 5), (9, 5)])
def test_the_first_few_are_told_and_the_rest_are_counted(wrong: int, told: int) -> None:
    with pytest.raises(InputError) as caught:
        refuse_impossible([reading(-1.0)] * wrong, 15.0, {}, CountLimits())
    assert caught.value.found.count("c line 2") == told
    assert ("more" in caught.value.found) == (wrong - 1 > told)
