"""Gap-out, max-out and the next called stage of an actuated controller, NEMA TS 2 style."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

GREEN = 2
STANDING_S = 6.0
"""A loop that a vehicle has not left for so long in green no longer extends: it can't go on."""


@jit
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


@jit
def next_called_stage(
    present: int,
    stage_phases: NDArray[np.bool_],
    calls: NDArray[np.bool_],
    colour: NDArray[np.int8],
    done: NDArray[np.bool_],
) -> int:
    """The next stage in order that serves a call which the present one does not.

    The present stage stays as long as a phase that would end still extends, all at once
    (simultaneous gap-out), and rests in green where nobody else calls.
    """
    n_stages, n_phases = stage_phases.shape
    for k in range(1, n_stages + 1):
        stage = (present + k) % n_stages
        called, ready = False, True
        for p in range(n_phases):
            if stage_phases[stage, p]:
                called = called or (calls[p] and colour[p] != GREEN)
            elif colour[p] == GREEN and not done[p]:
                ready = False
        if called:
            return stage if ready else present
    return present
