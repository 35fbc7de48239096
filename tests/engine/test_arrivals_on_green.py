"""Arrivals on green on logs in which one can count along."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from greenband.engine.arrivals_on_green import arrivals_on_green
from greenband.engine.event_log import EventLog


def log_of(*events: tuple[float, int, int]) -> EventLog:
    rows = sorted((*events, (0.0, 150, 0), (2000.0, 150, 0)))
    table = np.array([(round(1000 * t), 7, code, value) for t, code, value in rows])
    return EventLog("log", dt.date(2026, 5, 13), *table.T)


GREEN = [(100.0, 1, 2), (120.0, 8, 2), (124.0, 10, 2)]


def test_arrivals_in_green_yellow_and_red() -> None:
    on = [(99.9, 82, 5), (100.0, 82, 5), (119.9, 82, 6), (120.0, 82, 5), (130.0, 82, 6)]
    found = arrivals_on_green(log_of(*GREEN, *on, (110.0, 82, 9)), 7, 2, [5, 6])
    assert found.starts_ms.tolist() == [0]
    assert (found.arrivals_veh.tolist(), found.on_green_veh.tolist()) == ([5], [2])
    assert found.ratio() == pytest.approx([0.4])


def test_latency_is_taken_off_the_time_of_detection() -> None:
    log = log_of(*GREEN, (101.0, 82, 5))
    assert arrivals_on_green(log, 7, 2, [5]).on_green_veh.tolist() == [1]
    assert arrivals_on_green(log, 7, 2, [5], latency_s=1.5).on_green_veh.tolist() == [0]


def test_intervals_without_an_arrival_are_left_out() -> None:
    found = arrivals_on_green(log_of(*GREEN, (101.0, 82, 5), (1900.0, 82, 5)), 7, 2, [5])
    assert found.starts_ms.tolist() == [0, 1_800_000]
    assert found.on_green_veh.tolist() == [1, 0]
    for detectors in ([], [8]):
        assert not len(arrivals_on_green(log_of(*GREEN), 7, 2, detectors).ratio())
