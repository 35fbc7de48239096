"""Which lanes each stage serves and where their vehicles go to, as weights."""

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


def lane_movements(site: Site) -> NDArray[np.bool_]:
    """(n_lanes, n_movements): which movements each lane allows."""
    allowed = np.zeros((len(site.lanes), len(site.movements)), np.bool_)
    for k, lane in enumerate(site.lanes):
        for movement in lane.movements:
            allowed[k, site.movement_index[movement]] = True
    return allowed


def entering_weights(site: Site) -> NDArray[np.float64]:
    """(n_stages, n_lanes): the share of a lane's movements that may go in a stage.

    Of a lane shared by a through that is served and a left that is not, half counts.
    """
    lanes = lane_movements(site).astype(np.float64)
    shares = lanes / lanes.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(served_movements(site).astype(np.float64) @ shares.T)


def leaving_weights(site: Site) -> NDArray[np.float64]:
    """(n_stages, n_movements): how much each receiving link weighs in a stage.

    A link that several movements of a stage lead to counts once: each of them has its part.
    """
    served = served_movements(site)
    weights = np.zeros(served.shape)
    exits = [m.exit or f"exit of {m.id}" for m in site.movements]
    for s, row in enumerate(served):
        for m in np.flatnonzero(row):
            weights[s, m] = 1.0 / sum(exits[k] == exits[m] for k in np.flatnonzero(row))
    return weights
