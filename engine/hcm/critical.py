"""The critical degree of saturation X_c (HCM 7th ed. eq. 19-30, 19-31).

X_c is what the critical movements need of the cycle, set against what the lost time of their
phases leaves. The critical movements are the chain of greens, one after the other around the
cycle, that needs the most: with rings the larger ring between each two barriers, with stages the
longest chain through the stages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenband.engine.kernels import intersection as kernel
from greenband.engine.kernels.delay import critical_ratio
from greenband.engine.plan import Plan, Window
from greenband.engine.site import LaneGroup

from .layout import Layout

MOST = 9.99
"""X_c at most: where lost time takes all of the cycle, or a movement gets no green."""
EPS_S = 1e-6


@dataclass(frozen=True)
class Need:
    """What one green of the cycle needs: a flow ratio, and the time lost with it."""

    flow_ratio: float = 0.0
    lost_s: float = 0.0

    def __add__(self, other: Need) -> Need:
        return Need(self.flow_ratio + other.flow_ratio, self.lost_s + other.lost_s)

    def seconds(self, cycle_s: float) -> float:
        """Green and lost time of a cycle."""
        return self.flow_ratio * cycle_s + self.lost_s


def critical_x(
    layout: Layout, plan: Plan, windows: Sequence[Window], table: NDArray[np.float64]
) -> float:
    """X_c of a plan, from its windows and what `evaluate` says of the lane groups."""
    needs = [_need(layout, w, table, plan.cycle_s) for w in windows]
    rings = plan.rings or layout.site.rings
    if plan.phases and rings:
        chain = _largest_rings(rings, {w.phase: n for w, n in zip(windows, needs, strict=True)})
    else:
        chain = _longest_chain(windows, needs, plan.cycle_s)
    if chain.lost_s >= plan.cycle_s - EPS_S:
        return MOST if chain.flow_ratio > 0 else 0.0
    return min(float(critical_ratio(plan.cycle_s, chain.lost_s, chain.flow_ratio)), MOST)


def _need(layout: Layout, window: Window, table: NDArray[np.float64], cycle_s: float) -> Need:
    phase = layout.site.phase(window.phase)
    change_s = window.yellow_s + window.red_clearance_s
    lost_s = phase.startup_lost_s + change_s - min(phase.green_extension_s, change_s)
    green_s = max(window.green_s + change_s - lost_s, 0.0)
    ratios = [
        _flow_ratio(layout, group, row, window.phase, green_s, cycle_s)
        for group, row in zip(layout.lane_groups, table, strict=True)
    ]
    endless = window.green_s >= cycle_s - EPS_S
    return Need(max(ratios, default=0.0), 0.0 if endless else lost_s)


def _flow_ratio(
    layout: Layout,
    group: LaneGroup,
    row: NDArray[np.float64],
    phase: str,
    green_s: float,
    cycle_s: float,
) -> float:
    """What a lane group needs of a phase's green, as a share of the cycle.

    All of it where the phase alone serves the group. Of a protected-permitted turn, as much as
    the protected green can serve goes there, and the permitted green needs nothing for it.
    """
    leading = _leading(layout, group)
    serving = {
        p.id: any(m in p.protected for m in leading)
        for p in layout.site.phases
        if any(m in (*p.protected, *p.permitted) for m in leading)
    }
    if phase not in serving or row[kernel.VOLUME] <= 0 or row[kernel.GREEN] <= 0:
        return 0.0
    if len(serving) == 1:
        return float(row[kernel.X] * row[kernel.GREEN] / cycle_s)
    if not serving[phase]:
        return 0.0
    others = sum(serving.values())
    y = row[kernel.VOLUME] / (len(group.lanes) * max(row[kernel.SATURATION], 1e-9))
    return float(min(y / others, green_s / cycle_s) if others < len(serving) else y / others)


def _leading(layout: Layout, group: LaneGroup) -> tuple[str, ...]:
    """The movements whose greens are the group's own.

    A right turn's green where the through movement of its lane is red is none: the first vehicle
    that goes straight on ends it.
    """
    turns = {m: layout.site.movement(m).turn for m in group.movements}
    if "T" not in turns.values():
        return group.movements
    return tuple(m for m, turn in turns.items() if turn != "R")


def _largest_rings(rings: Sequence[Sequence[Sequence[str]]], needs: dict[str, Need]) -> Need:
    """The ring with the larger flow ratio between each two barriers."""
    total = Need()
    for groups in zip(*rings, strict=True):
        sums = [sum((needs.get(p, Need()) for p in group), Need()) for group in groups]
        total += max(sums, key=lambda need: (need.flow_ratio, need.lost_s))
    return total


def _longest_chain(windows: Sequence[Window], needs: Sequence[Need], cycle_s: float) -> Need:
    """The chain of greens, none before the change interval of the last is over, that needs most."""
    starts = sorted({round(w.start_s % cycle_s, 6) for w in windows})
    n = len(starts)
    spans = [_span(w, starts, cycle_s) for w in windows]
    best = Need()
    for first in range(n):
        reached = [Need()] * (n + 1)
        for slot in range(n):
            reached[slot + 1] = _more(reached[slot + 1], reached[slot], cycle_s)
            for (at, slots), need in zip(spans, needs, strict=True):
                end = slot + slots
                if at == (first + slot) % n and end <= n:
                    reached[end] = _more(reached[end], reached[slot] + need, cycle_s)
        best = _more(best, reached[n], cycle_s)
    return best


def _more(a: Need, b: Need, cycle_s: float) -> Need:
    return b if b.seconds(cycle_s) > a.seconds(cycle_s) else a


def _span(window: Window, starts: Sequence[float], cycle_s: float) -> tuple[int, int]:
    """The slot in which a window begins, and how many slots it takes with its change interval."""
    n = len(starts)
    first = starts.index(round(window.start_s % cycle_s, 6))
    split_s = window.split_s
    slots = 0
    passed_s = 0.0
    while slots < n and passed_s < split_s - 1e-4:
        here, following = starts[(first + slots) % n], starts[(first + slots + 1) % n]
        passed_s += (following - here) % cycle_s if n > 1 else cycle_s
        slots += 1
    return first, max(slots, 1)
