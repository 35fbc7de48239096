"""Which movements each stage serves and which links receive them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .site import Site
from .stages import stage_matrix, stages_of


def served_movements(site: Site) -> NDArray[np.bool_]:
    """(n_stages, n_movements): which movements may go in each stage, protected or permitted."""
    by_phase = np.zeros((len(site.phases), len(site.movements)), np.bool_)
    for p, phase in enumerate(site.phases):
        for movement in (*phase.protected, *phase.permitted):
            by_phase[p, site.movement_index[movement]] = True
    return stage_matrix(site, stages_of(site)) @ by_phase


def receiving_ratio(site: Site) -> NDArray[np.float64]:
    """(n_stages, n_movements): how much a movement's receiving link counts in a stage.

    A link that several movements of a stage lead to counts once: each of them has its part.
    """
    served = served_movements(site)
    ratio = np.zeros(served.shape)
    exits = [m.exit or f"exit of {m.id}" for m in site.movements]
    for s, row in enumerate(served):
        for m in np.flatnonzero(row):
            ratio[s, m] = 1.0 / sum(exits[k] == exits[m] for k in np.flatnonzero(row))
    return ratio


def equal_turning_ratio(site: Site) -> NDArray[np.float64]:
    """(n_lanes, n_movements): equal shares of the movements that a lane allows."""
    shares = np.zeros((len(site.lanes), len(site.movements)))
    for k, lane in enumerate(site.lanes):
        for movement in lane.movements:
            shares[k, site.movement_index[movement]] = 1.0 / len(lane.movements)
    return shares
