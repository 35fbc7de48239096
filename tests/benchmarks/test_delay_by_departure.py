"""Delay by scheduled departure: the same vehicles and the same sum as the mean over all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.benchmarks.measures import delay_by_departure, measures, scheduled
from greenband.benchmarks.trips import Totals, Trip

BEGIN_S, END_S = 25200.0, 28800.0
LATE = Trip(
    id="late", type="car", depart_s=25310.0, depart_delay_s=20.0, arrival_s=25400.0,
    duration_s=90.0, time_loss_s=30.0, waiting_s=10.0, stops=1, speed_factor=1.0, co2_kg=0.0,
)  # fmt: skip
NEVER = replace(
    LATE, id="never", depart_s=-1.0, depart_delay_s=1000.0, arrival_s=-1.0, time_loss_s=0.0
)


def test_a_vehicle_counts_when_it_should_have_departed() -> None:
    found = delay_by_departure([LATE, NEVER], BEGIN_S, END_S)
    # scheduled at 25290 although it departed in the next 300 s; and at 28800 - 1000 = 27800
    assert found == {
        "25200": {"vehicles": 1, "delay_s": 50.0},
        "27600": {"vehicles": 1, "delay_s": 1000.0},
    }


@given(st.lists(st.tuples(st.floats(0.0, 3599.0), st.floats(0.0, 900.0)), min_size=1))
def test_all_are_there_with_all_their_delay(rows: list[tuple[float, float]]) -> None:
    trips = [
        replace(LATE, id=str(k), depart_s=BEGIN_S + t, depart_delay_s=0.0, time_loss_s=loss)
        for k, (t, loss) in enumerate(rows)
    ]
    found = delay_by_departure(scheduled(trips, BEGIN_S, END_S), BEGIN_S, END_S)
    whole = measures(trips, [], Totals(0, 0), begin_s=BEGIN_S, end_s=END_S)
    assert sum(row["vehicles"] for row in found.values()) == whole.vehicles
    total_s = sum(row["vehicles"] * row["delay_s"] for row in found.values())
    assert whole.delay_s is not None
    assert total_s == pytest.approx(whole.delay_s * whole.vehicles)
    assert whole.delay_by_departure == found
