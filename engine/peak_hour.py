"""The peak hour of turning-movement counts, with its peak-hour factor (PHF)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .counts import TurningCounts
from .errors import InputError
from .times import format_minutes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PeakHour:
    """One hour of demand, in veh/h.

    ``phf``: hourly volume over four times the largest 15 minutes in it (HCM 7th ed. 4-2) of
    all movements together, ``phf_by_movement`` of each; NaN where the intervals don't add up
    to 15 minutes or nothing was counted. ``heavy_ratio``: heavy vehicles among all, NaN
    where not told apart. ``pedestrians_h``: persons per hour crossing ``ped_legs``.
    ``hours_counted`` below 1: the volumes were scaled up to veh/h, as a warning says.
    """

    source: str
    start_min: float
    movements: tuple[str, ...]
    volume_veh_h: Floats
    phf: float
    phf_by_movement: Floats
    heavy_ratio: Floats
    ped_legs: tuple[str, ...]
    pedestrians_h: Floats
    interval_min: float
    hours_counted: float
    warnings: tuple[str, ...] = ()

    @property
    def start(self) -> str:
        """The start as a clock time."""
        return format_minutes(self.start_min)

    def volumes(self) -> dict[str, float]:
        """Volume in veh/h by movement."""
        return dict(zip(self.movements, self.volume_veh_h.tolist(), strict=True))


def peak_hour(counts: TurningCounts, start_min: float | None = None) -> PeakHour:
    """The hour with most vehicles of all movements, or the one that starts at ``start_min``.

    Every start of an interval is tried. Hours without a gap go before hours with one; gaps
    of an hour are filled with the mean of that movement's other intervals in it, and a file
    shorter than an hour is scaled to veh/h; a warning says either. Raises InputError where
    60 min is no multiple of the interval, ``start_min`` isn't in the file, or a movement has
    no count at all in the hour.
    """
    per_hour = _intervals_per_hour(counts)
    n_rows = len(counts.starts_min)
    length = min(per_hour, n_rows)
    first = _busiest(counts, length) if start_min is None else _row_at(counts, start_min, length)
    rows = slice(first, first + length)
    volumes, notes = _filled(counts, rows)
    scale = per_hour / length
    if scale > 1:
        notes.append(
            f"{counts.source}: {length * counts.interval_min:g} min of counts "
            f"({length} interval{'s' if length > 1 else ''}), multiplied by {scale:.4g} to veh/h"
        )
    phf, phf_by_movement = _peak_factors(volumes, counts.interval_min)
    if np.isnan(phf) and volumes.sum() > 0:
        notes.append(
            f"{counts.source}: {counts.interval_min:g} min intervals don't add up to 15 min, "
            "so the peak-hour factor can't be found"
        )
    return PeakHour(
        source=counts.source,
        start_min=float(counts.starts_min[first]),
        movements=counts.movements,
        volume_veh_h=volumes.sum(axis=0) * scale,
        phf=phf,
        phf_by_movement=phf_by_movement,
        heavy_ratio=_heavy_ratio(counts, rows),
        ped_legs=counts.ped_legs,
        pedestrians_h=_mean(counts.pedestrians[rows]) * per_hour,
        interval_min=counts.interval_min,
        hours_counted=length / per_hour,
        warnings=(*counts.warnings, *notes),
    )


def _intervals_per_hour(counts: TurningCounts) -> int:
    per_hour = 60 / counts.interval_min
    if abs(per_hour - round(per_hour)) > 1e-6 or per_hour < 1 - 1e-6:
        raise InputError(
            counts.source,
            f"intervals of {counts.interval_min:g} min",
            "intervals of which some number makes 60 min (1, 5, 6, 10, 12, 15, 20, 30, 60)",
            "Bring the counts to 15 min intervals.",
        )
    return round(per_hour)


def _busiest(counts: TurningCounts, length: int) -> int:
    gaps = np.isnan(counts.volumes_veh)
    values = np.where(gaps, 0.0, counts.volumes_veh)
    totals = _window_sums(values.sum(axis=1), length)
    missing = _window_sums(gaps.sum(axis=1).astype(np.float64), length)
    best = np.where(missing == missing.min(), totals, -1.0)
    return int(np.argmax(best))


def _window_sums(values: Floats, length: int) -> Floats:
    return np.convolve(values, np.ones(length), mode="valid")


def _row_at(counts: TurningCounts, start_min: float, length: int) -> int:
    hits = np.flatnonzero(np.abs(counts.starts_min - start_min) < 1e-6)
    last = len(counts.starts_min) - length
    if not hits.size or hits[0] > last:
        starts = counts.labels()
        raise InputError(
            counts.source,
            f"no whole hour from {format_minutes(start_min)}",
            f"a start of an interval from {starts[0]} to {starts[last]}",
            "Give another start, or leave it out for the busiest hour.",
        )
    return int(hits[0])


def _filled(counts: TurningCounts, rows: slice) -> tuple[Floats, list[str]]:
    """The rows with each gap replaced by the movement's mean over the other rows."""
    volumes = counts.volumes_veh[rows].copy()
    gaps = np.isnan(volumes)
    if not gaps.any():
        return volumes, []
    for k, name in enumerate(counts.movements):
        if gaps[:, k].all():
            raise InputError(
                f"{counts.source}, column {name}",
                f"no value from {format_minutes(float(counts.starts_min[rows][0]))} on, for "
                f"{len(volumes) * counts.interval_min:g} min",
                "at least one interval in the hour",
                "Fill the column, or take it out if the movement doesn't exist.",
            )
    volumes[gaps] = np.broadcast_to(_mean(volumes), volumes.shape)[gaps]
    some = [name for k, name in enumerate(counts.movements) if gaps[:, k].any()]
    note = (
        f"{counts.source}: the hour from {format_minutes(float(counts.starts_min[rows][0]))} has "
        f"{int(gaps.sum())} empty cells ({', '.join(some)}), filled with the mean of the "
        "movement's other intervals in that hour"
    )
    return volumes, [note]


def _mean(values: Floats) -> Floats:
    """Mean per column without gaps; NaN where there are only gaps."""
    told = ~np.isnan(values)
    n = told.sum(axis=0)
    sums = np.where(told, values, 0.0).sum(axis=0)
    return np.where(n > 0, sums / np.maximum(n, 1), np.nan)


def _peak_factors(volumes: Floats, interval_min: float) -> tuple[float, Floats]:
    per_quarter = 15 / interval_min
    n = round(per_quarter)
    unknown = np.full(volumes.shape[1], np.nan)
    if abs(per_quarter - n) > 1e-6 or n < 1 or len(volumes) < n:
        return float("nan"), unknown
    columns = np.column_stack([volumes, volumes.sum(axis=1)])
    peaks = np.array([_window_sums(column, n).max() for column in columns.T])
    means = columns.mean(axis=0) * n
    factors = np.where(peaks > 0, means / np.where(peaks > 0, peaks, 1.0), np.nan)
    return float(factors[-1]), factors[:-1]


def _heavy_ratio(counts: TurningCounts, rows: slice) -> Floats:
    heavy, volumes = counts.heavy_veh[rows], counts.volumes_veh[rows]
    both = ~np.isnan(heavy) & ~np.isnan(volumes)
    total = np.where(both, volumes, 0.0).sum(axis=0)
    part = np.where(both, heavy, 0.0).sum(axis=0)
    return np.where(total > 0, part / np.where(total > 0, total, 1.0), np.nan)
