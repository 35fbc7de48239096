"""Slow and obvious against fast: peak hour, runs of drift, holds, greens, splits."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.counts import TurningCounts
from greenband.engine.detector_drift import _largest_run
from greenband.engine.detector_health import _runs
from greenband.engine.detector_health_log import holds
from greenband.engine.errors import InputError
from greenband.engine.event_detectors import activations
from greenband.engine.event_log import EventLog
from greenband.engine.event_phases import phase_intervals
from greenband.engine.peak_hour import peak_hour

STEPS = (5, 15, 30, 60)


def counts_of(rows: list[list[float | None]], step_min: int) -> TurningCounts:
    array = np.array([[math.nan if v is None else v for v in row] for row in rows], dtype=float)
    names = ("NBT", "EBT", "SBL")[: array.shape[1]]
    starts = np.array([420.0 + step_min * k for k in range(len(array))])
    empty = np.full(array.shape, math.nan)
    return TurningCounts("c", starts, float(step_min), names, array, empty)


def slow_peak(rows: list[list[float | None]], step_min: int) -> tuple[int, list[float], float]:
    """First row, veh/h per movement and PHF of the busiest hour, by trying every start."""
    per_hour = 60 // step_min
    length = min(per_hour, len(rows))
    best: tuple[int, float, int] | None = None
    for first in range(len(rows) - length + 1):
        window = rows[first : first + length]
        gaps = sum(v is None for row in window for v in row)
        total = sum(v or 0.0 for row in window for v in row)
        if best is None or (-gaps, total) > (-best[0], best[1]):
            best = (gaps, total, first)
    assert best is not None
    first = best[2]
    filled = []
    for column in zip(*rows[first : first + length], strict=True):
        told = [v for v in column if v is not None]
        filled.append([sum(told) / len(told) if v is None else v for v in column])
    volumes = [sum(column) * per_hour / length for column in filled]
    totals = [sum(values) for values in zip(*filled, strict=True)]
    quarter = 15 // step_min if 15 % step_min == 0 else 0
    if not quarter or length < quarter or sum(totals) == 0:
        return first, volumes, math.nan
    sums = [sum(totals[k : k + quarter]) for k in range(length - quarter + 1)]
    return first, volumes, sum(totals) / length * quarter / max(sums)


@given(
    step_min=st.sampled_from(STEPS),
    rows=st.lists(
        st.lists(st.none() | st.integers(0, 300), min_size=2, max_size=2), min_size=1, max_size=30
    ),
)
def test_the_peak_hour(step_min: int, rows: list[list[float | None]]) -> None:
    rows = [[1.0, 1.0] if row == [None, None] else row for row in rows]
    try:
        first, volumes, phf = slow_peak(rows, step_min)
    except ZeroDivisionError:  # no value in the hour to take the mean of
        with pytest.raises(InputError, match="no value from"):
            peak_hour(counts_of(rows, step_min))
        return
    peak = peak_hour(counts_of(rows, step_min))
    assert peak.start_min == 420 + step_min * first
    assert peak.volume_veh_h.tolist() == pytest.approx(volumes)
    assert peak.phf == pytest.approx(phf, nan_ok=True)


@given(st.lists(st.floats(-10, 10, allow_nan=False), min_size=1, max_size=15))
def test_the_run_with_the_largest_sum(gains: list[float]) -> None:
    first, last = _largest_run(np.array(gains))
    runs = [(a, b) for a in range(len(gains)) for b in range(a + 1, len(gains) + 1)]
    best = max((sum(gains[a:b]) for a, b in runs), default=0.0)
    assert sum(gains[first:last]) == pytest.approx(max(best, 0.0), abs=1e-9)


@given(st.lists(st.booleans(), max_size=30))
def test_runs_of_true_values(flags: list[bool]) -> None:
    found = _runs(np.array(flags, dtype=np.bool_))
    again = [False] * len(flags)
    for first, last in found:
        assert first < last
        assert all(flags[first:last])
        assert first == 0 or not flags[first - 1]
        assert last == len(flags) or not flags[last]
        again[first:last] = [True] * (last - first)
    assert again == flags


def log_of(rows: list[tuple[int, int, int]]) -> EventLog:
    table = np.array([(t, 1, code, number) for t, code, number in rows], dtype=np.int64)
    return EventLog("log", dt.date(2024, 5, 13), *table.T)


@given(
    st.lists(
        st.tuples(st.integers(1, 98), st.sampled_from([81, 82])), max_size=25,
        unique_by=lambda row: row[0],
    )
)  # fmt: skip
def test_holds_step_by_step(rows: list[tuple[int, int]]) -> None:
    """Every time on, cut where another vehicle comes; walked millisecond by millisecond."""
    events = dict(rows)
    log = log_of([(0, 0, 0), *sorted((t, code, 7) for t, code in rows), (99, 0, 0)])
    starts, lengths = holds(activations(log, 1, 7))
    on = bool(events) and events[min(events)] == 81
    expected: list[list[int]] = [[0, 0]] if on else []
    for now in range(1, 100):
        if on:
            expected[-1][1] += 1
        code = events.get(now)
        if code == 82:
            expected.append([now, 0])
        on = on if code is None else code == 82
    found = [[int(s), int(n)] for s, n in zip(starts, lengths, strict=True)]
    assert [f for f in found if f[1]] == [e for e in expected if e[1]]


@given(
    greens=st.lists(
        st.tuples(st.integers(5, 60), st.integers(3, 5), st.integers(0, 3), st.integers(5, 60)),
        min_size=1, max_size=8,
    ),
    cut=st.integers(0, 400),
)  # fmt: skip
def test_green_at_each_second(greens: list[tuple[int, int, int, int]], cut: int) -> None:
    """A log that begins at ``cut``: green is known from the events, or from a green's end."""
    events: list[tuple[int, int, int]] = []
    colours: list[bool] = []
    for green_s, yellow_s, red_s, wait_s in greens:
        now = len(colours)
        events += [(now, 1, 2), (now + green_s, 6, 2), (now + green_s, 8, 2)]
        events += [(now + green_s + yellow_s, 9, 2)]
        if red_s:
            events += [(now + green_s + yellow_s, 10, 2), (now + green_s + yellow_s + red_s, 11, 2)]
        colours += [True] * green_s + [False] * (yellow_s + red_s + wait_s)
    kept = [(1000 * t, code, phase) for t, code, phase in events if t >= cut]
    if cut >= len(colours) or not kept:
        return
    log = log_of([(1000 * cut, 0, 0), *kept, (1000 * len(colours), 0, 0)])
    seconds = np.arange(cut, len(colours), dtype=np.int64)
    found = phase_intervals(log, 1).is_green(2, 1000 * seconds)
    assert found.tolist() == colours[cut:]
