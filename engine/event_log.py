"""High-resolution controller event logs (Indiana enumerations, usually every 0.1 s).

Enumerations: Sturdevant, Overman, Raamot, Deer, Miller, Bullock, Day, Brennan, Li, Hainen,
Remias, "Indiana Traffic Signal Hi Resolution Data Logger Enumerations", Purdue 2012.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .text_table import Table, plain, read_table

Ints = NDArray[np.int64]

PHASE_GREEN, GAP_OUT, MAX_OUT, FORCE_OFF = 1, 4, 5, 6
GREEN_TERMINATION, YELLOW, YELLOW_END, RED_CLEARANCE, RED_CLEARANCE_END = 7, 8, 9, 10, 11
WALK, PED_CLEARANCE, DONT_WALK = 21, 22, 23
DETECTOR_OFF, DETECTOR_ON = 81, 82
PATTERN_CHANGE, CYCLE_CHANGE, OFFSET_CHANGE = 131, 132, 133
SPLIT_CHANGE = range(134, 150)  # phases 1 to 16
COORD_STATE = 150

TIME_NAMES = ("timestamp", "time", "datetime", "eventtime", "start")
DEVICE_NAMES = ("deviceid", "device", "signalid", "signal", "intersection", "intid", "site")
EVENT_NAMES = ("eventid", "eventcode", "event", "code")
PARAMETER_NAMES = ("parameter", "eventparam", "eventparameter", "param")


@dataclass(frozen=True)
class EventLog:
    """Events in the order of their times; equal times keep the order of the file.

    Arrays of one length: ``time_ms`` since midnight of ``day``, ``device``, ``event``,
    ``parameter``. ``warnings``: what was dropped or put right on the way in.
    """

    source: str
    day: dt.date
    time_ms: Ints
    device: Ints
    event: Ints
    parameter: Ints
    warnings: tuple[str, ...] = ()

    @property
    def devices(self) -> tuple[int, ...]:
        """The devices (intersections) in the log."""
        return tuple(np.unique(self.device).tolist())

    def of(self, device: int) -> EventLog:
        """The events of one device; raises InputError for a device that isn't there."""
        keep = self.device == device
        if not keep.any():
            raise InputError(
                self.source,
                f"no event of device {device}",
                f"one of {', '.join(map(str, self.devices[:20]))}",
                "Name a device that is in the log.",
            )
        return self if keep.all() else self.pick(keep)

    def pick(self, keep: NDArray[np.bool_]) -> EventLog:
        """The events where ``keep`` is true."""
        return EventLog(
            self.source,
            self.day,
            self.time_ms[keep],
            self.device[keep],
            self.event[keep],
            self.parameter[keep],
            self.warnings,
        )


def parse_event_log(text: str, source: str) -> EventLog:
    """Reads ``TimeStamp, DeviceId, EventId, Parameter`` (or the ATSPM names of the four).

    Times are ISO with a date. Raises InputError (file, line, column) for a missing column,
    an unreadable time or number, no rows; events said twice are dropped with a warning, and
    events out of order are sorted.
    """
    return event_log_from_table(read_table(text, source))


def is_event_log(names: Sequence[str]) -> bool:
    """Whether a header is that of an event log."""
    found = {plain(name) for name in names}
    return bool(found & set(EVENT_NAMES)) and bool(found & set(PARAMETER_NAMES))


def event_log_from_table(table: Table) -> EventLog:
    """`parse_event_log` for columns that have been read already: lists of text, or arrays."""
    if not table.n_rows:
        raise InputError(
            table.source, "no rows", "a header line and events", "Give the log with its events."
        )
    time = _datetimes(table, _column(table, TIME_NAMES, "TimeStamp"))
    event = _integers(table, _column(table, EVENT_NAMES, "EventId"))
    parameter = _integers(table, _column(table, PARAMETER_NAMES, "Parameter"))
    column = table.find(DEVICE_NAMES)
    device = _integers(table, column) if column else np.zeros(table.n_rows, dtype=np.int64)
    first = time.min().astype("datetime64[D]")
    time_ms = (time - first).astype(np.int64)
    warnings = _disorder(table, time_ms)
    order = np.argsort(time_ms, kind="stable")
    log = EventLog(
        table.source, first.item(), time_ms[order], device[order], event[order], parameter[order]
    )
    once = _first_of_each(log)
    if dropped := int((~once).sum()):
        warnings.append(f"{table.source}: {dropped} events said twice, used once")
    kept = log.pick(once)
    return EventLog(
        kept.source, kept.day, kept.time_ms, kept.device, kept.event, kept.parameter,
        tuple(warnings),
    )  # fmt: skip


