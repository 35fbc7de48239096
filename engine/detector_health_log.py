"""Detector health out of a high-resolution log: to the second, and chatter by headways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .detector_counts import DetectorCounts
from .detector_health import (
    Finding,
    HealthLimits,
    Neighbours,
    activity_findings,
    drift_findings,
    in_order,
    stuck_on_limit_s,
    usual_occupancy,
)
from .event_detectors import MINUTE_MS, Activations, all_activations, count_detectors
from .event_log import EventLog

Ints = NDArray[np.int64]

SILENCE_S = 300.0
"""Intervals in which silences are looked for: short, and longer than a cycle."""
QUARTER_S = 900.0


def check_log(
    log: EventLog,
    device: int,
    neighbours: Neighbours | None = None,
    limits: HealthLimits | None = None,
    detectors: Sequence[int] | None = None,
) -> tuple[Finding, ...]:
    """Finds bad detectors of one device in its log.

    ``neighbours`` as for `check_intervals`; ``detectors``: those that should be there (one
    without any event is "stuck off" if its neighbours count). In the order of the detectors.
    """
    limits = limits or HealthLimits()
    told = all_activations(log, device, detectors)
    short = count_detectors(log, device, SILENCE_S, detectors)
    quarters = count_detectors(log, device, QUARTER_S, detectors)
    findings: list[Finding] = []
    for one in told.values():
        findings += _stuck_on(one, short, limits)
        findings += _chatter(one, quarters, limits)
    # Stuck on is known to the second here; drift needs longer intervals.
    others = activity_findings(short, neighbours or {}, limits)
    findings += [f for f in others if f.kind != "stuck_on"]
    findings += drift_findings(quarters, neighbours or {}, findings, limits)
    return in_order(short, findings)


def _stuck_on(one: Activations, counts: DetectorCounts, limits: HealthLimits) -> Iterator[Finding]:
    """Times on without a new vehicle that are longer than the detector's use explains."""
    starts_ms, lengths_ms = holds(one)
    k = counts.detectors.index(str(one.detector))
    for start_ms, length_ms in zip(starts_ms.tolist(), lengths_ms.tolist(), strict=True):
        if length_ms < limits.stuck_on_s * 1000:
            continue
        start_min, end_min = start_ms / MINUTE_MS, (start_ms + length_ms) / MINUTE_MS
        ends = counts.starts_min + counts.interval_s / 60
        inside = (counts.starts_min < end_min) & (ends > start_min)
        usual = usual_occupancy(counts.occupancy_ratio[:, k], inside)
        limit_s = stuck_on_limit_s(usual, limits)
        if length_ms >= limit_s * 1000:
            yield Finding(
                str(one.detector), "stuck_on", start_min, end_min,
                f"on for {length_ms / 1000:.0f} s without a new vehicle; at most {limit_s:.0f} s "
                f"where its busy intervals have an occupancy of {100 * usual:.0f} %",
            )  # fmt: skip


def holds(one: Activations) -> tuple[Ints, Ints]:
    """Start and length of each time on without a new vehicle, ms."""
    starts = np.union1d(one.from_ms, one.on_ms)
    k = np.searchsorted(one.from_ms, starts, side="right") - 1
    following = np.append(starts[1:], np.iinfo(np.int64).max)
    ends = np.minimum(one.to_ms[k], following)
    return starts, ends - starts


def _chatter(one: Activations, counts: DetectorCounts, limits: HealthLimits) -> Iterator[Finding]:
    """Quarters of an hour in which too many on events follow too closely."""
    step_min = counts.interval_s / 60
    headways_s = np.diff(one.on_ms) / 1000
    quarter = ((one.on_ms[1:] / MINUTE_MS - counts.starts_min[0]) // step_min).astype(np.int64)
    run: list[int] = []
    worst = (0.0, 0)
    for k in range(len(counts.starts_min) + 1):
        close, n = _close(headways_s[quarter == k], counts.interval_s, limits)
        if close:
            run.append(k)
            worst = max(worst, (close, n))
        elif run:
            start = float(counts.starts_min[run[0]])
            yield Finding(
                str(one.detector), "chatter", start, start + len(run) * step_min,
                f"{100 * worst[0]:.0f} % of {worst[1]} headways in a quarter of an hour are below "
                f"{limits.chatter_headway_s:g} s",
            )  # fmt: skip
            run, worst = [], (0.0, 0)


def _close(
    headways_s: NDArray[np.float64], length_s: float, limits: HealthLimits
) -> tuple[float, int]:
    """Share of headways that are too short and their number; share 0 where it is no chatter."""
    n = len(headways_s)
    if n < limits.chatter_events:
        return 0.0, n
    share = float((headways_s < limits.chatter_headway_s).mean())
    # Independent arrivals (several lanes on one detector) come so close by chance; chatter
    # itself doesn't raise the rate that this is reckoned with.
    rate_per_s = n * (1 - share) / length_s
    by_chance = 1 - np.exp(-rate_per_s * limits.chatter_headway_s)
    return (share if share >= max(limits.chatter_ratio, 3 * by_chance) else 0.0), n
