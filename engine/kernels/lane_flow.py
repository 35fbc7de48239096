"""Drivers spread over the lanes that serve them until the flow ratios are equal.

HCM 7th ed. ch. 31, section 2, steps A to I (eq. 31-46 to 31-66), for any set of lanes and turns:
the HCM's own equations are the cases of one shared lane a side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

Floats = NDArray[np.float64]

LANE_CHANGE_HEADWAY_S = 3.7
SWEEPS = 200
SETTLED = 1e-7


@jit
def lane_change_probability(lane_flow_veh_h: float) -> float:
    """P_lc, chance that a driver behind a turning one changes lane (eq. 31-50).

    ``lane_flow_veh_h`` is the mean flow of the through lanes (eq. 31-51).
    """
    most = 3600.0 / LANE_CHANGE_HEADWAY_S
    bend = 2.0 * lane_flow_veh_h / most - 1.0
    return min(max(1.0 - bend * bend, 0.0), 1.0)


@jit
def fill(volume: float, held: Floats, cost: Floats, flows: Floats) -> None:
    """Pour one movement over lane groups so that the fullest that it uses are equally full.

    ``held`` is how full each group is with the others' traffic, ``cost`` what one vehicle an hour
    adds (infinite where the group doesn't serve the movement). Writes ``flows``.
    """
    level = np.inf
    while True:  # groups that are fuller than the level drop out, which lowers the level
        inverse = 0.0
        weighted = 0.0
        for g in range(len(cost)):
            if cost[g] < np.inf and held[g] < level:
                inverse += 1.0 / cost[g]
                weighted += held[g] / cost[g]
        if inverse <= 0.0:
            break
        lower = (volume + weighted) / inverse
        if lower >= level:
            break
        level = lower
    for g in range(len(cost)):
        poured = cost[g] < np.inf and held[g] < level
        flows[g] = (level - held[g]) / cost[g] if poured else 0.0


@jit
def equalise(volumes: Floats, cost: Floats, flows: Floats) -> None:
    """Flows of each movement over the lane groups of one approach, in place.

    Shapes: volumes (m,), cost (m, g), flows (m, g). Movement by movement to the equilibrium, from
    the flows given: convex, so that it is reached from any start.
    """
    m, n = cost.shape
    full = np.zeros(n)
    before = np.zeros(n)
    for _ in range(SWEEPS):
        moved = 0.0
        for i in range(m):
            if np.min(cost[i]) == np.inf:  # another approach's movement
                continue
            for g in range(n):
                before[g] = flows[i, g]
                full[g] = 0.0
                for other in range(m):
                    if other != i and flows[other, g] > 0.0 and cost[other, g] < np.inf:
                        full[g] += flows[other, g] * cost[other, g]
            fill(volumes[i], full, cost[i], flows[i])
            for g in range(n):
                moved = max(moved, abs(flows[i, g] - before[g]))
        if moved <= SETTLED * (1.0 + np.max(volumes)):
            break
