"""The objective of whole-second splits, infinite where a limit is broken.

A layout has slots in rings and barrier groups: a slot is a phase of a ring, or a stage where
there is one ring and one group. Windows are greens over one or more following slots of a ring.
All durations are whole seconds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .streams import Streams, Work, evaluate, load_norm, total_delay_veh_h

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DELAY = 0
LOAD = 1
LOAD_POWER = 24.0


class Layout(NamedTuple):
    """Slots in order of ring, group and place; `first_slot` (rings + 1) where each ring begins.

    `cell` (rings, groups, 2) is the range of slots of each ring between two barriers. Windows:
    first slot, number of slots (that of the ring: never ends), change interval, limits of the
    green; `alone` where it is the only green of its phase, so that its red is known.
    """

    first_slot: Ints
    cell: NDArray[np.int64]
    slot_min_s: Ints
    window_phase: Ints
    window_ring: Ints
    window_first: Ints
    window_slots: Ints
    window_change_s: Floats
    window_min_s: Floats
    window_max_s: Floats
    window_alone: NDArray[np.bool_]
    longest_red_s: float


@jit
def group_length_s(layout: Layout, split_s: Ints, group: int) -> int:
    """Seconds between two barriers: the longest of the rings, which are equal in a valid plan."""
    longest = 0
    for ring in range(layout.cell.shape[0]):
        total = 0
        for slot in range(layout.cell[ring, group, 0], layout.cell[ring, group, 1]):
            total += split_s[slot]
        longest = max(longest, total)
    return longest


@jit
def cycle_of(layout: Layout, split_s: Ints) -> int:
    """Sum of the groups."""
    total = 0
    for group in range(layout.cell.shape[1]):
        total += group_length_s(layout, split_s, group)
    return total


@jit
def slot_starts_s(layout: Layout, split_s: Ints, starts_s: Floats) -> None:
    """Where each slot begins in the cycle."""
    for ring in range(layout.cell.shape[0]):
        barrier_s = 0
        for group in range(layout.cell.shape[1]):
            at = barrier_s
            for slot in range(layout.cell[ring, group, 0], layout.cell[ring, group, 1]):
                starts_s[slot] = at
                at += split_s[slot]
            barrier_s += group_length_s(layout, split_s, group)


@jit
def greens_s(layout: Layout, split_s: Ints, cycle_s: int, green_s: Floats) -> None:
    """Green of each window; the whole cycle for one that never ends."""
    for w in range(len(layout.window_phase)):
        ring = layout.window_ring[w]
        first, end = layout.first_slot[ring], layout.first_slot[ring + 1]
        if layout.window_slots[w] >= end - first and layout.window_change_s[w] <= 0.0:
            green_s[w] = cycle_s
            continue
        total = 0
        for i in range(layout.window_slots[w]):
            total += split_s[first + (layout.window_first[w] - first + i) % (end - first)]
        green_s[w] = total - layout.window_change_s[w]


@jit
def together(layout: Layout, split_s: Ints) -> bool:
    """Slots no shorter than they may be, and rings that meet at the barriers."""
    for slot in range(len(split_s)):
        if split_s[slot] < layout.slot_min_s[slot]:
            return False
    for ring in range(layout.cell.shape[0]):
        for group in range(layout.cell.shape[1]):
            first, end = layout.cell[ring, group]
            if first < end and np.sum(split_s[first:end]) != group_length_s(layout, split_s, group):
                return False
    return True


@jit
def feasible(layout: Layout, split_s: Ints, green_s: Floats, cycle_s: int) -> bool:
    """All limits kept."""
    if not together(layout, split_s):
        return False
    for w in range(len(layout.window_phase)):
        if green_s[w] >= cycle_s:
            continue
        if green_s[w] < layout.window_min_s[w] - 1e-9:
            return False
        if green_s[w] > layout.window_max_s[w] + 1e-9:
            return False
        if layout.window_alone[w] and cycle_s - green_s[w] > layout.longest_red_s + 1e-9:
            return False
    return True


@jit
def cost(
    layout: Layout, streams: Streams, work: Work, split_s: Ints, objective: int, cycle_max_s: int
) -> float:
    """The objective of these splits; infinite where a limit is broken."""
    cycle_s = cycle_of(layout, split_s)
    if cycle_s > cycle_max_s or cycle_s <= 0:
        return np.inf
    green_s = np.empty(len(layout.window_phase))
    greens_s(layout, split_s, cycle_s, green_s)
    if not feasible(layout, split_s, green_s, cycle_s):
        return np.inf
    slots_s = np.zeros(len(split_s))
    slot_starts_s(layout, split_s, slots_s)
    starts_s = np.empty(len(layout.window_phase))
    for w in range(len(starts_s)):
        starts_s[w] = slots_s[layout.window_first[w]]
    evaluate(streams, work, layout.window_phase, starts_s, green_s, cycle_s)
    if objective == LOAD:
        return load_norm(streams, work, LOAD_POWER)
    return total_delay_veh_h(streams, work)


@jit
def costs(
    layout: Layout,
    streams: Streams,
    work: Work,
    candidates_s: Ints,
    objective: int,
    cycle_max_s: int,
) -> Floats:
    """The objective of each row of ``candidates_s`` (candidates, slots)."""
    found = np.empty(len(candidates_s))
    for i in range(len(candidates_s)):
        found[i] = cost(layout, streams, work, candidates_s[i], objective, cycle_max_s)
    return found
