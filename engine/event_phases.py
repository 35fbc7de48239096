"""Phases, pedestrians and coordination in an event log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .event_log import (
    COORD_STATE,
    CYCLE_CHANGE,
    DONT_WALK,
    FORCE_OFF,
    GAP_OUT,
    MAX_OUT,
    OFFSET_CHANGE,
    PATTERN_CHANGE,
    PED_CLEARANCE,
    PHASE_GREEN,
    RED_CLEARANCE,
    RED_CLEARANCE_END,
    SPLIT_CHANGE,
    WALK,
    YELLOW,
    YELLOW_END,
    EventLog,
    events_of,
)  # fmt: skip

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Termination = Literal["gap_out", "max_out", "force_off"]
TERMINATIONS: dict[int, Termination] = {
    GAP_OUT: "gap_out",
    MAX_OUT: "max_out",
    FORCE_OFF: "force_off",
}
# Within this time of a yellow's start, another sign of the green's end is of the same green.
SAME_END_MS = 1000
# Events that carry a green on to its end, with the place of their time in the interval.
_PARTS = {YELLOW: 1, YELLOW_END: 2, RED_CLEARANCE: 2, RED_CLEARANCE_END: 3}


@dataclass(frozen=True)
class PhaseIntervals:
    """Greens of the phases of one device, in the order of their starts.

    Times in ms since midnight, -1 where the log doesn't tell: it ends before, began after, or
    has lost the event (``green_ms`` of -1 in the first green of a phase: since before the log).
    ``end_ms``: end of the red clearance, or of the yellow where there is no clearance.
    ``termination``: 4 gap out, 5 max out, 6 force off, 0 not told.
    """

    phase: Ints
    green_ms: Ints
    yellow_ms: Ints
    red_clearance_ms: Ints
    end_ms: Ints
    termination: Ints

    def of(self, phase: int) -> PhaseIntervals:
        """The greens of one phase."""
        keep = self.phase == phase
        return PhaseIntervals(
            self.phase[keep], self.green_ms[keep], self.yellow_ms[keep],
            self.red_clearance_ms[keep], self.end_ms[keep], self.termination[keep],
        )  # fmt: skip

    def green_s(self) -> Floats:
        """Length of each green, NaN where its start or end isn't told."""
        return _length_s(self.green_ms, self.yellow_ms)

    def yellow_s(self) -> Floats:
        """Length of each yellow, NaN where its start or end isn't told."""
        return _length_s(self.yellow_ms, self.red_clearance_ms)

    def red_clearance_s(self) -> Floats:
        """Length of each red clearance, NaN where its start or end isn't told."""
        return _length_s(self.red_clearance_ms, self.end_ms)

    def is_green(self, phase: int, times_ms: Ints) -> NDArray[np.bool_]:
        """Whether a phase is known to be green at each time; shape of ``times_ms``."""
        own = self.of(phase)
        told = own.green_ms >= 0
        told[:1] = True  # green when the log begins; a later one without a start is unknown
        starts = own.green_ms[told]
        ended = np.maximum(own.red_clearance_ms, own.end_ms) >= 0
        never, always = -1, np.iinfo(np.int64).max
        open_end = np.where(ended, never, always)  # its yellow was before the log, or is lost
        ends = np.where(own.yellow_ms < 0, open_end, own.yellow_ms)[told]
        if not len(starts):
            return np.zeros(len(times_ms), dtype=np.bool_)
        k = np.searchsorted(starts, times_ms, side="right") - 1
        return np.asarray((k >= 0) & (times_ms < ends[np.maximum(k, 0)]))


@dataclass(frozen=True)
class CoordinationEvent:
    """A change of the coordination: ``what`` changed to ``value`` at ``time_ms``."""

    time_ms: int
    what: Literal["pattern", "cycle_s", "offset_s", "split_s", "state"]
    value: int
    phase: int | None = None


