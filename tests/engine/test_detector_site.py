"""Detectors of a site: neighbours by lanes and movements, and counts made whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from greenband.engine.detector_counts import DetectorCounts
from greenband.engine.detector_site import neighbours_at, repaired_counts, repaired_log
from greenband.engine.event_log import EventLog
from greenband.engine.site import Approach, Detector, Lane, Movement, Phase, Site

SITE = Site(
    id="7",
    approaches=(
        Approach(
            id="NB",
            lanes=(
                Lane(id="NB1", movements=("NBT", "NBR")),
                Lane(id="NB2", movements=("NBT",)),
                Lane(id="NB3", movements=("NBL",)),
            ),
        ),
    ),
    movements=(
        Movement(id="NBL", approach="NB", turn="L"),
        Movement(id="NBT", approach="NB", turn="T"),
        Movement(id="NBR", approach="NB", turn="R"),
    ),
    phases=(Phase(id="2", protected=("NBT", "NBR", "NBL")),),
    detectors=(
        Detector(id="1", lanes=("NB1",)),
        Detector(id="2", lanes=("NB2",)),
        Detector(id="3", lanes=("NB3",)),
        Detector(id="4", lanes=("NB1", "NB2"), kind="upstream", distance_m=80),
    ),
)


def test_neighbours_share_a_lane_or_a_movement() -> None:
    assert neighbours_at(SITE) == {"1": ["2", "4"], "2": ["1", "4"], "3": [], "4": ["1", "2"]}


def counts(volumes: Mapping[str, Sequence[float]]) -> DetectorCounts:
    array = np.array(list(volumes.values()), dtype=np.float64).T
    starts = np.array([420.0 + 15 * k for k in range(len(array))])
    return DetectorCounts("d", tuple(volumes), starts, 900.0, array, np.full(array.shape, np.nan))


def test_sound_counts_stay_as_they_are() -> None:
    sound = counts({"1": [80] * 8, "2": [90] * 8, "3": [20] * 8, "4": [170] * 8})
    whole = repaired_counts(SITE, sound)
    assert whole.volumes_veh.tolist() == sound.volumes_veh.tolist()
    assert whole.warnings == ()


def test_a_silent_detector_is_replaced_by_its_share() -> None:
    silent = counts({"1": [80] * 5 + [0] * 3, "2": [90] * 8, "3": [20] * 8, "4": [170] * 8})
    whole = repaired_counts(SITE, silent)
    assert whole.of("1").tolist() == pytest.approx([80.0] * 8)
    assert "detector 1: silent from 08:15 to 09:00" in whole.warnings[0]
    assert "of detectors 2, 4 at the same time" in whole.warnings[1]


def test_a_detector_that_is_not_in_the_counts_gets_a_lane_s_flow() -> None:
    whole = repaired_counts(SITE, counts({"1": [80] * 4, "3": [20] * 4, "4": [180] * 4}))
    # Detectors 1 and 4 cover three lanes with 260 vehicles.
    assert whole.of("2").tolist() == pytest.approx([260 / 3] * 4)
    assert "1 lane at the mean of detectors 1, 4" in whole.warnings[0]


def test_a_detector_without_neighbours_in_the_counts_is_not_made_up() -> None:
    whole = repaired_counts(SITE, counts({"1": [80] * 4, "2": [90] * 4, "4": [170] * 4}))
    assert whole.detectors == ("1", "2", "4")


def log_of(flows: dict[int, float], silent_after_s: dict[int, float] | None = None) -> EventLog:
    """Two hours of evenly spaced vehicles, device 9."""
    rows = [(0, 0, 0), (7_199_900, 0, 0)]
    for number, every_s in flows.items():
        end_s = (silent_after_s or {}).get(number, 7199.0)
        for k in range(int(end_s / every_s)):
            on = round((k * every_s + 1 + 0.1 * number) * 1000)
            rows += [(on, 82, number), (on + 300, 81, number)]
    table = np.array(sorted(rows), dtype=np.int64)
    nine = np.full(len(table), 9, dtype=np.int64)
    return EventLog("log", dt.date(2024, 5, 13), table[:, 0], nine, table[:, 1], table[:, 2])


def test_a_log_is_counted_and_made_whole() -> None:
    log = log_of({1: 10.0, 2: 10.0, 3: 40.0, 4: 5.0}, {1: 3600.0})
    whole = repaired_log(SITE, log, 9)
    assert whole.of("1").tolist() == pytest.approx([90.0] * 8, abs=1.5)
    assert any("detector 1: stuck_off from 01:00" in w for w in whole.warnings)


def test_a_detector_of_the_site_without_any_event_is_made_up_of_its_neighbours() -> None:
    whole = repaired_log(SITE, log_of({2: 10.0, 3: 40.0, 4: 5.0}), 9)
    assert whole.of("1").tolist() == pytest.approx([90.0] * 8, abs=1.5)
    assert any("detector 1: stuck_off" in w for w in whole.warnings)


def test_a_log_of_other_detectors_is_left_as_it_is() -> None:
    whole = repaired_log(SITE, log_of({31: 10.0}), 9)
    assert whole.detectors == ("31",)
