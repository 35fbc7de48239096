"""The high-resolution log of a cabinet, in the standard columns and enumerations.

``TimeStamp, DeviceId, EventId, Parameter``: what `greenband.engine.event_log` and other readers of
such logs take. Codes are those of the Indiana enumerations, named in `engine.event_log`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from greenband.engine.event_log import (
    COORD_STATE,
    CYCLE_CHANGE,
    DETECTOR_OFF,
    DETECTOR_ON,
    DONT_WALK,
    FORCE_OFF,
    GAP_OUT,
    GREEN_TERMINATION,
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
)
from greenband.engine.frame import Flag

from .driver import NOBODY, Numbers, Reading

PHASE_ON, PHASE_OFF, MIN_COMPLETE, BARRIER = 0, 12, 3, 31
HOLD_ON, HOLD_OFF, CALL_ON, CALL_OFF, PED_CALL = 41, 42, 43, 44, 45
DETECTOR_RESTORED, DETECTOR_FAILED = 83, 84
PED_BUTTON_OFF, PED_BUTTON_ON = 89, 90
PREEMPT_ON, PREEMPT_OFF, PREEMPT_BEGINS, PREEMPT_ENDS = 102, 104, 105, 111
YIELD, FLASH, POWER_FAILED, POWER_RESTORED = 151, 173, 182, 184
FREE, IN_STEP, IN_TRANSITION = 0, 1, 2
"""Parameters of `COORD_STATE`; a transition whose kind isn't known is told as one that adds."""
NOT_FLASHING, FLASHING = 2, 1
"""Parameters of `FLASH`: those of unitFlashStatus, 1 where the kind isn't known."""
COLUMNS = ("TimeStamp", "DeviceId", "EventId", "Parameter")

Coded = tuple[int, int]
"""A code and its parameter."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a moment of a cabinet shows, as far as it is known; sets of phase or detector numbers.

    `clearing`: phases in red clearance. `gapped`, `maxed`, `forced`: why greens end that end now.
    `buttons`: pedestrian detectors that are pressed; `preempts`: inputs, `preempted`: those being
    served. `coordination`: `FREE`, `IN_STEP`, `IN_TRANSITION`. `flash`: as unitFlashStatus.
    """

    greens: Numbers = NOBODY
    yellows: Numbers = NOBODY
    clearing: Numbers = NOBODY
    walks: Numbers = NOBODY
    ped_clears: Numbers = NOBODY
    calls: Numbers = NOBODY
    ped_calls: Numbers = NOBODY
    holds: Numbers = NOBODY
    gapped: Numbers = NOBODY
    maxed: Numbers = NOBODY
    forced: Numbers = NOBODY
    active: Numbers = NOBODY
    failed: Numbers = NOBODY
    buttons: Numbers = NOBODY
    preempts: Numbers = NOBODY
    preempted: Numbers = NOBODY
    pattern: int = 0
    coordination: int = FREE
    flash: int = NOT_FLASHING


def seen_of(reading: Reading, *, holds: Numbers = NOBODY, forced: Numbers = NOBODY) -> Seen:
    """A poll as a moment; `holds` and `forced` are what we have told the phases.

    A preempt is told without its number, 0, since a Reading has none.
    """
    lit = reading.greens | reading.yellows
    free = reading.pattern in (0, 254, 255)
    state = IN_TRANSITION if reading.transition else FREE if free else IN_STEP
    return Seen(
        greens=reading.greens,
        yellows=reading.yellows,
        clearing=reading.ons - lit,
        walks=reading.walks,
        ped_clears=reading.ped_clears,
        calls=reading.vehicle_calls,
        ped_calls=reading.ped_calls,
        holds=holds,
        forced=forced,
        active=reading.active,
        failed=reading.failed,
        preempted=frozenset({0}) if Flag.PREEMPT in reading.flags else NOBODY,
        pattern=reading.pattern,
        coordination=state,
        flash=FLASHING if Flag.FLASH in reading.flags else NOT_FLASHING,
    )


def changes(before: Seen, after: Seen) -> Iterator[Coded]:
    """What happened between two moments, in the order in which it is told.

    Ends come before beginnings, so that a reader that goes by the order of rows finds no phase
    green that has just ended.
    """
    yield from _ends(before, after)
    yield from _begins(before, after)
    for name, on, off in _SWITCHES:
        was, now = getattr(before, name), getattr(after, name)
        yield from ((off, number) for number in sorted(was - now) if off is not None)
        yield from ((on, number) for number in sorted(now - was))
    if before.pattern != after.pattern:
        yield PATTERN_CHANGE, after.pattern
    if before.coordination != after.coordination:
        yield COORD_STATE, after.coordination
    if before.flash != after.flash:
        yield FLASH, after.flash


