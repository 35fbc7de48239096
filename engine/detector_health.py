"""Detectors that don't tell the truth: stuck, silent, chattering, drifting.

The thresholds are flow-aware: what is long or few depends on the traffic that the detector's
neighbours, or itself before and after, count. NTCIP 1202's fixed diagnostics (no activity,
maximum presence, erratic counts) alarm on quiet nights and on long loops in heavy traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .detector_counts import DetectorCounts
from .detector_drift import DriftLimits, find_drifts, neighbour_sum
from .times import format_minutes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Kind = Literal["stuck_on", "stuck_off", "chatter", "silent", "count_drift"]
Neighbours = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class HealthLimits:
    """The thresholds, each with its reason.

    stuck_on_s : longest time on without a new vehicle, at a detector that is never occupied
        otherwise; divided by the share of time in which it usually is free (a stop-bar loop
        that is on for 80 % of a busy interval may be on for five times as long).
    free_ratio : that share is taken as at least this.
    full_ratio : an interval with a higher occupancy is one without a break.
    silent_expected_veh : vehicles that should have come while none did. Signals send traffic
        in platoons, so that this is well above what chance would ask for.
    silent_s : shorter silences aren't judged: a red may be as long.
    stuck_off_s : a silence to the end of the data that is at least as long is "stuck off".
    chatter_headway_s : vehicles of one lane never follow so closely (0.4 s).
    chatter_ratio : share of such headways in a quarter of an hour. A loop over several lanes
        has up to 17 % of them; at a flow where chance alone would give more, three times that.
    chatter_events : on events in the quarter that are needed to tell.
    lane_veh_h, lanes : a lane discharges no more than 2000 veh/h; lanes per detector, four
        where not given.
    """

    stuck_on_s: float = 300.0
    free_ratio: float = 0.1
    full_ratio: float = 0.98
    silent_expected_veh: float = 25.0
    silent_s: float = 300.0
    stuck_off_s: float = 3600.0
    chatter_headway_s: float = 0.4
    chatter_ratio: float = 0.25
    chatter_events: int = 20
    lane_veh_h: float = 2000.0
    lanes: Mapping[str, int] = field(default_factory=dict)
    drift: DriftLimits = field(default_factory=DriftLimits)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a detector, from when to when (minutes since midnight), and why."""

    detector: str
    kind: Kind
    start_min: float
    end_min: float
    evidence: str

    def __str__(self) -> str:
        span = f"{format_minutes(self.start_min)} to {format_minutes(self.end_min)}"
        return f"detector {self.detector}: {self.kind} from {span}: {self.evidence}"


def check_intervals(
    counts: DetectorCounts,
    neighbours: Neighbours | None = None,
    limits: HealthLimits | None = None,
) -> tuple[Finding, ...]:
    """Finds bad detectors in volumes and occupancies per interval.

    ``neighbours[detector]``: detectors that see the same stream, for what should have been
    counted; a detector without any is judged by its own counts before and after. Drift needs
    neighbours. In the order of the detectors.
    """
    limits = limits or HealthLimits()
    found = activity_findings(counts, neighbours or {}, limits)
    found += drift_findings(counts, neighbours or {}, found, limits)
    return in_order(counts, found)


def activity_findings(
    counts: DetectorCounts, neighbours: Neighbours, limits: HealthLimits
) -> list[Finding]:
    """Stuck on, stuck off, silent and absurd volumes: all but drift."""
    findings: list[Finding] = []
    for name in counts.detectors:
        findings += _stuck_on(counts, name, limits)
        findings += _silences(counts, name, neighbours.get(name, ()), limits)
        findings += _absurd(counts, name, limits)
    return findings


