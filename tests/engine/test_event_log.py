"""High-resolution logs: reading them, and putting right what can be put right."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.errors import InputError
from greenband.engine.event_log import (
    EventLog,
    event_log_from_table,
    events_of,
    is_event_log,
    parse_event_log,
    silences,
    write_event_log,
)
from greenband.engine.text_table import Table

HEAD = "TimeStamp,DeviceId,EventId,Parameter\n"
PLAIN = (
    HEAD + "2024-05-13 15:00:00.000,227,1,2\n"
    "2024-05-13 15:00:00.100,227,82,31\n"
    "2024-05-13 15:00:00.100,452,82,31\n"
    "2024-05-13 15:00:01,227,81,31\n"
)


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_event_log(text, "log.csv")
    return caught.value


def test_events_become_arrays_in_the_order_of_time() -> None:
    log = parse_event_log(PLAIN, "log.csv")
    assert log.day == dt.date(2024, 5, 13)
    assert (log.time_ms - 15 * 3_600_000).tolist() == [0, 100, 100, 1000]
    assert log.devices == (227, 452)
    assert log.event.tolist() == [1, 82, 82, 81]
    assert log.of(227).parameter.tolist() == [2, 31, 31]
    assert log.warnings == ()


def test_the_atspm_names_and_other_date_formats_are_read() -> None:
    text = (
        "SignalID,Timestamp,EventCode,EventParam\n"
        "7,2024-05-13T15:00:00.1+00:00,82,4\n7,2024-05-13T15:00:00.3+00:00,81,4\n"
    )
    log = parse_event_log(text, "log.csv")
    assert np.diff(log.time_ms).tolist() == [200]
    assert log.devices == (7,)


def test_a_log_of_one_intersection_needs_no_device() -> None:
    text = "TimeStamp,EventId,Parameter\n2024-05-13T15:00:00,82,4\n"
    assert parse_event_log(text, "log.csv").devices == (0,)


def test_arrays_are_taken_as_they_are() -> None:
    times = np.array(["2024-05-13T15:00:00.1"], dtype="datetime64[ns]")
    table = Table(
        "log.parquet", {"TimeStamp": times, "DeviceId": [1], "EventId": [82], "Parameter": [3]}
    )
    log = event_log_from_table(table)
    assert log.time_ms.tolist() == [54_000_100]


def test_events_out_of_order_are_sorted_and_equal_times_stay_as_they_are() -> None:
    text = HEAD + (
        "2024-05-13T15:00:02,1,82,1\n2024-05-13T15:00:01,1,8,2\n2024-05-13T15:00:01,1,7,2\n"
    )
    log = parse_event_log(text, "log.csv")
    assert log.event.tolist() == [8, 7, 82]
    assert log.warnings == (
        "log.csv line 3: before the event above it (1 such rows); events were sorted",
    )


def test_events_said_twice_are_used_once() -> None:
    text = HEAD + "2024-05-13T15:00:01,1,82,1\n" * 3 + "2024-05-13T15:00:01,1,82,2\n"
    log = parse_event_log(text, "log.csv")
    assert log.parameter.tolist() == [1, 2]
    assert log.warnings == ("log.csv: 2 events said twice, used once",)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("DeviceId,EventId,Parameter\n1,82,1\n", "log.csv, header"),
        ("TimeStamp,DeviceId,Parameter\n2024-05-13T15:00:01,1,1\n", "log.csv, header"),
        ("TimeStamp,DeviceId,EventId\n2024-05-13T15:00:01,1,1\n", "log.csv, header"),
        (HEAD, "log.csv"),
        (HEAD + "15:00:01,1,82,1\n", "log.csv line 2, column TimeStamp"),
        (HEAD + "2024-05-13T15:00:01,1,82,1\n,1,82,1\n", "log.csv line 3, column TimeStamp"),
        (HEAD + "2024-05-13T15:00:01,1,82,x\n", "log.csv line 2, column Parameter"),
        (HEAD + "2024-05-13T15:00:01,1,82.5,1\n", "log.csv line 2, column EventId"),
        (HEAD + "2024-05-13T15:00:01,,82,1\n", "log.csv line 2, column DeviceId"),
    ],
)
def test_what_is_refused_and_where(text: str, where: str) -> None:
    assert refused(text).where == where


def test_an_unknown_device_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError) as caught:
        parse_event_log(PLAIN, "log.csv").of(9)
    assert caught.value.allowed == "one of 227, 452"


def test_silences_are_found() -> None:
    times = np.array([0, 1000, 700_000, 701_000], dtype=np.int64)
    ones = np.ones(4, dtype=np.int64)
    log = EventLog("log", dt.date(2024, 5, 13), times, ones, ones, ones)
    assert silences(log) == [(1000, 700_000)]
    assert silences(log, longest_s=700) == []


def test_headers_are_told_apart() -> None:
    assert is_event_log(["TimeStamp", "DeviceId", "EventId", "Parameter"])
    assert is_event_log(["SignalID", "Timestamp", "EventCode", "EventParam"])
    assert not is_event_log(["start", "detector", "volume"])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2 * 86_400_000), st.integers(1, 3), st.integers(0, 512),
            st.integers(0, 255),
        ),
        min_size=1, max_size=40, unique=True,
    )
)  # fmt: skip
def test_a_written_log_is_read_back_unchanged(rows: list[tuple[int, int, int, int]]) -> None:
    table = np.array(sorted(rows), dtype=np.int64)
    table[:, 0] -= table[0, 0] // 86_400_000 * 86_400_000
    log = EventLog("log", dt.date(2024, 2, 28), *table.T)
    back = parse_event_log(write_event_log(log), "log")
    assert back.day == log.day
    for name in ("time_ms", "device", "event", "parameter"):
        assert getattr(back, name).tolist() == getattr(log, name).tolist()


def test_events_are_picked_by_code() -> None:
    assert events_of(parse_event_log(PLAIN, "log.csv"), (81, 82)).event.tolist() == [82, 82, 81]
