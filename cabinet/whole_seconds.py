"""Seconds with fractions as the whole seconds that controllers take."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

_EXACT = 1e-6


def share(total: int, wanted: Sequence[float], least: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `total`, near `wanted`, not below `least` if that is possible."""
    given = [
        max(floor(w + _EXACT), ceil(low - _EXACT)) for w, low in zip(wanted, least, strict=True)
    ]
    while sum(given) < total:
        k = max(range(len(given)), key=lambda i: wanted[i] - given[i])
        given[k] += 1
    while sum(given) > total:
        room = [i for i in range(len(given)) if given[i] - 1 >= least[i] - _EXACT]
        k = min(room or range(len(given)), key=lambda i: wanted[i] - given[i])
        given[k] -= 1
    return given