def in_order(counts: DetectorCounts, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of the detectors and of time."""
    order = {name: k for k, name in enumerate(counts.detectors)}
    return tuple(sorted(findings, key=lambda f: (order[f.detector], f.start_min)))


def bad_intervals(counts: DetectorCounts, findings: Iterable[Finding]) -> Bools:
    """Which values a finding touches, shape (intervals, detectors)."""
    bad = np.zeros(counts.volumes_veh.shape, dtype=np.bool_)
    ends_min = counts.starts_min + counts.interval_s / 60
    for finding in findings:
        if finding.detector in counts.detectors:
            hit = (counts.starts_min < finding.end_min) & (ends_min > finding.start_min)
            bad[hit, counts.detectors.index(finding.detector)] = True
    return bad


def drift_findings(
    counts: DetectorCounts,
    neighbours: Neighbours,
    known: Sequence[Finding],
    limits: HealthLimits,
) -> Iterator[Finding]:
    """Count drift, with what other checks have found left out."""
    bad = bad_intervals(counts, known)
    for drift in find_drifts(counts, neighbours, bad, limits.drift):
        start_min, end_min = _span(counts, drift.first, drift.last)
        beside = ", ".join(neighbours[drift.detector])
        yield Finding(
            drift.detector, "count_drift", start_min, end_min,
            f"{drift.counted_veh:.0f} vehicles where its usual share of its neighbours' "
            f"({beside}) gives {drift.expected_veh:.0f} "
            f"({100 * (drift.counted_veh / drift.expected_veh - 1):+.0f} %, "
            f"{abs(drift.sigmas):.0f} standard deviations)",
        )  # fmt: skip


def usual_occupancy(occupancy_ratio: Floats, without: Bools) -> float:
    """The occupancy of a detector's busy intervals (90th percentile), some left out; else 0.5."""
    told = occupancy_ratio[~without & ~np.isnan(occupancy_ratio)]
    return float(np.quantile(told, 0.9)) if told.size else 0.5


def stuck_on_limit_s(usual_ratio: float, limits: HealthLimits) -> float:
    """The longest time on of a detector that is usually on for this share of a busy interval."""
    return limits.stuck_on_s / max(1 - usual_ratio, limits.free_ratio)


def _stuck_on(counts: DetectorCounts, name: str, limits: HealthLimits) -> Iterator[Finding]:
    k = counts.detectors.index(name)
    occupancy = counts.occupancy_ratio[:, k]
    full = occupancy >= limits.full_ratio
    usual = usual_occupancy(occupancy, full)
    for first, last in _runs(full):
        length_s = (last - first) * counts.interval_s
        volume = float(np.nansum(counts.volumes_veh[first:last, k]))
        limit_s = stuck_on_limit_s(usual, limits)
        # Vehicles that follow each other over a long loop keep it on and are still counted.
        moving = volume > 0.25 * _typical(counts.volumes_veh[:, k], full) * (last - first)
        if length_s >= limit_s and not moving:
            yield Finding(
                name, "stuck_on", *_span(counts, first, last),
                f"on for {length_s:.0f} s with {volume:.0f} vehicles; at most {limit_s:.0f} s "
                f"where its busy intervals have an occupancy of {100 * usual:.0f} %",
            )  # fmt: skip


def _silences(
    counts: DetectorCounts, name: str, near: Sequence[str], limits: HealthLimits
) -> Iterator[Finding]:
    k = counts.detectors.index(name)
    own = counts.volumes_veh[:, k]
    blank = np.isnan(counts.volumes_veh) | (counts.volumes_veh == 0)
    blank[:, k] = False
    # A full occupancy without counts is "stuck on", and told there.
    silent = (own == 0) & ~(counts.occupancy_ratio[:, k] >= limits.full_ratio)
    for first, last in _runs(silent):
        length_s = (last - first) * counts.interval_s
        expected, why = _expected(counts, own, first, last, near, blank)
        if length_s < limits.silent_s or expected < limits.silent_expected_veh:
            continue
        to_the_end = np.isnan(own[last:]).all() and length_s >= limits.stuck_off_s
        yield Finding(
            name, "stuck_off" if to_the_end else "silent", *_span(counts, first, last),
            f"no vehicle in {length_s / 60:.0f} min where {expected:.0f} were expected ({why})",
        )  # fmt: skip


def _expected(
    counts: DetectorCounts, own: Floats, first: int, last: int, near: Sequence[str], blank: Bools
) -> tuple[float, str]:
    """Vehicles that should have come in a run of intervals, and how that is known."""
    total, columns = neighbour_sum(counts, near, blank)
    told = (own > 0) & (total > 0)
    beside = float(np.nansum(total[first:last]))
    if told.any() and columns:
        share = float(own[told].sum() / total[told].sum())
        return share * beside, f"its neighbours counted {beside:.0f}, its share is {share:.2f}"
    if columns and not (own > 0).any():
        # It never counted: one of its neighbours' lanes is the best guess.
        return beside / len(columns), f"its neighbours counted {beside / len(columns):.0f} each"
    # Alone: the quieter of the hours before and after, for one hour at most, as traffic
    # that fades into the night isn't missing.
    hour = max(1, round(3600 / counts.interval_s))
    sides = (own[max(first - hour, 0) : first], own[last : last + hour])
    means = [float(np.nanmean(side)) for side in sides if (~np.isnan(side)).any()]
    mean = min(means, default=0.0)
    return mean * min(last - first, hour), f"{mean:.1f} an interval in the hour before or after"


def _absurd(counts: DetectorCounts, name: str, limits: HealthLimits) -> Iterator[Finding]:
    k = counts.detectors.index(name)
    lanes = limits.lanes.get(name, 4)
    most = lanes * limits.lane_veh_h * counts.interval_s / 3600 + 3 * lanes
    for first, last in _runs(counts.volumes_veh[:, k] > most):
        largest = float(counts.volumes_veh[first:last, k].max())
        yield Finding(
            name, "chatter", *_span(counts, first, last),
            f"{largest:.0f} vehicles in {counts.interval_s:.0f} s; {lanes} lanes carry at most "
            f"{most:.0f}",
        )  # fmt: skip


def _typical(values: Floats, without: Bools) -> float:
    told = values[~without & ~np.isnan(values)]
    return float(np.median(told)) if told.size else 0.0


def _runs(flags: Bools) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of true values."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _span(counts: DetectorCounts, first: int, last: int) -> tuple[float, float]:
    start = float(counts.starts_min[first])
    return start, start + (last - first) * counts.interval_s / 60
