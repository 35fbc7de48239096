"""Which stage to ask for now: every first step is rolled out, the cheapest is taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .rollout import Layout, Model, Present, Traffic, rollout


@jit
def cheapest(
    layout: Layout,
    traffic: Traffic,
    model: Model,
    present: Present,
    allowed: NDArray[np.bool_],
    holds_s: NDArray[np.int64],
    costs: NDArray[np.float64],
    slack: float = 0.0,
) -> int:
    """The stage to hold or to go to now; the present one in a tie.

    `costs` gets what each choice costs: holding the present stage for each of `holds_s`, and at the
    end (n_stages,) going to each stage now; infinite where that isn't `allowed`, or costs more than
    the best so far by more than `slack`. Without `holds_s` the present stage may not be held.
    """
    nothing = np.zeros((0, 0))
    costs[:] = np.inf
    n_stages = layout.serves.shape[0]
    first = costs.size - n_stages
    best, best_cost, left_s = present.stage, np.inf, -1
    for i in range(holds_s.size):
        if holds_s[i] <= left_s:  # the rule held it for longer by itself
            costs[i] = costs[i - 1]
            continue
        costs[i], left_s = rollout(
            layout, traffic, model, present, holds_s[i], -1, best_cost + slack, nothing
        )
        best_cost = min(best_cost, costs[i])
    for s in range(n_stages):
        if s != present.stage and allowed[s]:
            costs[first + s], _ = rollout(
                layout, traffic, model, present, 0, s, best_cost + slack, nothing
            )
            if costs[first + s] < best_cost:
                best, best_cost = s, costs[first + s]
    return best


@jit
def foretell(
    layout: Layout,
    traffic: Traffic,
    model: Model,
    present: Present,
    holds_s: NDArray[np.int64],
    costs: NDArray[np.float64],
    chosen: int,
    outflow_veh: NDArray[np.float64],
) -> None:
    """Who crosses when (n_movements, seconds), if the chosen stage is gone to or held."""
    outflow_veh[:] = 0.0
    if chosen != present.stage:
        rollout(layout, traffic, model, present, 0, chosen, np.inf, outflow_veh)
        return
    hold_s = holds_s[np.argmin(costs[: holds_s.size])]
    rollout(layout, traffic, model, present, hold_s, -1, np.inf, outflow_veh)
