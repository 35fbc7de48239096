"""Split failures on logs in which one can count along."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from greenband.engine.errors import InputError
from greenband.engine.event_log import EventLog
from greenband.engine.split_failures import split_failures

GREEN = [(0.0, 1, 2), (20.0, 8, 2), (24.0, 10, 2), (26.0, 11, 2)]
"""Phase 2 is green for 20 s, its red begins at 24 s."""


def log_of(*events: tuple[float, int, int]) -> EventLog:
    rows = sorted((*events, (0.0, 150, 0), (100.0, 150, 0)))
    table = np.array([(round(1000 * t), 7, code, value) for t, code, value in rows])
    return EventLog("log", dt.date(2026, 5, 13), *table.T)


def test_a_detector_covered_through_green_and_into_red_is_a_failure() -> None:
    log = log_of(*GREEN, (0.0, 82, 5), (40.0, 81, 5))
    (green,), (red,), (failed,) = (
        getattr(split_failures(log, 7, 2, [5]), name)
        for name in ("green_occupancy_ratio", "red_occupancy_ratio", "failed")
    )
    assert (green, red, failed) == (1.0, 1.0, True)


@pytest.mark.parametrize(
    ("off", "green", "red", "failed"),
    [(28.0, 1.0, 0.8, True), (27.9, 1.0, 0.78, False), (24.0, 1.0, 0.0, False)],
)
def test_both_shares_must_reach_the_limit(
    off: float, green: float, red: float, failed: bool
) -> None:
    cycles = split_failures(log_of(*GREEN, (0.0, 82, 5), (off, 81, 5)), 7, 2, [5])
    assert cycles.green_s.tolist() == [20.0]
    assert cycles.end_ms.tolist() == [29_000]
    assert cycles.green_occupancy_ratio == pytest.approx([green])
    assert cycles.red_occupancy_ratio == pytest.approx([red])
    assert cycles.failed.tolist() == [failed]


def test_detectors_of_a_phase_count_as_one() -> None:
    both = [(0.0, 82, 5), (12.0, 81, 5), (8.0, 82, 6), (16.0, 81, 6), (1.0, 82, 9), (99.0, 81, 9)]
    cycles = split_failures(log_of(*GREEN, *both), 7, 2, [5, 6])
    assert cycles.green_occupancy_ratio == pytest.approx([16 / 20])


def test_what_the_log_lacks_is_put_in_half_way() -> None:
    for events, covered_s in (
        ([(0, 82, 5), (10, 82, 5), (12, 81, 5)], 7),  # on, on: off at 5 s
        ([(8, 82, 5), (10, 82, 5), (12, 81, 5)], 4),  # on, on 2 s later: the same vehicle
        ([(0, 82, 5), (2, 81, 5), (12, 81, 5)], 7),  # off, off: on at 7 s
        ([(16, 82, 5)], 4),  # on until the log ends
        ([(5, 81, 5)], 0),  # off, and nothing before
        ([], 0),
    ):
        cycles = split_failures(log_of(*GREEN, *events), 7, 2, [5])
        assert cycles.green_occupancy_ratio == pytest.approx([covered_s / 20]), events


def test_greens_that_are_not_told_in_full_are_left_out() -> None:
    assert not len(split_failures(log_of(*GREEN[1:]), 7, 2, [5]).end_ms)
    assert not len(split_failures(log_of(*GREEN[:2]), 7, 2, [5]).end_ms)
    assert not len(split_failures(log_of(*GREEN, (28.0, 1, 2)), 7, 2, [5]).end_ms)
    assert len(split_failures(log_of(*GREEN, (29.0, 1, 2)), 7, 2, [5]).end_ms) == 1
    assert not len(split_failures(log_of(), 7, 2, [5]).end_ms)


def test_failures_by_interval() -> None:
    later = [(50.0 + t, code, value) for t, code, value in GREEN]
    cycles = split_failures(log_of(*GREEN, *later, (0.0, 82, 5), (90.0, 81, 5)), 7, 2, [5])
    assert cycles.by_interval(60.0) == {0: 1, 60_000: 1}
    assert cycles.by_interval() == {0: 2}


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(InputError):
        split_failures(log_of(*GREEN), 8, 2, [5])
