"""Gaps, calls and waiting times of a whole network, one second on.

Tables of pairs (k, columns) stand for relations, so that one loop serves all sites: rows of
`phase_lanes` are (phase, lane), of `detector_phases` (detector, phase, locks). Colours are those
of `frame.Colour` (0 red, 1 yellow, 2 green); health, and what the estimate finds of it, is 0 where
a loop is sound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

GREEN = 2
RED = 0
CALL_VEH = 0.85
"""A vehicle that is estimated on a lane for almost sure is a call; a presence of course too."""


@jit
def step_gaps(
    counts_veh: NDArray[np.int32],
    occupancy_ratio: NDArray[np.float64],
    presence: NDArray[np.bool_],
    health: NDArray[np.int8],
    gap_s: NDArray[np.float64],
) -> None:
    """Seconds since each loop was last covered; 0 for a loop that can't be believed."""
    for d in range(gap_s.size):
        covered = presence[d] or counts_veh[d] > 0 or occupancy_ratio[d] > 0.0
        gap_s[d] = 0.0 if covered or health[d] != 0 else gap_s[d] + 1.0


@jit
def step_calls(
    phase_lanes: NDArray[np.int64],
    detector_phases: NDArray[np.int64],
    recall: NDArray[np.int8],
    counts_veh: NDArray[np.int32],
    presence: NDArray[np.bool_],
    finding: NDArray[np.int8],
    colour: NDArray[np.int8],
    pressed: NDArray[np.bool_],
    queue_veh: NDArray[np.float64],
    moving_veh: NDArray[np.float64],
    locked: NDArray[np.bool_],
    calls: NDArray[np.bool_],
    ped_calls: NDArray[np.bool_],
    waiting_s: NDArray[np.float64],
) -> None:
    """Calls of each phase, and how long the first one has waited.

    `recall` is a sum of 1 (vehicles: minimum or maximum) and 2 (pedestrians); `locked` is memory.
    A covered loop under red calls until the phase's green, one that is not believed always; what is
    only estimated calls as long as it is believed.
    """
    for p in range(calls.size):
        if colour[p] == GREEN:
            locked[p] = False
            ped_calls[p] = pressed[p]  # the vehicles' green may outlast the walk beside it
        else:
            ped_calls[p] = ped_calls[p] or pressed[p] or recall[p] >= 2
        calls[p] = recall[p] % 2 == 1 or ped_calls[p]
    for k in range(detector_phases.shape[0]):
        d, p, locks = detector_phases[k]
        if finding[d] != 0:
            calls[p] = True
        elif locks == 1 and (presence[d] or counts_veh[d] > 0):
            calls[p] = True
            locked[p] = locked[p] or (presence[d] and colour[p] == RED)
    for k in range(phase_lanes.shape[0]):
        p, lane = phase_lanes[k]
        if queue_veh[lane] + moving_veh[lane] >= CALL_VEH:
            calls[p] = True
    for p in range(calls.size):
        calls[p] = calls[p] or locked[p]
        waiting_s[p] = waiting_s[p] + 1.0 if calls[p] and colour[p] != GREEN else 0.0
