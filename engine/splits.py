"""Whole-second splits of a sequence: equal degrees of saturation, then least delay.

Hill climbing over moves that keep the rings together at the barriers: seconds from one slot to
another of the same ring and group, from one group to another, and into or out of the cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from math import ceil

import numpy as np
from numpy.typing import NDArray

from .kernels.splits import DELAY, LOAD, Layout, costs
from .kernels.streams import Streams, Work, work_for

Ints = NDArray[np.int64]
STEPS_S = (8, 3, 1)
ROUGH_STEPS_S = (8, 3)
FINISHED = 2
"""Cycles that are finished to the second, of all that were tried."""
MAX_ROUNDS = 200
MAX_WAYS = 64
"""Ways to spread one change over the rings; a junction with more is changed in the first ones."""
GAIN = 1e-9


@dataclass(frozen=True)
class Problem:
    """What splits are sought for: a layout, its demand, the room to evaluate it in."""

    layout: Layout
    streams: Streams
    work: Work
    longest_s: int
    shortest_s: int
    exchanges: Ints
    """(moves, slots): the cycle stays."""
    growths: Ints
    """(moves, slots): the cycle gains a second."""

    def costs(self, candidates_s: Ints, objective: int, cycle_max_s: int) -> NDArray[np.float64]:
        """The objective of each row; infinite where a limit is broken."""
        return costs(self.layout, self.streams, self.work, candidates_s, objective, cycle_max_s)


@dataclass(frozen=True)
class Found:
    """Splits in seconds and their objective (vehicle-hours an hour, or the load norm)."""

    split_s: tuple[int, ...]
    objective: float

    @property
    def possible(self) -> bool:
        """False where no splits keep all the limits."""
        return bool(np.isfinite(self.objective))


def problem_of(layout: Layout, streams: Streams, longest_s: int, shortest_s: int = 0) -> Problem:
    """Prepare a search for cycles from ``shortest_s`` up to ``longest_s``."""
    growths = [_lengthen(layout, group) for group in range(layout.cell.shape[1])]
    shifts = [
        more - less
        for a, b in permutations(range(len(growths)), 2)
        for less in growths[a]
        for more in growths[b]
    ]
    n = int(layout.first_slot[-1])
    return Problem(
        layout=layout,
        streams=streams,
        work=work_for(streams, longest_s),
        longest_s=longest_s,
        shortest_s=shortest_s,
        exchanges=np.array([*_swaps(layout), *shifts], np.int64).reshape(-1, n),
        growths=np.array([move for group in growths for move in group], np.int64).reshape(-1, n),
    )


def least_splits(layout: Layout) -> Ints:
    """The shortest splits that keep all minimums, rings together at the barriers."""
    split_s = layout.slot_min_s.copy()
    for w in range(len(layout.window_phase)):
        slots = window_slots(layout, w)
        if len(slots) == 0:
            continue
        needed = layout.window_min_s[w] + layout.window_change_s[w] - split_s[slots].sum()
        split_s[slots[0]] += max(ceil(needed - 1e-9), 0)
    for group in range(layout.cell.shape[1]):
        cells = [slice(*layout.cell[ring, group]) for ring in range(layout.cell.shape[0])]
        longest = max(int(split_s[cell].sum()) for cell in cells)
        for cell in cells:
            if cell.start < cell.stop:
                split_s[cell.stop - 1] += longest - split_s[cell].sum()
    return split_s


def least_cycle_s(layout: Layout) -> int:
    """The cycle of `least_splits`."""
    return cycle_s(layout, least_splits(layout))


def cycle_s(layout: Layout, split_s: Ints) -> int:
    """Sum over the groups of the longest ring."""
    rings, groups, _ = layout.cell.shape
    return sum(
        max(int(split_s[slice(*layout.cell[r, g])].sum()) for r in range(rings))
        for g in range(groups)
    )


def window_slots(layout: Layout, window: int) -> Ints:
    """The slots that a green runs over; none for one that never ends."""
    ring = layout.window_ring[window]
    first, end = layout.first_slot[ring], layout.first_slot[ring + 1]
    if layout.window_change_s[window] <= 0 and layout.window_slots[window] >= end - first:
        return np.zeros(0, np.int64)
    steps = np.arange(layout.window_slots[window])
    return np.asarray(first + (layout.window_first[window] - first + steps) % (end - first))


def equal_load(problem: Problem, cycle_s_: int) -> Found:
    """Splits of a given cycle that make the highest degree of saturation as low as it gets."""
    return improved(problem, grown(problem, cycle_s_), LOAD, cycle_s_)


def grown(problem: Problem, cycle_s_: int) -> Ints:
    """The least splits lengthened to a cycle, each step where it lowers the loads most."""
    split_s = least_splits(problem.layout)
    while (missing := cycle_s_ - cycle_s(problem.layout, split_s)) > 0:
        step_s = max(1, missing // 4)
        candidates = split_s + step_s * problem.growths
        values = problem.costs(candidates, LOAD, cycle_s_)
        if not np.isfinite(values).any():
            # too short yet for the longest red: any growth will do
            values = np.arange(len(candidates), dtype=np.float64)
        split_s = candidates[int(np.argmin(values))]
    return np.asarray(split_s)


def improved(
    problem: Problem, split_s: Ints, objective: int = DELAY, cycle_max_s: int | None = None,
    *, free_cycle: bool = False, steps_s: tuple[int, ...] = STEPS_S,
) -> Found:  # fmt: skip
    """Climb from these splits, large steps first; ``free_cycle`` may change the cycle too."""
    limit_s = problem.longest_s if cycle_max_s is None else cycle_max_s
    best = float(problem.costs(split_s[None, :], objective, limit_s)[0])
    for step_s in steps_s:
        for _ in range(MAX_ROUNDS):
            candidates = candidates_of(problem, split_s, step_s, free_cycle)
            values = problem.costs(candidates, objective, limit_s)
            at = int(np.argmin(values)) if len(values) else -1
            if at < 0 or not values[at] < best - GAIN:
                break
            best, split_s = float(values[at]), candidates[at]
    return Found(tuple(int(s) for s in split_s), best)


def candidates_of(problem: Problem, split_s: Ints, step_s: int, free_cycle: bool) -> Ints:
    """What one move of ``step_s`` makes of these splits; no cycle below the shortest."""
    moves = [problem.exchanges]
    if free_cycle:
        moves.append(problem.growths)
        if cycle_s(problem.layout, split_s) - step_s >= problem.shortest_s:
            moves.append(-problem.growths)
    return np.asarray(split_s + step_s * np.concatenate(moves))


def least_delay(problem: Problem, cycles_s: list[int], *, rough: bool = False) -> Found:
    """The best splits over these cycles, each started from equal loads, then a free cycle.

    ``rough``: large steps only, to compare one order with another.
    """
    found = [
        improved(problem, grown(problem, cycle), DELAY, cycle, steps_s=ROUGH_STEPS_S)
        for cycle in cycles_s
    ]
    found = sorted((f for f in found if f.possible), key=lambda f: f.objective)
    if not found or rough:
        return found[0] if found else Found((), float("inf"))
    free = len(cycles_s) > 1
    return min(
        (
            improved(problem, np.array(f.split_s), DELAY, max(cycles_s), free_cycle=free)
            for f in found[:FINISHED]
        ),
        key=lambda f: f.objective,
    )


def _swaps(layout: Layout) -> list[Ints]:
    """A second from one slot to another of the same ring and group."""
    moves = []
    rings, groups, _ = layout.cell.shape
    for r, g in product(range(rings), range(groups)):
        for giver, taker in permutations(range(*layout.cell[r, g]), 2):
            move = np.zeros(int(layout.first_slot[-1]), np.int64)
            move[giver], move[taker] = -1, 1
            moves.append(move)
    return moves


def _lengthen(layout: Layout, group: int) -> list[Ints]:
    """A second more for a group: each way to give it to one slot a ring."""
    choices = [
        range(*layout.cell[ring, group])
        for ring in range(layout.cell.shape[0])
        if layout.cell[ring, group, 0] < layout.cell[ring, group, 1]
    ]
    moves = []
    for slots in list(product(*choices))[:MAX_WAYS] if choices else []:
        move = np.zeros(int(layout.first_slot[-1]), np.int64)
        move[list(slots)] = 1
        moves.append(move)
    return moves
