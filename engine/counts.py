"""Turning-movement counts: from the text of a counts file to one checked array."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .counts_limits import CountLimits, refuse_impossible
from .counts_readings import Reading, readings_of
from .errors import InputError
from .intervals import even_grid, gap_notes, interval_of
from .movement_names import Kind
from .text_table import Table, read_table
from .times import format_minutes


@dataclass(frozen=True)
class TurningCounts:
    """Vehicles per interval and movement at one intersection.

    ``starts_min``: minutes since midnight of ``day`` (of any day where ``day`` is None),
    evenly stepped by ``interval_min``. ``volumes_veh``: vehicles of all kinds, shape
    (intervals, movements), NaN where nothing was counted. ``heavy_veh``: the heavy vehicles
    among them, same shape, NaN where not told apart. ``pedestrians``: persons crossing each
    leg of ``ped_legs``, shape (intervals, legs). ``warnings``: what was odd but not wrong.
    """

    source: str
    starts_min: NDArray[np.float64]
    interval_min: float
    movements: tuple[str, ...]
    volumes_veh: NDArray[np.float64]
    heavy_veh: NDArray[np.float64]
    ped_legs: tuple[str, ...] = ()
    pedestrians: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    day: dt.date | None = None
    warnings: tuple[str, ...] = ()

    @property
    def volumes(self) -> NDArray[np.float64]:
        """``volumes_veh`` by its short name."""
        return self.volumes_veh

    def of(self, movement: str) -> NDArray[np.float64]:
        """The vehicles of one movement, one value an interval; KeyError if not counted."""
        if movement not in self.movements:
            raise KeyError(movement)
        return self.volumes_veh[:, self.movements.index(movement)]

    def labels(self) -> list[str]:
        """The starts as clock times."""
        return [format_minutes(float(start)) for start in self.starts_min]


def parse_counts(
    text: str,
    source: str,
    interval_min: float | None = None,
    *,
    intersection: str | None = None,
    lanes: Mapping[str, int] | None = None,
    limits: CountLimits | None = None,
) -> TurningCounts:
    """Reads a counts file, wide (``start, NBL, ...``) or long (``start, approach, turn, volume``).

    Parameters
    ----------
    interval_min : needed where there is one row; else found from the step between rows.
    intersection : which one, where a column ``INTID`` or ``intersection`` has several.
    lanes : lanes per movement, for the limit above which a count can't be true; without
        it `CountLimits` assumes more lanes than any street has.

    Raises InputError (file, line, column) for a missing column, an unreadable time or
    number, negative and impossible counts, no rows. Gaps are NaN and a warning.
    """
    return counts_from_table(
        read_table(text, source),
        interval_min,
        intersection=intersection,
        lanes=lanes,
        limits=limits,
    )


def counts_from_table(
    table: Table,
    interval_min: float | None = None,
    *,
    intersection: str | None = None,
    lanes: Mapping[str, int] | None = None,
    limits: CountLimits | None = None,
) -> TurningCounts:
    """`parse_counts` for a table that has been read already (CSV or Parquet)."""
    readings, day, warnings = readings_of(table, intersection)
    if not readings:
        raise InputError(
            table.source,
            "no row with a count",
            "a header line and at least one row of counts",
            "Give the counts file with its rows.",
        )
    _refuse_heavy_alone(readings)
    unique, repeated = _without_repeats(readings)
    starts_min = np.array(sorted({r.minute for r in unique}))
    step_min = interval_of(starts_min, interval_min, table.source)
    refuse_impossible(unique, step_min, lanes or {}, limits or CountLimits())
    grid = even_grid(starts_min, step_min, table.source)
    counts = _arrays(table.source, unique, grid, step_min, day)
    notes = [*warnings, *repeated, *_gap_warnings(counts, starts_min, unique)]
    return replace(counts, warnings=tuple(notes))


def write_counts(counts: TurningCounts) -> str:
    """The counts in the wide form, which `parse_counts` reads back unchanged."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    told = np.flatnonzero(~np.isnan(counts.heavy_veh).all(axis=0))
    heavy = [counts.movements[k] for k in told]
    head = ["start", *counts.movements]
    writer.writerow(
        [*head, *(f"{m}_HV" for m in heavy), *(f"PED_{leg}" for leg in counts.ped_legs)]
    )
    for k, start in enumerate(counts.starts_min):
        cells = [*counts.volumes_veh[k]]
        cells += [*counts.heavy_veh[k, told]]
        cells += [*counts.pedestrians[k]] if counts.ped_legs else []
        writer.writerow([_start_text(float(start), counts.day), *map(_number_text, cells)])
    return out.getvalue()


