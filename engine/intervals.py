"""Evenly stepped intervals out of the starts that a file has."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .times import DAY_MIN, format_minutes

MAX_GRID_DAYS = 366
TOLERANCE = 1e-6


def interval_of(starts_min: NDArray[np.float64], given_min: float | None, source: str) -> float:
    """Length of the intervals in min: as given, else the smallest step between the starts.

    ``starts_min``: sorted, without repeats. Raises InputError where there is one start and
    nothing given, or where the starts deny what is given.
    """
    if given_min is not None and not 0 < given_min <= DAY_MIN:
        raise InputError(
            "interval", f"{given_min:g} min", "above 0 and up to 1440 min", "Give the real length."
        )
    if len(starts_min) == 1:
        if given_min is None:
            raise InputError(
                source,
                f"one row ({format_minutes(starts_min[0])}), so the interval can't be seen",
                "two rows or more, or the interval in minutes",
                "Say how long the interval is: --interval 15, or interval_min=15.",
            )
        return given_min
    step_min = float(np.diff(starts_min).min())
    if given_min is None:
        return step_min
    if abs(step_min / given_min - round(step_min / given_min)) > TOLERANCE:
        raise InputError(
            source,
            f"rows {step_min:g} min apart",
            f"steps of the interval given, {given_min:g} min",
            "Leave the interval out, or give the one the file has.",
        )
    return given_min


def even_grid(starts_min: NDArray[np.float64], step_min: float, source: str) -> NDArray[np.float64]:
    """Every start from the first one to the last; raises InputError for an uneven step."""
    steps = (starts_min - starts_min[0]) / step_min
    uneven = np.flatnonzero(np.abs(steps - np.round(steps)) > TOLERANCE)
    if uneven.size:
        start = float(starts_min[uneven[0]])
        raise InputError(
            source,
            f"a row that starts at {format_minutes(start)}",
            f"starts that are {step_min:g} min apart, counted from "
            f"{format_minutes(float(starts_min[0]))} (the smallest step in the file)",
            "Correct the time, or bring all rows to one interval.",
        )
    n = round(float(steps[-1])) + 1
    if n * step_min > MAX_GRID_DAYS * DAY_MIN:
        raise InputError(
            source,
            f"rows from {(starts_min[-1] - starts_min[0]) / DAY_MIN:.0f} days",
            f"at most {MAX_GRID_DAYS} days",
            "Check the years in the file, or split it.",
        )
    return np.asarray(starts_min[0] + step_min * np.arange(n), dtype=np.float64)


def gap_notes(starts_min: NDArray[np.float64], step_min: float, source: str) -> list[str]:
    """One sentence for each run of intervals that has no row."""
    notes = []
    for before, after in pairwise(starts_min.tolist()):
        if missing := round((after - before) / step_min) - 1:
            plural = "s" if missing > 1 else ""
            notes.append(
                f"{source}: no rows from {format_minutes(before + step_min)} to "
                f"{format_minutes(after)} ({missing} interval{plural} of {step_min:g} min); "
                "left as a gap"
            )
    return notes
