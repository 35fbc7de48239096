"""Detector health in a log: to the second, and by headways."""

from __future__ import annotations

import datetime as dt

import numpy as np

from greenband.engine.detector_health import Finding, HealthLimits
from greenband.engine.detector_health_log import check_log, holds
from greenband.engine.event_detectors import Activations
from greenband.engine.event_log import EventLog

HOUR_S = 3600.0
Pulse = tuple[float, float]


def log_of(**detectors: list[Pulse]) -> EventLog:
    """Two hours of a log of device 1; ``d5=[(on, off), ...]`` in seconds."""
    rows = [(0.0, 0, 0), (2 * HOUR_S, 0, 0)]
    rows += [(60.0 * k, 150, 0) for k in range(120)]  # the controller logs something all along
    for name, pulses in detectors.items():
        for on, off in pulses:
            rows += [(on, 82, int(name[1:])), (off, 81, int(name[1:]))]
    table = np.array(
        [(round(t * 1000), 1, code, number) for t, code, number in sorted(rows)], dtype=np.int64
    )
    return EventLog("log", dt.date(2024, 5, 13), *table.T)


def traffic(seed: int, every_s: float = 8.0, on_s: float = 0.6) -> list[Pulse]:
    """Vehicles of one lane for two hours, 1.5 s apart at least."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(1.5 + rng.exponential(every_s - 1.5, round(2 * HOUR_S / every_s * 1.5)))
    return [(float(t), float(t + on_s)) for t in times if t < 2 * HOUR_S - 1]


def outside(pulses: list[Pulse], first_s: float, last_s: float) -> list[Pulse]:
    return [p for p in pulses if not first_s <= p[0] < last_s]


NEAR = {"1": ["2", "3"], "2": ["1", "3"], "3": ["1", "2"]}


def check(first: list[Pulse], limits: HealthLimits | None = None) -> tuple[Finding, ...]:
    log = log_of(d1=first, d2=traffic(2), d3=traffic(3))
    return check_log(log, 1, NEAR, limits)


def test_sound_detectors_have_no_findings() -> None:
    assert check(traffic(1)) == ()


def test_stuck_on_is_known_to_the_second() -> None:
    pulses = sorted([*outside(traffic(1), 1795, 4205), (1800.0, 4200.0)])
    (finding,) = check(pulses)
    assert (finding.detector, finding.kind) == ("1", "stuck_on")
    assert (finding.start_min, finding.end_min) == (30.0, 70.0)
    assert "on for 2400 s without a new vehicle" in finding.evidence


def test_a_vehicle_that_is_parked_for_four_minutes_is_none() -> None:
    pulses = sorted([*outside(traffic(1), 1795, 2045), (1800.0, 2040.0)])
    assert check(pulses) == ()


def test_a_detector_that_is_busy_anyway_may_stay_on_for_longer() -> None:
    """A stop-bar loop with a queue on it: on for 54 of each 60 s, once for ten minutes."""
    queue = [(60.0 * k, 60.0 * k + 54) for k in range(119)]
    longer = sorted([*outside(queue, 1800, 2400), (1800.0, 2394.0)])
    assert check_log(log_of(d1=longer), 1) == ()
    sparse = [(60.0 * k, 60.0 * k + 5) for k in range(119)]
    longer = sorted([*outside(sparse, 1800, 2400), (1800.0, 2394.0)])
    (finding,) = check_log(log_of(d1=longer), 1)
    assert finding.kind == "stuck_on"


def test_vehicles_that_hold_an_output_on_are_no_fault() -> None:
    """On events without an off between them: the output is stretched by each vehicle."""
    events = [(float(on), 2 * HOUR_S - 1) for on in range(5, 7195, 9)]
    log = log_of(d1=events)
    kept = ~((log.event == 81) & (log.time_ms < (2 * HOUR_S - 2) * 1000))
    assert check_log(log.pick(kept), 1) == ()


def test_silence_is_found_with_what_the_neighbours_counted() -> None:
    (finding,) = check(outside(traffic(1), 1800, 3600))
    assert (finding.detector, finding.kind) == ("1", "silent")
    assert finding.start_min == 30.0
    assert finding.end_min == 60.0
    (finding,) = check(outside(traffic(1), 3600, 9999))
    assert finding.kind == "stuck_off"


def test_a_detector_of_the_list_without_any_event_is_stuck_off() -> None:
    log = log_of(d2=traffic(2), d3=traffic(3))
    assert check_log(log, 1, NEAR) == ()
    (finding,) = check_log(log, 1, NEAR, detectors=[1, 2, 3])
    assert (finding.detector, finding.kind) == ("1", "stuck_off")


def test_chatter_is_found_by_its_headways() -> None:
    pulses = traffic(1)
    echoes = [(on + 0.8, on + 0.9) for on, _ in pulses if 1800 <= on < 3600]
    echoes += [(on + 1.0, on + 1.1) for on, _ in pulses if 1800 <= on < 3600]
    (finding,) = check(sorted([*pulses, *echoes]))
    assert (finding.detector, finding.kind) == ("1", "chatter")
    assert (finding.start_min, finding.end_min) == (30.0, 60.0)
    assert "are below 0.4 s" in finding.evidence


def test_several_lanes_on_one_detector_are_no_chatter() -> None:
    """Independent lanes come close by chance; four lanes at 1200 veh/h each."""
    lanes = [traffic(seed, every_s=3.0, on_s=0.1) for seed in range(4)]
    merged = sorted({round(on, 1) for lane in lanes for on, _ in lane})
    pulses = [(on, on + 0.05) for on in merged]
    headways = np.diff(merged)
    assert (headways < 0.4).mean() > 0.25
    assert check_log(log_of(d1=pulses), 1) == ()


def test_drift_is_found_in_quarters_of_an_hour() -> None:
    rng = np.random.default_rng(9)
    pulses = traffic(1, every_s=6.0)
    kept = [p for p in pulses if p[0] < 4500 or rng.random() > 0.5]
    (finding,) = check_log(log_of(d1=kept, d2=traffic(2, 6), d3=traffic(3, 6)), 1, NEAR)
    assert (finding.detector, finding.kind) == ("1", "count_drift")
    assert finding.start_min >= 60.0


def test_holds_end_with_the_next_vehicle_or_the_off() -> None:
    one = Activations(1, *(np.array(a) for a in ([10, 30], [0, 10], [5, 50])))
    starts, lengths = holds(one)
    assert starts.tolist() == [0, 10, 30]
    assert lengths.tolist() == [5, 20, 20]