def phase_intervals(log: EventLog, device: int) -> PhaseIntervals:
    """The greens of a device, from events 1, 4 to 6 and 8 to 11.

    A green starts with event 1; the events of the same phase until the next one belong to it.
    One that ends twice has lost the start of a second green, which then stands without one.
    """
    own = events_of(log.of(device), (PHASE_GREEN, *TERMINATIONS, *_PARTS))
    rows: list[list[int]] = []
    for phase in np.unique(own.parameter).tolist():
        rows += _greens(own.pick(own.parameter == phase), phase)
    rows.sort(key=lambda row: (next(t for t in row[1:5] if t >= 0), row[0]))
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 6)
    return PhaseIntervals(*table.T)


def count_terminations(
    log: EventLog, device: int, interval_s: float = 900.0
) -> dict[tuple[int, int, Termination], int]:
    """How often each phase ended how: {(interval's start in ms, phase, how): times}."""
    own = events_of(log.of(device), TERMINATIONS)
    step_ms = round(interval_s * 1000)
    keys = np.column_stack([own.time_ms // step_ms * step_ms, own.parameter, own.event])
    found, times = np.unique(keys, axis=0, return_counts=True)
    return {
        (int(start), int(phase), TERMINATIONS[int(code)]): int(n)
        for (start, phase, code), n in zip(found, times, strict=True)
    }


def coordination_events(log: EventLog, device: int) -> tuple[CoordinationEvent, ...]:
    """Changes of pattern, cycle, offset and splits (131 to 149) and of the state (150)."""
    names: dict[int, Literal["pattern", "cycle_s", "offset_s", "state"]] = {
        PATTERN_CHANGE: "pattern",
        CYCLE_CHANGE: "cycle_s",
        OFFSET_CHANGE: "offset_s",
        COORD_STATE: "state",
    }
    own = events_of(log.of(device), (*names, *SPLIT_CHANGE))
    rows = zip(own.time_ms.tolist(), own.event.tolist(), own.parameter.tolist(), strict=True)
    return tuple(
        CoordinationEvent(time, names[code], value)
        if code in names
        else CoordinationEvent(time, "split_s", value, phase=code - SPLIT_CHANGE.start + 1)
        for time, code, value in rows
    )


def pedestrian_intervals(log: EventLog, device: int, phase: int) -> Ints:
    """Walk, clearance and don't-walk starts of a phase in ms, shape (walks, 3), -1 not told."""
    own = log.of(device)
    own = events_of(own.pick(own.parameter == phase), (WALK, PED_CLEARANCE, DONT_WALK))
    rows: list[list[int]] = []
    for time, code in zip(own.time_ms.tolist(), own.event.tolist(), strict=True):
        if code == WALK:
            rows.append([time, -1, -1])
        elif rows:
            rows[-1][1 if code == PED_CLEARANCE else 2] = time
    return np.array(rows, dtype=np.int64).reshape(len(rows), 3)


def _greens(own: EventLog, phase: int) -> list[list[int]]:
    rows: list[list[int]] = []
    for time, code in zip(own.time_ms.tolist(), own.event.tolist(), strict=True):
        if code == PHASE_GREEN:
            rows.append([phase, time, -1, -1, -1, 0])
            continue
        ended_ms = rows[-1][2] if rows else -1
        lost = 0 <= ended_ms < time - SAME_END_MS and code in (YELLOW, *TERMINATIONS)
        if not rows or lost:  # no start told: before the log, or lost
            rows.append([phase, -1, -1, -1, -1, 0])
        if code in TERMINATIONS:
            rows[-1][5] = code
        elif code == YELLOW_END:  # the end, unless a red clearance follows
            rows[-1][3] = rows[-1][4] = time
        else:
            rows[-1][1 + _PARTS[code]] = time
    return [row for row in rows if max(row[1:5]) >= 0]


def _length_s(start_ms: Ints, end_ms: Ints) -> Floats:
    told = (start_ms >= 0) & (end_ms >= 0)
    return np.where(told, (end_ms - start_ms) / 1000.0, np.nan)