_SWITCHES: tuple[tuple[str, int, int | None], ...] = (
    ("holds", HOLD_ON, HOLD_OFF),
    ("calls", CALL_ON, CALL_OFF),
    ("ped_calls", PED_CALL, None),
    ("active", DETECTOR_ON, DETECTOR_OFF),
    ("failed", DETECTOR_FAILED, DETECTOR_RESTORED),
    ("buttons", PED_BUTTON_ON, PED_BUTTON_OFF),
    ("preempts", PREEMPT_ON, PREEMPT_OFF),
    ("preempted", PREEMPT_BEGINS, PREEMPT_ENDS),
)
"""What is on or off: the set, and the codes of its beginning and its end."""


def _ends(before: Seen, after: Seen) -> Iterator[Coded]:
    for phase in sorted(before.greens - after.greens):
        for reason, code in ((after.gapped, GAP_OUT), (after.maxed, MAX_OUT)):
            if phase in reason:
                yield code, phase
        if phase in after.forced:
            yield FORCE_OFF, phase
        yield GREEN_TERMINATION, phase
    yield from ((YELLOW_END, phase) for phase in sorted(before.yellows - after.yellows))
    yield from ((RED_CLEARANCE_END, phase) for phase in sorted(before.clearing - after.clearing))
    yield from ((PHASE_OFF, phase) for phase in sorted(_on(before) - _on(after)))
    for phase in sorted(_walking(before) - _walking(after)):
        yield DONT_WALK, phase


def _begins(before: Seen, after: Seen) -> Iterator[Coded]:
    yield from ((RED_CLEARANCE, phase) for phase in sorted(after.clearing - before.clearing))
    yield from ((YELLOW, phase) for phase in sorted(after.yellows - before.yellows))
    yield from ((PHASE_ON, phase) for phase in sorted(_on(after) - _on(before)))
    yield from ((PHASE_GREEN, phase) for phase in sorted(after.greens - before.greens))
    yield from ((PED_CLEARANCE, phase) for phase in sorted(after.ped_clears - before.ped_clears))
    yield from ((WALK, phase) for phase in sorted(after.walks - before.walks))


def _on(seen: Seen) -> Numbers:
    return seen.greens | seen.yellows | seen.clearing


def _walking(seen: Seen) -> Numbers:
    return seen.walks | seen.ped_clears


def plan_events(cycle_s: int, offset_s: int, splits_s: Mapping[int, int]) -> Iterator[Coded]:
    """What a pattern that comes into force is: cycle, offset, and the splits of phases 1 to 16."""
    yield CYCLE_CHANGE, cycle_s
    yield OFFSET_CHANGE, offset_s
    for phase, split_s in sorted(splits_s.items()):
        if 1 <= phase <= len(SPLIT_CHANGE):
            yield SPLIT_CHANGE[phase - 1], split_s


class EventFiles:
    """Writes one device's events to a folder: a file an hour.

    The hour that is running is a CSV, to which each call of `add` appends in one write, so that
    the death of the process loses nothing; when it is over it becomes Parquet. What a process that
    died left behind is taken up: a torn last line is cut off, earlier hours become Parquet.
    """

    def __init__(self, folder: Path, device: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.device = folder, device
        self._hour = ""
        for left in sorted(folder.glob(f"events-{device}-*.csv")):
            _cut_torn(left)

    def add(self, moment: dt.datetime, events: Iterable[Coded]) -> None:
        """Append events of one moment, in the wall-clock time of the cabinet."""
        text = f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')},{self.device}"
        lines = [f"{text},{code},{parameter}\n" for code, parameter in events]
        if not lines:
            return
        hour = moment.strftime("%Y%m%dT%H")
        if hour != self._hour:
            self._finish(but=hour)
            self._hour = hour
        path = self._csv(hour)
        head = "" if path.exists() else ",".join(COLUMNS) + "\n"
        with path.open("a", encoding="ascii") as file:
            file.write(head + "".join(lines))

    def close(self) -> None:
        """Turn every hour that has been begun into Parquet."""
        self._finish()
        self._hour = ""

    def _finish(self, but: str = "") -> None:
        for path in sorted(self.folder.glob(f"events-{self.device}-*.csv")):
            if path != self._csv(but):
                to_parquet(path)

    def _csv(self, hour: str) -> Path:
        return self.folder / f"events-{self.device}-{hour}.csv"


def to_parquet(path: Path) -> Path:
    """Turn an hour's CSV into Parquet beside it, added to what is there; the CSV goes."""
    import polars as pl

    table = pl.read_csv(path, schema_overrides=dict.fromkeys(COLUMNS[1:], pl.Int64))
    table = table.with_columns(pl.col("TimeStamp").str.to_datetime(time_unit="ms"))
    target = path.with_suffix(".parquet")
    if target.exists():  # of a process that ended within this hour
        table = pl.concat([pl.read_parquet(target), table]).unique(maintain_order=True)
    part = target.with_name(target.name + ".part")
    table.write_parquet(part)
    part.replace(target)
    path.unlink()
    return target


def _cut_torn(path: Path) -> None:
    """Drop what follows the last line feed; a file without a whole line goes."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole.count(b"\n") < 2:
        path.unlink()
    elif len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
