"""The last seconds of a plan by the full HCM analysis, from splits that the fluid model found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hcm.intersection import evaluate, mean_delay_s
from .hcm.layout import Layout as Analysed
from .kernels.intersection import CAPACITY, VOLUME
from .kernels.junction import WINDOW
from .kernels.splits import DELAY, greens_s, slot_starts_s
from .kernels.streams import left_over_delay_veh_h
from .splits import Found, Problem, candidates_of, cycle_s

Ints = NDArray[np.int64]
STEPS_S = (2, 1)
MAX_ROUNDS = 30
WORTH_S = 1e-6


def polished(
    problem: Problem, analysed: Analysed, split_s: tuple[int, ...], *, free_cycle: bool
) -> Found:
    """Climb by the HCM's mean control delay (s) over the moves that keep all limits."""
    best_split = np.array(split_s, np.int64)
    best = hcm_delay_s(problem, analysed, best_split)
    for step_s in STEPS_S:
        for _ in range(MAX_ROUNDS):
            candidates = _allowed(problem, best_split, step_s, free_cycle)
            delays = [hcm_delay_s(problem, analysed, c) for c in candidates]
            if not delays or min(delays) >= best - WORTH_S:
                break
            at = int(np.argmin(delays))
            best, best_split = delays[at], candidates[at]
    return Found(tuple(int(s) for s in best_split), best)


def hcm_delay_s(problem: Problem, analysed: Analysed, split_s: Ints) -> float:
    """Mean control delay of the intersection under these splits, with those left over."""
    layout = problem.layout
    cycle = cycle_s(layout, split_s)
    green = np.empty(len(layout.window_phase))
    greens_s(layout, split_s, cycle, green)
    starts = np.zeros(len(split_s))
    slot_starts_s(layout, split_s, starts)
    windows = np.zeros(len(green), dtype=WINDOW)
    windows["phase"] = layout.window_phase
    windows["start"] = starts[layout.window_first]
    windows["green"] = green
    windows["change"] = layout.window_change_s
    table = evaluate(analysed, windows, float(cycle))
    volume, capacity = table[:, VOLUME], table[:, CAPACITY]
    period_h = float(problem.streams.period_h)
    left_over = sum(
        left_over_delay_veh_h(v, c, period_h) for v, c in zip(volume, capacity, strict=True)
    )
    return mean_delay_s(table) + 3600.0 * left_over / max(float(volume.sum()), 1.0)


def _allowed(problem: Problem, split_s: Ints, step_s: int, free_cycle: bool) -> Ints:
    candidates = candidates_of(problem, split_s, step_s, free_cycle)
    values = problem.costs(candidates, DELAY, problem.longest_s)
    return candidates[np.isfinite(values)]
