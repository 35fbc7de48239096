"""Split failures: cycles in which a phase's green was too short for those who waited.

A green fails where its stop-bar detectors were covered for most of the green and for most of the
first five seconds of the red after it: Freije, Hainen, Stevens, Li, Smith, Summers, Day,
Sturdevant, Bullock, "Graphical Performance Measures for Practitioners to Triage Split Failure
Trouble Calls", Transportation Research Record 2439, 2014 (GOR and ROR5, both 80 %).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .event_detectors import Activations
from .event_log import DETECTOR_OFF, DETECTOR_ON, EventLog
from .event_phases import PhaseIntervals, phase_intervals

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SAME_VEHICLE_MS = 2000
"""An on event within this of the one before is taken to have no gap before it."""


@dataclass(frozen=True)
class SplitCycles:
    """One phase's greens that the log tells in full; arrays of shape (cycles,).

    ``end_ms``: where the seconds of red that are looked at end, in ms since midnight. The two
    occupancies are the share of the green and of those seconds in which any detector was covered.
    """

    end_ms: Ints
    green_s: Floats
    green_occupancy_ratio: Floats
    red_occupancy_ratio: Floats
    failed: NDArray[np.bool_]

    def by_interval(self, interval_s: float = 900.0) -> dict[int, int]:
        """Split failures by the start of their interval in ms; intervals without a cycle lack."""
        step_ms = round(interval_s * 1000)
        starts, which = np.unique(self.end_ms // step_ms * step_ms, return_inverse=True)
        failures = np.bincount(which, weights=self.failed, minlength=len(starts))
        return {int(s): int(n) for s, n in zip(starts, failures, strict=True)}


def split_failures(
    log: EventLog,
    device: int,
    phase: int,
    detectors: Sequence[int],
    *,
    red_s: float = 5.0,
    least_ratio: float = 0.8,
) -> SplitCycles:
    """Each green of a phase: how long its stop-bar detectors were covered, and whether it failed.

    The red begins where the yellow ends. What a log lacks is put in as the package atspm does it:
    between two on events more than 2 s apart an off half-way, between two off events an on
    half-way. (A detector that holds its output would be covered all the time.) Greens whose start
    or end the log lacks, and those that are followed by another within `red_s`, are left out.
    Raises InputError for an unknown device.
    """
    own = log.of(device)
    covered = _any_of([_spans(own, number) for number in detectors])
    greens = _told(phase_intervals(log, device).of(phase), round(red_s * 1000))
    end_ms = greens.red_clearance_ms + round(red_s * 1000)
    green_s = (greens.yellow_ms - greens.green_ms) / 1000
    green = _share(covered, greens.green_ms, greens.yellow_ms)
    red = _share(covered, greens.red_clearance_ms, end_ms)
    failed = (green >= least_ratio) & (red >= least_ratio)
    return SplitCycles(end_ms, green_s, green, red, failed)


def _told(greens: PhaseIntervals, red_ms: int) -> PhaseIntervals:
    parts = (greens.green_ms, greens.yellow_ms, greens.red_clearance_ms)
    after = np.append(greens.green_ms[1:], np.iinfo(np.int64).max)
    keep = np.min(parts, axis=0) >= 0
    keep &= (after < 0) | (after >= greens.red_clearance_ms + red_ms)
    keep &= greens.yellow_ms > greens.green_ms
    return PhaseIntervals(
        greens.phase[keep], greens.green_ms[keep], greens.yellow_ms[keep],
        greens.red_clearance_ms[keep], greens.end_ms[keep], greens.termination[keep],
    )  # fmt: skip


def _spans(own: EventLog, detector: int) -> Ints:
    """(spans, 2) from when to when a detector is covered, in ms."""
    keep = (own.parameter == detector) & np.isin(own.event, (DETECTOR_ON, DETECTOR_OFF))
    time, on = own.time_ms[keep], own.event[keep] == DETECTOR_ON
    if len(on) and on[-1]:  # until the log ends
        time, on = np.append(time, own.time_ms[-1]), np.append(on, False)
    start, end, began, ended = time[:-1], time[1:], on[:-1], ~on[1:]
    middle = end - (end - start) // 2
    held = began & ~ended & (end - start > SAME_VEHICLE_MS)
    from_ms, to_ms = np.where(began, start, middle), np.where(held, middle, end)
    spans: Ints = np.column_stack([from_ms, to_ms])[began | (ended & ~began)]
    return spans


def _any_of(told: Sequence[Ints]) -> Activations:
    """When any of the detectors is covered, as if they were one."""
    merged: list[list[int]] = []
    for start, end in sorted(span for spans in told for span in spans.tolist()):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    table = np.array(merged, dtype=np.int64).reshape(len(merged), 2)
    return Activations(0, table[:, 0], table[:, 0], table[:, 1])


def _share(covered: Activations, from_ms: Ints, to_ms: Ints) -> Floats:
    """Share of each span that is covered; the spans follow one another."""
    if not len(from_ms):
        return np.zeros(0)
    edges = np.column_stack([from_ms, to_ms]).ravel()
    return covered.occupied_ms(edges)[::2] / (to_ms - from_ms)
