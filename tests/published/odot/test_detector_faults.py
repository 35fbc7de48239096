"""Detector health on three hours of a real log: false alarms, and injected faults found.

The truth: what was injected. The unchanged log is held to have healthy detectors but for four
that can be seen to fail: two on without an event for an hour, one in the list of detectors
without any event, and one whose count falls to a quarter while its neighbours' stays.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from greenband.engine.detector_health import Finding, Kind, bad_intervals
from greenband.engine.detector_health_log import check_log
from greenband.engine.event_detectors import count_detectors
from greenband.engine.event_log import DETECTOR_OFF, DETECTOR_ON, EventLog
from greenband.engine.imputation import impute, repair
from greenband.networks.tables import read_counts

HOUR_MS = 3_600_000
START_MS = 15 * HOUR_MS
KNOWN_BAD = {(227, "1"), (227, "2"), (452, "5"), (454, "50")}
Neighbours = dict[str, list[str]]


@pytest.fixture(scope="module")
def log(shared: Path) -> EventLog:
    read = read_counts(shared / "data" / "odot" / "hires_test_data.parquet")
    assert isinstance(read, EventLog)
    return read


@pytest.fixture(scope="module")
def streets(shared: Path, log: EventLog) -> dict[int, tuple[EventLog, Neighbours]]:
    """Each device's log, and its detectors of one phase as each other's neighbours."""
    config = pl.read_parquet(shared / "data" / "odot" / "configs_test_data.parquet")
    config = config.filter(pl.col("Function") != "Yellow_Red")
    groups = config.group_by("DeviceId", "Phase", maintain_order=True).agg("Parameter").rows()
    near: dict[int, Neighbours] = {device: {} for device in log.devices}
    for device, _, numbers in groups:
        for own in numbers:
            near[device][str(own)] = [str(n) for n in numbers if n != own]
    return {device: (log.of(device), near[device]) for device in log.devices}


def test_the_unchanged_log_raises_four_alarms_and_all_are_true(
    streets: dict[int, tuple[EventLog, Neighbours]],
) -> None:
    alarms = {}
    checked = 0
    for device, (own, near) in streets.items():
        numbers = {*count_detectors(own, device).detectors, *near}
        checked += len(numbers)
        for finding in check_log(own, device, near, detectors=sorted(map(int, numbers))):
            assert (device, finding.detector) not in alarms
            alarms[device, finding.detector] = finding
    assert checked == 107
    assert set(alarms) == KNOWN_BAD
    assert alarms[452, "5"].kind == "stuck_off"
    assert alarms[227, "2"].kind == "stuck_on"
    assert "on for 3608 s" in alarms[227, "2"].evidence
    assert alarms[454, "50"].kind == "count_drift"
    assert "491 vehicles" in alarms[454, "50"].evidence


def busy(streets: dict[int, tuple[EventLog, Neighbours]]) -> list[tuple[int, str]]:
    """Detectors with 100 veh/h or more and two neighbours or more that are found healthy."""
    chosen = []
    for device, (own, near) in streets.items():
        counts = count_detectors(own, device)
        hourly = dict(zip(counts.detectors, counts.volumes_veh.sum(axis=0) / 3, strict=True))
        for detector, others in near.items():
            healthy = (device, detector) not in KNOWN_BAD
            if healthy and len(others) >= 2 and hourly.get(detector, 0) >= 100:
                chosen.append((device, detector))
    return chosen


def inject(log: EventLog, detector: int, kind: Kind, rng: np.random.Generator) -> EventLog:
    """The log of one device with a fault of one of its detectors; `SPANS` says when."""
    first, last = (START_MS + round(h * HOUR_MS) for h in SPANS[kind])
    inside = (log.time_ms >= first) & (log.time_ms < last)
    own = inside & (log.parameter == detector) & np.isin(log.event, (DETECTOR_OFF, DETECTOR_ON))
    if kind == "stuck_on":
        return rebuilt(log, own, [(first, DETECTOR_ON), (last, DETECTOR_OFF)], detector)
    if kind == "chatter":
        return rebuilt(log, np.zeros_like(own), echoes(log, own, rng), detector)
    if kind == "count_drift":  # four of ten vehicles are missed
        number = np.cumsum(own & (log.event == DETECTOR_ON))
        missed = rng.random(number.max() + 1) < 0.4
        own = own & missed[number]
    return rebuilt(log, own, [], detector)


SPANS: dict[Kind, tuple[float, float]] = {
    "stuck_on": (0.9, 1.9),
    "stuck_off": (1.7, 3.0),
    "silent": (1.2, 1.8),
    "chatter": (1.0, 2.0),
    "count_drift": (1.75, 3.0),
}


def echoes(
    log: EventLog, own: NDArray[np.bool_], rng: np.random.Generator
) -> list[tuple[int, int]]:
    """One to three more pulses of 0.1 s after each on event."""
    added = []
    for start in log.time_ms[own & (log.event == DETECTOR_ON)].tolist():
        for k in range(rng.integers(1, 4)):
            off = start + 100 + 200 * k
            added += [(off, DETECTOR_OFF), (off + 100, DETECTOR_ON)]
    return added


def rebuilt(
    log: EventLog, dropped: NDArray[np.bool_], added: list[tuple[int, int]], detector: int
) -> EventLog:
    kept = log.pick(~dropped)
    rows = np.array(added, dtype=np.int64).reshape(-1, 2)
    same = np.full(len(rows), log.device[0])
    time = np.concatenate([kept.time_ms, rows[:, 0]])
    order = np.argsort(time, kind="stable")
    return EventLog(
        log.source,
        log.day,
        time[order],
        np.concatenate([kept.device, same])[order],
        np.concatenate([kept.event, rows[:, 1]])[order],
        np.concatenate([kept.parameter, np.full(len(rows), detector)])[order],
    )


def overlaps(finding: Finding, kind: Kind) -> bool:
    first, last = (15 * 60 + 60 * h for h in SPANS[kind])
    return min(finding.end_min, last) - max(finding.start_min, first) >= 0.5 * (last - first)


# 30 faults of each kind; all are found but drifts beside detector 454/50, which fails itself.
FOUND = {"stuck_on": 30, "stuck_off": 30, "silent": 30, "chatter": 30, "count_drift": 27}


@pytest.mark.parametrize("kind", list(SPANS))
def test_injected_faults_are_found_and_their_neighbours_not_blamed(
    kind: Kind, streets: dict[int, tuple[EventLog, Neighbours]]
) -> None:
    rng = np.random.default_rng(5)
    chosen = busy(streets)
    assert len(chosen) == 30
    found, blamed = 0, []
    for device, detector in chosen:
        own, near = streets[device]
        group = [detector, *near[detector]]
        faulty = inject(own, int(detector), kind, rng)
        numbers = [int(d) for d in group]
        findings = check_log(faulty, device, {d: near[d] for d in group}, detectors=numbers)
        found += any(f.detector == detector and overlaps(f, kind) for f in findings)
        blamed += [f for f in findings if f.detector != detector]
    assert found >= FOUND[kind]
    assert {f.detector for f in blamed} <= {"1", "2", "5", "50"}


def test_the_flow_of_an_hour_left_out_is_imputed_within_a_tenth_nine_times_out_of_ten(
    streets: dict[int, tuple[EventLog, Neighbours]],
) -> None:
    errors, flows = [], []
    for device, detector in busy(streets):
        own, near = streets[device]
        counts = count_detectors(own, device)
        k = counts.detectors.index(detector)
        for first in (0, 4, 8):
            bad = np.zeros(counts.volumes_veh.shape, dtype=np.bool_)
            bad[first : first + 4, k] = True
            done = impute(counts, bad, {detector: near[detector]})
            assert done.rules == {(detector, "share"): 4}
            flows.append(counts.of(detector)[first : first + 4].sum())
            errors.append(done.counts.of(detector)[first : first + 4].sum() - flows[-1])
    relative = np.abs(errors) / np.array(flows)
    assert len(relative) == 90
    assert np.median(relative) < 0.04
    assert np.quantile(relative, 0.9) < 0.12
    assert abs(np.sum(errors)) < 0.005 * np.sum(flows)


def test_a_bad_detector_is_left_out_with_a_warning_and_its_flow_comes_from_its_neighbours(
    streets: dict[int, tuple[EventLog, Neighbours]],
) -> None:
    own, near = streets[227]
    counts = count_detectors(own, 227)
    findings = [f for f in check_log(own, 227, near) if f.detector == "2"]
    done = repair(counts, findings, {"2": ["3", "4"]}, None)
    # On without a break from 16:00:01 to 17:00:09: five quarters of an hour.
    k = counts.detectors.index("2")
    assert np.flatnonzero(done.replaced[:, k]).tolist() == [4, 5, 6, 7, 8]
    assert done.counts.of("2")[4:9].min() > 100
    finding, imputed = done.counts.warnings[-2:]
    assert "detector 2: stuck_on" in finding
    assert finding.endswith("left out")
    assert "5 intervals from 16:00 to 17:15" in imputed
    assert "of detectors 3, 4 at the same time" in imputed
    np.testing.assert_array_equal(done.counts.of("3"), counts.of("3"))
    assert bad_intervals(counts, findings).sum() == 5
