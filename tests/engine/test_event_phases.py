"""Greens, terminations, pedestrians and coordination in a log."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from greenband.engine.event_log import EventLog
from greenband.engine.event_phases import (
    CoordinationEvent,
    coordination_events,
    count_terminations,
    pedestrian_intervals,
    phase_intervals,
)


def log_of(*events: tuple[float, int, int]) -> EventLog:
    rows = np.array([(round(t * 1000), 1, code, number) for t, code, number in events])
    return EventLog("log", dt.date(2024, 5, 13), *rows.astype(np.int64).T)


GREEN = ((10, 1, 2), (40, 4, 2), (40, 7, 2), (40, 8, 2), (44, 9, 2), (44, 10, 2), (46, 11, 2))


def test_a_green_has_its_parts() -> None:
    greens = phase_intervals(log_of((0, 0, 0), *GREEN), 1)
    assert greens.phase.tolist() == [2]
    assert greens.termination.tolist() == [4]
    assert greens.green_s().tolist() == [30.0]
    assert greens.yellow_s().tolist() == [4.0]
    assert greens.red_clearance_s().tolist() == [2.0]
    assert greens.end_ms.tolist() == [46_000]


def test_the_order_within_a_tenth_of_a_second_does_not_matter() -> None:
    swapped = ((10, 1, 2), (40, 8, 2), (40, 4, 2), (44, 10, 2), (44, 9, 2), (46, 11, 2))
    for events in (GREEN, swapped):
        greens = phase_intervals(log_of(*events), 1)
        assert greens.phase.tolist() == [2]
        assert greens.termination.tolist() == [4]
        assert greens.red_clearance_ms.tolist() == [44_000]


def test_a_phase_without_red_clearance_ends_with_its_yellow() -> None:
    greens = phase_intervals(log_of((10, 1, 2), (40, 8, 2), (44, 9, 2)), 1)
    assert greens.yellow_s().tolist() == [4.0]
    assert greens.red_clearance_s().tolist() == [0.0]
    assert greens.end_ms.tolist() == [44_000]


def test_greens_at_the_edges_of_the_log_are_kept_as_unknown() -> None:
    log = log_of((5, 5, 2), (5, 8, 2), (9, 9, 2), (60, 1, 2))
    greens = phase_intervals(log, 1)
    assert greens.green_ms.tolist() == [-1, 60_000]
    assert greens.yellow_ms.tolist() == [5000, -1]
    assert greens.termination.tolist() == [5, 0]
    assert np.isnan(greens.green_s()).all()
    times = np.array([0, 4999, 5000, 59_999, 60_000, 99_000])
    assert greens.is_green(2, times).tolist() == [True, True, False, False, True, True]
    assert not greens.is_green(4, times).any()


def test_a_lost_start_does_not_make_one_long_green() -> None:
    second = ((140, 6, 2), (140, 8, 2), (144, 9, 2))  # its event 1 is lost
    greens = phase_intervals(log_of(*GREEN, *second), 1)
    assert greens.green_ms.tolist() == [10_000, -1]
    assert greens.termination.tolist() == [4, 6]
    times = np.array([20_000, 60_000, 139_000])
    assert greens.is_green(2, times).tolist() == [True, False, False]


def test_phases_are_kept_apart_and_ordered_by_start() -> None:
    other = tuple((t + 5, code, 6) for t, code, _ in GREEN)
    greens = phase_intervals(log_of(*sorted((*GREEN, *other))), 1)
    assert greens.phase.tolist() == [2, 6]
    assert greens.of(6).green_ms.tolist() == [15_000]


def test_terminations_are_counted_by_interval_phase_and_kind() -> None:
    log = log_of((10, 4, 2), (20, 4, 2), (30, 5, 2), (40, 6, 4), (899.9, 6, 4), (900, 6, 4))
    assert count_terminations(log, 1) == {
        (0, 2, "gap_out"): 2,
        (0, 2, "max_out"): 1,
        (0, 4, "force_off"): 2,
        (900_000, 4, "force_off"): 1,
    }


def test_changes_of_coordination_are_named() -> None:
    log = log_of((1, 131, 5), (2, 132, 120), (3, 133, 33), (4, 134, 20), (5, 141, 45), (6, 150, 3))
    assert coordination_events(log, 1) == (
        CoordinationEvent(1000, "pattern", 5),
        CoordinationEvent(2000, "cycle_s", 120),
        CoordinationEvent(3000, "offset_s", 33),
        CoordinationEvent(4000, "split_s", 20, phase=1),
        CoordinationEvent(5000, "split_s", 45, phase=8),
        CoordinationEvent(6000, "state", 3),
    )


def test_walks_have_their_clearance() -> None:
    log = log_of((1, 22, 2), (5, 21, 2), (12, 22, 2), (20, 23, 2), (80, 21, 2), (81, 21, 4))
    assert pedestrian_intervals(log, 1, 2).tolist() == [[5000, 12_000, 20_000], [80_000, -1, -1]]
    assert pedestrian_intervals(log, 1, 8).shape == (0, 3)


@pytest.mark.parametrize("read", [phase_intervals, coordination_events, count_terminations])
def test_a_log_without_such_events_is_no_error(read: object) -> None:
    assert callable(read)
    found = read(log_of((0, 82, 1)), 1)
    assert len(getattr(found, "phase", found)) == 0
