"""Detector volumes and occupancies: units, gaps, and what is refused."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from greenband.engine.detector_counts import (
    DetectorCounts,
    detector_counts_from_table,
    is_detector_counts,
    movement_counts,
    natural_key,
    parse_detector_counts,
)
from greenband.engine.errors import InputError
from greenband.engine.text_table import Table

PLAIN = (
    "start,detector,volume,occupancy_percent\n"
    "07:00,2,30,12\n07:00,10,5,3\n07:15,2,33,13.5\n07:15,10,6,4\n"
)


def refused(text: str, interval_s: float | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_detector_counts(text, "det.csv", interval_s)
    return caught.value


def test_rows_become_intervals_by_detectors() -> None:
    counts = parse_detector_counts(PLAIN, "det.csv")
    assert counts.detectors == ("2", "10")
    assert counts.interval_s == 900.0
    assert counts.labels() == ["07:00", "07:15"]
    assert counts.volumes_veh.tolist() == [[30.0, 5.0], [33.0, 6.0]]
    assert counts.occupancy_ratio.tolist() == [[0.12, 0.03], [0.135, 0.04]]
    assert counts.of("10").tolist() == [5.0, 6.0]
    assert counts.warnings == ()
    with pytest.raises(KeyError):
        counts.of("3")


@pytest.mark.parametrize(
    ("column", "cells", "ratios", "told"),
    [
        ("occupancy", ("12", "0.5"), [0.12, 0.005], "taken as percent, as some are above 1"),
        ("occupancy", ("0.12", "0.5"), [0.12, 0.5], "taken as ratios of 0 to 1"),
        ("occupancy_percent", ("0.12", "0.5"), [0.0012, 0.005], ""),
        ("Occ %", ("12", "50"), [0.12, 0.5], ""),
        ("occupancy_ratio", ("0.12", "0.5"), [0.12, 0.5], ""),
    ],
)
def test_the_unit_of_an_occupancy_is_what_the_column_says_or_the_values_show(
    column: str, cells: tuple[str, str], ratios: list[float], told: str
) -> None:
    text = f"start,detector,volume,{column}\n07:00,A,3,{cells[0]}\n07:15,A,4,{cells[1]}\n"
    counts = parse_detector_counts(text, "det.csv")
    assert counts.occupancy_ratio[:, 0].tolist() == pytest.approx(ratios)
    assert told in "".join(counts.warnings)
    assert bool(counts.warnings) == bool(told)


def test_without_an_occupancy_it_is_unknown() -> None:
    counts = parse_detector_counts("start,detector,volume\n07:00,A,3\n07:15,A,4\n", "det.csv")
    assert np.isnan(counts.occupancy_ratio).all()


def test_a_flow_is_turned_into_vehicles() -> None:
    text = "start,detector,flow_veh_h\n07:00,A,400\n07:15,A,800\n"
    assert parse_detector_counts(text, "det.csv").of("A").tolist() == [100.0, 200.0]


def test_sumo_e1_output_as_a_table_is_read() -> None:
    text = (
        "interval_begin;interval_end;interval_id;interval_nVehContrib;interval_flow;"
        "interval_occupancy;interval_speed\n"
        "25200.00;25500.00;e1_0;12;144.00;3.25;11.2\n"
        "25500.00;25800.00;e1_0;15;180.00;4.10;10.9\n"
    )
    counts = parse_detector_counts(text, "e1.csv")
    assert counts.labels() == ["07:00", "07:05"]
    assert counts.of("e1_0").tolist() == [12.0, 15.0]
    assert counts.occupancy_ratio[:, 0].tolist() == pytest.approx([0.0325, 0.041])


def test_columns_that_never_were_text_are_read_too() -> None:
    times = np.array(["2024-05-13T15:00", "2024-05-13T15:15"], dtype="datetime64[us]")
    table = Table("a.parquet", {"TimeStamp": times, "Detector": [3, 3], "Total": [7, 9]})
    counts = detector_counts_from_table(table)
    assert counts.day == dt.date(2024, 5, 13)
    assert counts.starts_min.tolist() == [900.0, 915.0]
    assert counts.of("3").tolist() == [7.0, 9.0]


def test_missing_rows_and_cells_are_gaps_and_told() -> None:
    text = (
        "start,detector,volume\n07:00,A,3\n07:00,B,4\n07:15,A,\n07:15,B,5\n07:45,B,6\n07:45,A,1\n"
    )
    counts = parse_detector_counts(text, "det.csv")
    np.testing.assert_array_equal(counts.of("A"), [3.0, np.nan, np.nan, 1.0])
    assert counts.warnings == (
        "det.csv: no rows from 07:30 to 07:45 (1 interval of 15 min); left as a gap",
        "det.csv: detector A has no value in 1 of 3 intervals",
    )


def test_several_intersections_need_a_name() -> None:
    text = (
        "TimeStamp,DeviceId,Detector,Total\n"
        "2024-05-13 15:00:00,227,3,7\n2024-05-13 15:15:00,227,3,8\n"
        "2024-05-13 15:00:00,452,3,9\n2024-05-13 15:15:00,452,3,9\n"
    )
    assert refused(text).allowed == "one of 227, 452"
    counts = parse_detector_counts(text, "det.csv", intersection="227")
    assert counts.of("3").tolist() == [7.0, 8.0]
    with pytest.raises(InputError, match="no rows of intersection 9"):
        parse_detector_counts(text, "det.csv", intersection="9")


def test_one_start_needs_the_interval() -> None:
    text = "start,detector,volume\n07:00,A,3\n07:00,B,4\n"
    assert "interval" in refused(text).found
    assert parse_detector_counts(text, "det.csv", interval_s=300).interval_s == 300.0


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("detector,volume\nA,3\n", "det.csv, header"),
        ("start,volume\n07:00,3\n", "det.csv, header"),
        ("start,detector,speed\n07:00,A,3\n07:15,A,3\n", "det.csv, header"),
        ("start,detector,volume\n07:00,A,-3\n07:15,A,3\n", "det.csv line 2, column volume"),
        ("start,detector,volume\n07:00,A,x\n07:15,A,3\n", "det.csv line 2, column volume"),
        ("start,detector,volume\n07:00,A,3\nsoon,A,3\n", "det.csv line 3, column start"),
        ("start,detector,volume\n07:00,A,3\n07:00,A,4\n07:15,A,1\n", "det.csv line 3"),
        ("start,detector,volume,occupancy\n07:00,A,3,101\n07:15,A,3,5\n",
         "det.csv line 2, column occupancy"),
        ("start,detector,volume,occupancy_ratio\n07:00,A,3,1.2\n07:15,A,3,0\n",
         "det.csv line 2, column occupancy_ratio"),
        ("start,detector,volume\n", "det.csv"),
        ("start,detector,volume\n2024-05-13T07:00,A,3\n07:15,A,3\n", "det.csv, column start"),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(text: str, where: str) -> None:
    assert refused(text).where == where


def test_headers_are_told_apart() -> None:
    assert is_detector_counts(["start", "Detector", "Volume"])
    assert is_detector_counts(["interval_begin", "interval_id", "interval_flow"])
    assert not is_detector_counts(["start", "NBL", "NBT"])
    assert not is_detector_counts(["TimeStamp", "DeviceId", "EventId", "Parameter"])


def test_numbers_sort_as_numbers() -> None:
    assert sorted(["10", "e1_2", "2", "a"], key=natural_key) == ["2", "10", "a", "e1_2"]


# --- from detectors to movements -----------------------------------------------------------


def detectors(volumes: list[list[float]]) -> DetectorCounts:
    array = np.array(volumes, dtype=float)
    names = tuple("ABC"[: array.shape[1]])
    starts = np.array([420.0 + 15.0 * k for k in range(len(array))])
    return DetectorCounts("d", names, starts, 900.0, array, np.full(array.shape, np.nan))


def test_lanes_sum_up_and_a_shared_lane_is_divided() -> None:
    counts = movement_counts(
        detectors([[10, 20, 30], [1, 2, 3]]),
        {"NBL": {"A": 1.0}, "NBT": {"B": 1.0, "C": 0.8}, "NBR": {"C": 0.2}},
    )
    assert counts.movements == ("NBL", "NBT", "NBR")
    assert counts.interval_min == 15.0
    assert counts.volumes_veh.sum(axis=1).tolist() == pytest.approx([60.0, 6.0])
    assert counts.of("NBT").tolist() == pytest.approx([44.0, 4.4])


def test_a_gap_of_one_detector_is_a_gap_of_the_movement() -> None:
    counts = movement_counts(detectors([[np.nan, 20]]), {"NBT": {"A": 1.0, "B": 1.0}})
    assert np.isnan(counts.of("NBT")[0])


@pytest.mark.parametrize(
    "shares", [{"NBT": {"Z": 1.0}}, {"NBT": {"A": 0.8}, "NBR": {"A": 0.3}}, {"NBT": {"A": -0.1}}]
)
def test_shares_that_cannot_be_are_refused(shares: dict[str, dict[str, float]]) -> None:
    with pytest.raises(InputError):
        movement_counts(detectors([[1, 2]]), shares)
