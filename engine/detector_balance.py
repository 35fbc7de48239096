"""Conservation of vehicles: what goes into a stretch of street comes out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .detector_counts import DetectorCounts
from .detector_health import Finding
from .errors import InputError


@dataclass(frozen=True)
class Balance:
    """Detectors on the way in and on the way out of a stretch without other entries or exits.

    Across one approach: its upstream loops, and its stop-bar loops.
    """

    name: str
    inflow: tuple[str, ...]
    outflow: tuple[str, ...]


def check_balances(
    counts: DetectorCounts,
    balances: Iterable[Balance],
    tolerance: float = 0.15,
    least_veh: float = 200.0,
) -> tuple[Finding, ...]:
    """Balances whose two sides differ over the whole time by more than ``tolerance``.

    This finds what drift can't: a detector that has always counted wrong. The detectors
    blamed are those of the balance that are in no balance that holds, joined by ``+`` where
    it can't be told which of them; such findings are for a person to look at. Balances with
    fewer than ``least_veh`` vehicles aren't judged. Raises InputError for unknown detectors.
    """
    off: list[tuple[Balance, float, float]] = []
    sound: set[str] = set()
    for balance in balances:
        into, out = (_total(counts, balance, side) for side in (balance.inflow, balance.outflow))
        if max(into, out) < least_veh:
            continue
        if abs(into - out) > tolerance * max(into, out):
            off.append((balance, into, out))
        else:
            sound |= {*balance.inflow, *balance.outflow}
    return tuple(_finding(counts, *found, sound) for found in off)


def _finding(
    counts: DetectorCounts, balance: Balance, into: float, out: float, sound: set[str]
) -> Finding:
    members = [*balance.inflow, *balance.outflow]
    suspects = [name for name in members if name not in sound] or members
    start = float(counts.starts_min[0])
    return Finding(
        "+".join(suspects),
        "count_drift",
        start,
        start + len(counts.starts_min) * counts.interval_s / 60,
        f"{balance.name}: {into:.0f} vehicles in (detectors {', '.join(balance.inflow)}) and "
        f"{out:.0f} out (detectors {', '.join(balance.outflow)}), "
        f"{100 * (out / into - 1) if into else 100:+.0f} %",
    )


def _total(counts: DetectorCounts, balance: Balance, side: tuple[str, ...]) -> float:
    """Vehicles of one side in the intervals in which all detectors of the balance tell."""
    members = [*balance.inflow, *balance.outflow]
    if missing := [name for name in members if name not in counts.detectors]:
        raise InputError(
            f"balance {balance.name}",
            f"detectors {', '.join(missing)}, which aren't in the counts",
            f"detectors {', '.join(counts.detectors)}",
            "Correct the names.",
        )
    told = ~np.isnan(np.column_stack([counts.of(name) for name in members])).any(axis=1)
    return float(sum(counts.of(name)[told].sum() for name in side))
