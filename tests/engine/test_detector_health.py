"""Detector health in intervals: each fault found, each honest oddity left in peace."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from greenband.engine.detector_counts import DetectorCounts
from greenband.engine.detector_health import (
    Finding,
    HealthLimits,
    bad_intervals,
    check_intervals,
    stuck_on_limit_s,
)

Floats = NDArray[np.float64]
NEAR = {"A": ["B", "C"], "B": ["A", "C"], "C": ["A", "B"]}


def street(n: int = 24, per_interval: float = 100.0, seed: int = 1) -> DetectorCounts:
    """Three lanes of one approach, Poisson counts with a common wave, 15 min from 06:00."""
    rng = np.random.default_rng(seed)
    wave = per_interval * (1 + 0.5 * np.sin(np.arange(n) / 4))
    volumes = rng.poisson(np.outer(wave, [1.0, 0.8, 0.5])).astype(np.float64)
    starts = np.array([360.0 + 15 * k for k in range(n)])
    return DetectorCounts(
        "street", ("A", "B", "C"), starts, 900.0, volumes, np.full(volumes.shape, 0.2)
    )


def with_values(
    counts: DetectorCounts, column: int, rows: slice, volume: float, occupancy: float | None = None
) -> DetectorCounts:
    volumes, occupancies = counts.volumes_veh.copy(), counts.occupancy_ratio.copy()
    volumes[rows, column] = volume
    if occupancy is not None:
        occupancies[rows, column] = occupancy
    return DetectorCounts(
        counts.source, counts.detectors, counts.starts_min, counts.interval_s, volumes, occupancies
    )


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [str(f) for f in findings]
    return findings[0]


@pytest.mark.parametrize("seed", range(20))
def test_a_sound_street_has_no_findings(seed: int) -> None:
    assert check_intervals(street(seed=seed), NEAR) == ()
    assert check_intervals(street(seed=seed)) == ()


def test_stuck_on_has_its_time_and_its_reason() -> None:
    counts = with_values(street(), 0, slice(8, 12), 0.0, 1.0)
    finding = only(check_intervals(counts, NEAR))
    assert (finding.detector, finding.kind) == ("A", "stuck_on")
    assert (finding.start_min, finding.end_min) == (480.0, 540.0)
    assert str(finding) == (
        "detector A: stuck_on from 08:00 to 09:00: on for 3600 s with 0 vehicles; at most 375 s "
        "where its busy intervals have an occupancy of 20 %"
    )


def test_a_long_loop_under_heavy_traffic_is_not_stuck() -> None:
    """The false alarm of a fixed maximum presence: on without a break, and counting."""
    counts = street()
    full = DetectorCounts(
        "s", counts.detectors, counts.starts_min, 900.0, counts.volumes_veh,
        np.repeat(np.where(np.arange(24) >= 20, 1.0, 0.9)[:, None], 3, axis=1),
    )  # fmt: skip
    assert check_intervals(full, NEAR) == ()


def test_the_time_on_that_is_allowed_grows_with_the_usual_occupancy() -> None:
    limits = HealthLimits()
    assert stuck_on_limit_s(0.0, limits) == 300.0
    assert stuck_on_limit_s(0.5, limits) == 600.0
    assert stuck_on_limit_s(0.99, limits) == pytest.approx(3000.0)


def test_a_detector_that_falls_silent_to_the_end_is_stuck_off() -> None:
    finding = only(check_intervals(with_values(street(), 1, slice(18, 24), 0.0), NEAR))
    assert (finding.detector, finding.kind) == ("B", "stuck_off")
    assert (finding.start_min, finding.end_min) == (630.0, 720.0)
    assert "no vehicle in 90 min where" in finding.evidence
    assert "its neighbours counted" in finding.evidence


def test_silence_at_a_busy_hour_is_found_and_in_a_quiet_one_it_is_not() -> None:
    finding = only(check_intervals(with_values(street(), 1, slice(4, 6), 0.0), NEAR))
    assert (finding.kind, finding.start_min, finding.end_min) == ("silent", 420.0, 450.0)
    quiet = with_values(street(per_interval=5.0), 1, slice(4, 6), 0.0)
    assert check_intervals(quiet, NEAR) == ()


def test_a_quiet_night_is_no_fault_with_neighbours_or_without() -> None:
    hours = np.array([k / 4 for k in range(96)])
    flow = 120 * np.exp(-(((hours - 14) / 3.5) ** 2))
    volumes = np.random.default_rng(3).poisson(np.outer(flow, [1, 0.8, 0.5])).astype(np.float64)
    counts = DetectorCounts(
        "day", ("A", "B", "C"), hours * 60, 900.0, volumes, np.full(volumes.shape, np.nan)
    )
    assert (volumes == 0).any(axis=0).all()
    assert check_intervals(counts, NEAR) == ()
    assert check_intervals(counts) == ()


def test_without_neighbours_a_detector_is_judged_by_before_and_after() -> None:
    finding = only(check_intervals(with_values(street(), 1, slice(10, 12), 0.0)))
    assert (finding.detector, finding.kind) == ("B", "silent")
    assert "an interval in the hour before or after" in finding.evidence


def test_a_detector_that_never_counts_is_judged_by_its_neighbours_alone() -> None:
    counts = with_values(street(), 2, slice(0, 24), 0.0)
    finding = only(check_intervals(counts, NEAR))
    assert (finding.detector, finding.kind) == ("C", "stuck_off")
    assert check_intervals(counts) == ()  # nobody can tell that it should count


def test_gaps_are_neither_silence_nor_drift() -> None:
    assert check_intervals(with_values(street(), 1, slice(4, 9), np.nan), NEAR) == ()


def test_more_vehicles_than_lanes_carry_is_chatter() -> None:
    limits = HealthLimits(lanes={"A": 1})
    finding = only(check_intervals(with_values(street(), 0, slice(3, 5), 600.0), None, limits))
    assert (finding.detector, finding.kind, finding.start_min) == ("A", "chatter", 405.0)
    assert finding.evidence == "600 vehicles in 900 s; 1 lanes carry at most 503"


@pytest.mark.parametrize(("factor", "sign"), [(0.6, "-"), (1.5, "+")])
def test_drift_against_the_neighbours_is_found_and_only_it(factor: float, sign: str) -> None:
    counts = street()
    volumes = counts.volumes_veh.copy()
    volumes[14:, 1] = np.round(volumes[14:, 1] * factor)
    drifting = DetectorCounts(
        "s", counts.detectors, counts.starts_min, 900.0, volumes, counts.occupancy_ratio
    )
    finding = only(check_intervals(drifting, NEAR))
    assert (finding.detector, finding.kind) == ("B", "count_drift")
    assert abs(finding.start_min - (360 + 14 * 15)) <= 15
    assert finding.end_min == 720.0
    assert f"({sign}" in finding.evidence
    assert check_intervals(drifting) == ()  # alone nobody can tell


def test_a_small_or_short_difference_is_no_drift() -> None:
    counts = street()
    volumes = counts.volumes_veh.copy()
    volumes[14:, 1] *= 0.85
    volumes[3, 0] *= 0.5
    other = DetectorCounts(
        "s", counts.detectors, counts.starts_min, 900.0, volumes, counts.occupancy_ratio
    )
    assert check_intervals(other, NEAR) == ()


def test_findings_become_a_mask_of_the_intervals_they_touch() -> None:
    counts = street()
    finding = Finding("B", "silent", 365.0, 390.0, "")
    bad = bad_intervals(counts, [finding, Finding("Z", "silent", 0.0, 1e9, "")])
    assert np.argwhere(bad).tolist() == [[0, 1], [1, 1]]
