"""Detectors in an event log: activations, vehicles and occupancy per interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .detector_counts import DetectorCounts
from .errors import InputError
from .event_log import DETECTOR_OFF, DETECTOR_ON, EventLog, silences
from .times import format_minutes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Activations:
    """What one detector told, in ms since midnight of the log's day.

    ``on_ms``: every on event, one vehicle each. ``from_ms``, ``to_ms``: when it was on. An
    on event while the detector is on already (outputs that are held or stretched do that)
    counts a vehicle and ends nothing. On at the first or last event of the log: on from its
    start, or until its end.
    """

    detector: int
    on_ms: Ints
    from_ms: Ints
    to_ms: Ints

    def occupied_ms(self, edges_ms: Ints) -> Floats:
        """Milliseconds on between each two following edges; shape (edges - 1,)."""
        if not self.from_ms.size:
            return np.zeros(len(edges_ms) - 1)
        before = np.concatenate([[0], np.cumsum(self.to_ms - self.from_ms)])
        k = np.searchsorted(self.from_ms, edges_ms, side="right") - 1
        inside = np.minimum(edges_ms, self.to_ms[np.maximum(k, 0)]) - self.from_ms[np.maximum(k, 0)]
        until = np.where(k >= 0, before[np.maximum(k, 0)] + inside, 0)
        return np.diff(until).astype(np.float64)


def activations(log: EventLog, device: int, detector: int) -> Activations:
    """On times of one detector (events 82 on, 81 off)."""
    own = log.of(device)
    start_ms, end_ms = int(own.time_ms[0]), int(own.time_ms[-1])
    keep = (own.parameter == detector) & np.isin(own.event, (DETECTOR_ON, DETECTOR_OFF))
    return _activations(own.time_ms[keep], own.event[keep], detector, start_ms, end_ms)


def all_activations(
    log: EventLog, device: int, detectors: Sequence[int] | None = None
) -> dict[int, Activations]:
    """`activations` of every detector in the log, or of those asked for."""
    own = log.of(device)
    keep = np.isin(own.event, (DETECTOR_ON, DETECTOR_OFF))
    times, events, numbers = own.time_ms[keep], own.event[keep], own.parameter[keep]
    wanted = np.unique(numbers).tolist() if detectors is None else list(detectors)
    span = int(own.time_ms[0]), int(own.time_ms[-1])
    return {
        number: _activations(times[numbers == number], events[numbers == number], number, *span)
        for number in wanted
    }


def count_detectors(
    log: EventLog,
    device: int,
    interval_s: float = 900.0,
    detectors: Sequence[int] | None = None,
) -> DetectorCounts:
    """Vehicles (on events) and occupancy per interval of the clock.

    ``detectors``: those that should be there; one that told nothing counts 0. Intervals that
    the log covers only in part, at its ends or around a hole (`silences`), are NaN, with a
    warning. Raises InputError for an unknown device and an interval that doesn't divide a day.
    """
    step_ms = round(interval_s * 1000)
    if step_ms <= 0 or 86_400_000 % step_ms:
        raise InputError(
            "interval", f"{interval_s:g} s", "a length that divides a day", "Give 300 or 900 s."
        )
    own = log.of(device)
    first, last = int(own.time_ms[0]) // step_ms, int(own.time_ms[-1]) // step_ms
    edges_ms = np.arange(first, last + 2, dtype=np.int64) * step_ms
    told = all_activations(log, device, detectors)
    volumes, occupancy = (np.zeros((len(edges_ms) - 1, len(told))) for _ in range(2))
    for k, one in enumerate(told.values()):
        volumes[:, k] = np.diff(np.searchsorted(one.on_ms, edges_ms, side="left"))
        occupancy[:, k] = one.occupied_ms(edges_ms) / step_ms
    notes = [*log.warnings, *_blank_ends(own, edges_ms, volumes, occupancy)]
    notes += _blank_holes(own, edges_ms, volumes, occupancy)
    return DetectorCounts(
        source=f"{log.source}, device {device}",
        detectors=tuple(map(str, told)),
        starts_min=edges_ms[:-1] / MINUTE_MS,
        interval_s=step_ms / 1000,
        volumes_veh=volumes,
        occupancy_ratio=occupancy,
        day=log.day,
        warnings=tuple(notes),
    )


def _activations(
    times: Ints, events: Ints, detector: int, start_ms: int, end_ms: int
) -> Activations:
    on = events == DETECTOR_ON
    was_on = np.concatenate([[not on[0] if len(on) else False], on[:-1]])
    begins, ends = times[on & ~was_on], times[~on & was_on]
    if len(on) and not on[0]:
        begins = np.concatenate([[start_ms], begins])
    if len(on) and on[-1]:
        ends = np.concatenate([ends, [end_ms]])
    return Activations(detector, times[on], begins.astype(np.int64), ends.astype(np.int64))


def _blank_ends(own: EventLog, edges_ms: Ints, *arrays: Floats) -> list[str]:
    """The first and last interval, where over 1 % of it (and 5 s) is before or after the log."""
    step_ms = int(edges_ms[1] - edges_ms[0])
    late_ms, early_ms = int(own.time_ms[0] - edges_ms[0]), int(edges_ms[-1] - own.time_ms[-1])
    notes = []
    for row, missing_ms, word in ((0, late_ms, "starts"), (-1, early_ms, "ends")):
        if missing_ms <= max(0.01 * step_ms, 5000):
            continue
        for array in arrays:
            array[row] = np.nan
        start = format_minutes(edges_ms[:-1][row] / MINUTE_MS)
        notes.append(
            f"{own.source}: the log {word} inside the interval from {start} and lacks "
            f"{missing_ms / 1000:.0f} s of it; left as a gap"
        )
    return notes


def _blank_holes(own: EventLog, edges_ms: Ints, *arrays: Floats) -> list[str]:
    notes = []
    for start_ms, end_ms in silences(own):
        touched = (edges_ms[:-1] < end_ms) & (edges_ms[1:] > start_ms)
        for array in arrays:
            array[touched] = np.nan
        notes.append(
            f"{own.source}: no event at all from {format_minutes(start_ms / MINUTE_MS)} to "
            f"{format_minutes(end_ms / MINUTE_MS)}; these intervals are left as a gap"
        )
    return notes