def _start_text(start_min: float, day: dt.date | None) -> str:
    midnight = dt.datetime.combine(day or dt.date(2000, 1, 1), dt.time())
    moment = midnight + dt.timedelta(seconds=round(start_min * 60))
    text = moment.strftime("%H:%M" if moment.second == 0 else "%H:%M:%S")
    return text if day is None else f"{moment.date().isoformat()}T{text}"


def _number_text(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.10g}"


def _refuse_heavy_alone(readings: list[Reading]) -> None:
    """Heavy vehicles are part of a movement's count, so there must be one."""
    counted = {r.name for r in readings if r.kind == "vehicles"}
    alone = next((r for r in readings if r.kind == "heavy" and r.name not in counted), None)
    if alone is not None:
        raise InputError(
            alone.where,
            f"heavy vehicles of {alone.name}, which has no count of all vehicles",
            f"a column {alone.name} with all vehicles beside {alone.name}_HV",
            "Add the column, or remove this one.",
        )


def _without_repeats(readings: list[Reading]) -> tuple[list[Reading], list[str]]:
    """Readings with the same start, kind and name once; two different values are an error."""
    first: dict[tuple[float, Kind, str], Reading] = {}
    notes: dict[str, str] = {}
    for reading in readings:
        other = first.setdefault((reading.minute, reading.kind, reading.name), reading)
        if other is reading:
            continue
        if other.value is not None and reading.value not in (None, other.value):
            raise InputError(
                reading.where,
                f"{reading.value:g} for {format_minutes(reading.minute)} {reading.name}, "
                f"which had {other.value:g} before ({other.where})",
                "one value for each interval and movement",
                "Remove the row that is wrong, or add the two up if they are parts.",
            )
        if other.value is None:
            first[(reading.minute, reading.kind, reading.name)] = reading
        notes.setdefault(
            reading.row_where,
            f"{reading.row_where}: {format_minutes(reading.minute)} a second time, "
            "with the same values; used once",
        )
    return list(first.values()), list(notes.values())


def _arrays(
    source: str,
    readings: list[Reading],
    grid: NDArray[np.float64],
    step_min: float,
    day: dt.date | None,
) -> TurningCounts:
    movements = _names(readings, "vehicles")
    legs = _names(readings, "pedestrians")
    shapes: dict[Kind, tuple[str, ...]] = {
        "vehicles": movements,
        "heavy": movements,
        "pedestrians": legs,
    }
    arrays = {kind: np.full((len(grid), len(names)), np.nan) for kind, names in shapes.items()}
    for reading in readings:
        if reading.value is not None:
            row = round((reading.minute - grid[0]) / step_min)
            arrays[reading.kind][row, shapes[reading.kind].index(reading.name)] = reading.value
    for array in arrays.values():
        array.setflags(write=False)
    return TurningCounts(
        source=source,
        starts_min=grid,
        interval_min=step_min,
        movements=movements,
        volumes_veh=arrays["vehicles"],
        heavy_veh=arrays["heavy"],
        ped_legs=legs,
        pedestrians=arrays["pedestrians"],
        day=day,
    )


def _names(readings: Iterable[Reading], kind: Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.name for r in readings if r.kind == kind))


def _gap_warnings(
    counts: TurningCounts, starts_min: NDArray[np.float64], readings: list[Reading]
) -> list[str]:
    notes = gap_notes(starts_min, counts.interval_min, counts.source)
    for reading in readings:
        if reading.value is None and reading.kind == "vehicles":
            start = format_minutes(reading.minute)
            notes.append(f"{reading.where}: no value at {start}; left as a gap")
    if not np.nansum(counts.volumes_veh):
        notes.append(f"{counts.source}: not one vehicle in the whole file")
    return notes
