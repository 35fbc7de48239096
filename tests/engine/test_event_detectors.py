"""Detectors in a log: on times, vehicles and occupancy, against a slow and obvious oracle."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.errors import InputError
from greenband.engine.event_detectors import activations, all_activations, count_detectors
from greenband.engine.event_log import EventLog

DAY = dt.date(2024, 5, 13)


def log_of(*events: tuple[float, int, int]) -> EventLog:
    """A log of device 1 from (second, event, parameter)."""
    rows = np.array([(round(t * 1000), 1, code, number) for t, code, number in events])
    return EventLog("log", DAY, *rows.astype(np.int64).T)


def test_a_vehicle_is_an_on_event_and_its_time_lasts_to_the_off() -> None:
    log = log_of((0, 0, 0), (1, 82, 5), (2.5, 81, 5), (4, 82, 5), (4.1, 81, 5), (9, 0, 0))
    told = activations(log, 1, 5)
    assert told.on_ms.tolist() == [1000, 4000]
    assert told.from_ms.tolist() == [1000, 4000]
    assert told.to_ms.tolist() == [2500, 4100]


def test_an_output_that_is_stretched_counts_each_vehicle_and_stays_on() -> None:
    log = log_of((0, 0, 0), (1, 82, 5), (2, 82, 5), (3, 82, 5), (8, 81, 5), (9, 0, 0))
    told = activations(log, 1, 5)
    assert told.on_ms.tolist() == [1000, 2000, 3000]
    assert list(zip(told.from_ms.tolist(), told.to_ms.tolist(), strict=True)) == [(1000, 8000)]


def test_on_at_the_edges_of_the_log_lasts_from_and_to_them() -> None:
    log = log_of((0, 0, 0), (2, 81, 5), (7, 82, 5), (10, 0, 0))
    told = activations(log, 1, 5)
    assert told.on_ms.tolist() == [7000]
    assert list(zip(told.from_ms, told.to_ms, strict=True)) == [(0, 2000), (7000, 10_000)]


def test_a_detector_that_told_nothing_is_empty() -> None:
    told = activations(log_of((0, 0, 0), (10, 0, 0)), 1, 5)
    assert told.on_ms.size == 0
    assert told.occupied_ms(np.array([0, 5000, 10_000])).tolist() == [0.0, 0.0]


def test_counts_are_per_interval_of_the_clock() -> None:
    log = log_of(
        (0, 0, 0), (299.9, 82, 5), (300, 82, 6), (300.1, 81, 5), (310, 81, 6), (600, 82, 5),
        (899, 81, 5),
    )  # fmt: skip
    counts = count_detectors(log, 1, interval_s=300)
    assert counts.detectors == ("5", "6")
    assert counts.starts_min.tolist() == [0.0, 5.0, 10.0]
    assert counts.volumes_veh.tolist() == [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert counts.occupancy_ratio[:, 0].tolist() == pytest.approx([0.1 / 300, 0.1 / 300, 299 / 300])
    assert counts.day == DAY
    assert counts.warnings == ()


def test_detectors_asked_for_are_there_even_if_silent() -> None:
    log = log_of((0, 82, 5), (1, 81, 5), (500, 0, 0), (899, 0, 0))
    counts = count_detectors(log, 1, detectors=[5, 7])
    assert counts.detectors == ("5", "7")
    assert counts.volumes_veh.tolist() == [[1.0, 0.0]]


def test_intervals_that_the_log_covers_in_part_are_gaps() -> None:
    log = log_of((100, 82, 5), (101, 81, 5), (600, 0, 0), (950, 82, 5), (1500, 81, 5), (1850, 0, 0))
    counts = count_detectors(log, 1)
    np.testing.assert_array_equal(counts.of("5"), [np.nan, 1.0, np.nan])
    starts, ends = counts.warnings
    assert starts == (
        "log: the log starts inside the interval from 00:00 and lacks 100 s of it; left as a gap"
    )
    assert ends == (
        "log: the log ends inside the interval from 00:30 and lacks 850 s of it; left as a gap"
    )


def test_a_hole_in_the_log_is_a_gap_not_an_empty_street() -> None:
    log = log_of((0, 82, 5), (1, 81, 5), (290, 0, 0), (1000, 82, 5), (1199, 81, 5))
    counts = count_detectors(log, 1, interval_s=300)
    assert np.isnan(counts.volumes_veh).all()
    assert "no event at all from 00:04:50 to 00:16:40" in counts.warnings[-1]
    quiet = count_detectors(log_of((0, 82, 5), (500, 0, 0), (999, 81, 5), (1199, 0, 0)), 1, 300)
    assert quiet.volumes_veh[:, 0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert quiet.occupancy_ratio[:3, 0].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("interval_s", [0, -900, 7000])
def test_an_interval_that_does_not_divide_a_day_is_refused(interval_s: float) -> None:
    with pytest.raises(InputError):
        count_detectors(log_of((0, 82, 5)), 1, interval_s)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(InputError):
        count_detectors(log_of((0, 82, 5)), 2)


@given(
    st.lists(
        st.tuples(st.integers(0, 5999), st.sampled_from([81, 82]), st.sampled_from([3, 4])),
        max_size=60,
        unique_by=lambda row: (row[0], row[2]),
    )
)
def test_counts_and_occupancy_equal_a_simulation_in_tenths_of_seconds(
    rows: list[tuple[int, int, int]],
) -> None:
    events = sorted([(0, 0, 0), (5999, 0, 0), *rows])
    log = log_of(*((t / 10, code, number) for t, code, number in events))
    counts = count_detectors(log, 1, interval_s=60, detectors=[3, 4])
    told = all_activations(log, 1, [3, 4])
    for k, number in enumerate((3, 4)):
        vehicles, busy = slow(events, number)
        assert counts.volumes_veh[:, k].tolist() == vehicles
        assert (counts.occupancy_ratio[:, k] * 600).tolist() == pytest.approx(busy, abs=1e-6)
        assert len(told[number].on_ms) == sum(vehicles)


def slow(events: list[tuple[int, int, int]], number: int) -> tuple[list[float], list[float]]:
    """Vehicles and tenths on per minute, stepping through every tenth of the log."""
    own = {t: code for t, code, n in events if n == number and code in (81, 82)}
    first = own[min(own)] if own else 82
    on = first == 81  # off without an on: it was on when the log began
    vehicles, busy = [0.0] * 10, [0.0] * 10
    for tenth in range(5999):
        if tenth in own:
            on = own[tenth] == 82
        vehicles[tenth // 600] += own.get(tenth) == 82
        busy[tenth // 600] += on
    vehicles[9] += own.get(5999) == 82
    return vehicles, busy