def write_event_log(log: EventLog) -> str:
    """The log as text, which `parse_event_log` reads back unchanged."""
    moments = np.datetime64(log.day, "ms") + log.time_ms
    rows = zip(moments.astype(str).tolist(), log.device, log.event, log.parameter, strict=True)
    lines = [f"{time},{device},{event},{parameter}" for time, device, event, parameter in rows]
    return "\n".join(["TimeStamp,DeviceId,EventId,Parameter", *lines, ""])


def silences(log: EventLog, longest_s: float = 600.0) -> list[tuple[int, int]]:
    """Times (from, to) in ms without any event for more than ``longest_s``.

    A controller that works logs phases and detectors all the time: such a gap is a hole in
    the log, not a quiet street.
    """
    steps = np.diff(log.time_ms)
    holes = np.flatnonzero(steps > longest_s * 1000)
    return [(int(log.time_ms[k]), int(log.time_ms[k + 1])) for k in holes]


def _column(table: Table, names: tuple[str, ...], plain_name: str) -> str:
    column = table.find(names)
    if column is None:
        raise InputError(
            f"{table.source}, header",
            f"no column '{plain_name}' (columns: {', '.join(table.columns)})",
            "columns TimeStamp, DeviceId, EventId, Parameter",
            "Add the column, or rename the one that holds it.",
        )
    return column


def _datetimes(table: Table, column: str) -> NDArray[np.datetime64]:
    """Wall-clock times; a zone in the text is dropped, as the controller's clock has one."""
    cells = table.columns[column]
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        times = cells.astype("datetime64[ms]")
    else:
        moments = [_datetime(table, row, column) for row in range(table.n_rows)]
        times = np.array(moments, dtype="datetime64[ms]")
    if (bad := np.flatnonzero(np.isnat(times))).size:
        _refuse_time(table, int(bad[0]), column)
    return times


def _datetime(table: Table, row: int, column: str) -> dt.datetime:
    cell = table.columns[column][row]
    try:
        moment = cell if isinstance(cell, dt.datetime) else dt.datetime.fromisoformat(cell)
    except (ValueError, TypeError):
        _refuse_time(table, row, column)
    return moment.replace(tzinfo=None)


def _refuse_time(table: Table, row: int, column: str) -> NoReturn:
    raise InputError(
        table.where(row, column),
        f"the time {str(table.columns[column][row])!r}",
        "ISO with a date: 2024-05-13T15:00:00.1",
        "Correct the time.",
    )


def _integers(table: Table, column: str) -> Ints:
    cells: Any = table.columns[column]
    try:
        values = np.asarray(cells, dtype=np.float64)
        wrong = np.flatnonzero(~(np.abs(values) < 2**53) | (values != np.round(values)))
    except (ValueError, TypeError):
        wrong = np.array([k for k, cell in enumerate(cells) if not _is_whole(cell)])
        values = np.zeros(0)
    if wrong.size:
        row = int(wrong[0])
        raise InputError(
            table.where(row, column),
            f"{str(cells[row])!r}",
            "a whole number",
            "Correct the cell, or remove the row.",
        )
    return values.astype(np.int64)


def _is_whole(cell: Any) -> bool:
    try:
        return float(cell) == int(float(cell))
    except (ValueError, TypeError, OverflowError):
        return False


def _disorder(table: Table, time_ms: Ints) -> list[str]:
    back = np.flatnonzero(np.diff(time_ms) < 0)
    if not back.size:
        return []
    place = table.row_where(int(back[0]) + 1)
    return [f"{place}: before the event above it ({back.size} such rows); events were sorted"]


def _first_of_each(log: EventLog) -> NDArray[np.bool_]:
    keys = np.column_stack([log.time_ms, log.device, log.event, log.parameter])
    _, first = np.unique(keys, axis=0, return_index=True)
    once = np.zeros(len(keys), dtype=np.bool_)
    once[first] = True
    return once


def events_of(log: EventLog, codes: Mapping[int, str] | Sequence[int]) -> EventLog:
    """The events with one of these codes."""
    return log.pick(np.isin(log.event, list(codes)))
