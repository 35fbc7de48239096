"""Gap-out, max-out and the next called stage of an actuated controller, NEMA TS 2 style."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit, jit_inner

GREEN = 2
STANDING_S = 6.0
"""A loop that a vehicle has not left for so long in green no longer extends: it can't go on."""


@jit_inner
def step_phases(
    extensions: NDArray[np.int64],
    passage_s: NDArray[np.float64],
    limits_s: NDArray[np.float64],
    held: NDArray[np.bool_],
    gap_s: NDArray[np.float64],
    counts_veh: NDArray[np.int32],
    health: NDArray[np.int8],
    calls: NDArray[np.bool_],
    colour: NDArray[np.int8],
    colour_s: NDArray[np.float64],
    elapsed_s: float,
    opposed_s: NDArray[np.float64],
    standing_s: NDArray[np.float64],
    done: NDArray[np.bool_],
) -> None:
    """Which phases may end: past their minimum, and gapped out or maxed out.

    Rows of `extensions` are (detector, phase), each with the gap in `passage_s` that it bridges;
    `limits_s` is (n_phases, 2), minimum and maximum green. `held` phases never gap out (maximum
    recall). The maximum runs from the first call on a phase that is not green, in `opposed_s`;
    `standing_s` is how long each sound loop has been covered by the same vehicle in green; an
    unhealthy one extends to the maximum.
    """
    opposed = False
    for p in range(calls.size):
        opposed = opposed or (calls[p] and colour[p] != GREEN)
        done[p] = not held[p]
    for k in range(extensions.shape[0]):
        d, p = extensions[k]
        if gap_s[d] > 0.0 or counts_veh[d] > 0 or health[d] != 0 or colour[p] != GREEN:
            standing_s[k] = 0.0
        else:
            standing_s[k] += elapsed_s
        if gap_s[d] < passage_s[k] and standing_s[k] < STANDING_S:
            done[p] = False
    for p in range(calls.size):
        if colour[p] != GREEN:
            opposed_s[p] = 0.0
            done[p] = True
            continue
        if opposed:
            opposed_s[p] += elapsed_s
        maxed = opposed_s[p] >= limits_s[p, 1]
        done[p] = colour_s[p] >= limits_s[p, 0] and (done[p] or maxed)


@jit_inner
def next_called_stage(
    present: int,
    stage_phases: NDArray[np.bool_],
    calls: NDArray[np.bool_],
    colour: NDArray[np.int8],
    done: NDArray[np.bool_],
    extensions: NDArray[np.int64],
    standing_s: NDArray[np.float64],
) -> int:
    """The next stage in order that serves a call which the present one does not.

    The present stage stays as long as a phase that would end still extends, all at once
    (simultaneous gap-out), and rests in green where nobody else calls. A vehicle that stands on
    its loop in green calls for what is left of the stage without the phases that it gives way to.
    """
    n_stages, n_phases = stage_phases.shape
    for k in range(1, n_stages + 1):
        stage = (present + k) % n_stages
        called, ready, within = False, True, stage != present
        for p in range(n_phases):
            if stage_phases[stage, p]:
                called = called or (calls[p] and colour[p] != GREEN)
                within = within and colour[p] == GREEN
            elif colour[p] == GREEN and not done[p]:
                ready = False
        if within and not called:
            called = stands(extensions, standing_s, stage_phases[stage])
        if called:
            return stage if ready else present
    return present


@jit
def stands(
    extensions: NDArray[np.int64], standing_s: NDArray[np.float64], phases: NDArray[np.bool_]
) -> bool:
    """True where a vehicle has not left a loop of one of these phases in green."""
    for k in range(extensions.shape[0]):
        if phases[extensions[k, 1]] and standing_s[k] >= STANDING_S:
            return True
    return False


@jit
def step_sites(
    sites: NDArray[np.int64],
    stage_phases: NDArray[np.bool_],
    extensions: NDArray[np.int64],
    passage_s: NDArray[np.float64],
    limits_s: NDArray[np.float64],
    held: NDArray[np.bool_],
    gap_s: NDArray[np.float64],
    counts_veh: NDArray[np.int32],
    health: NDArray[np.int8],
    calls: NDArray[np.bool_],
    colour: NDArray[np.int8],
    colour_s: NDArray[np.float64],
    elapsed_s: float,
    opposed_s: NDArray[np.float64],
    standing_s: NDArray[np.float64],
    done: NDArray[np.bool_],
    stage: NDArray[np.int64],
    changing: NDArray[np.bool_],
) -> None:
    """One second of all sites: their timers, and into `stage` which follows the present one.

    Arrays hold one site after the other, rows of `extensions` with positions within the site;
    `sites` (n_sites + 1, 4) has where the phases, detectors, extensions and cells of the flat
    `stage_phases` of each begin. While a site is changing its timers stand still.
    """
    for i in range(stage.size):
        if changing[i]:
            continue
        p, p_end = sites[i, 0], sites[i + 1, 0]
        d, d_end = sites[i, 1], sites[i + 1, 1]
        e, e_end = sites[i, 2], sites[i + 1, 2]
        step_phases(
            extensions[e:e_end],
            passage_s[e:e_end],
            limits_s[p:p_end],
            held[p:p_end],
            gap_s[d:d_end],
            counts_veh[d:d_end],
            health[d:d_end],
            calls[p:p_end],
            colour[p:p_end],
            colour_s[p:p_end],
            elapsed_s,
            opposed_s[p:p_end],
            standing_s[e:e_end],
            done[p:p_end],
        )
        table = stage_phases[sites[i, 3] : sites[i + 1, 3]].reshape((-1, p_end - p))
        stage[i] = next_called_stage(
            stage[i],
            table,
            calls[p:p_end],
            colour[p:p_end],
            done[p:p_end],
            extensions[e:e_end],
            standing_s[e:e_end],
        )
