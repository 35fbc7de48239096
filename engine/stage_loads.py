"""Which movements each stage serves and which links receive them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .site import Site
from .stages import stage_matrix, stages_of
from .yielding import yields_to

REACH_M = 200.0
"""How far in front of a stop line vehicles count: an approach that ends before, at the signal
upstream, hides who waits behind that."""


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


def giving_way(site: Site) -> NDArray[np.bool_]:
    """(n_movements, n_movements): whom each movement gives way to where both may go."""
    table = np.zeros((len(site.movements), len(site.movements)), np.bool_)
    for m, movement in enumerate(site.movements):
        for other in yields_to(site, movement):
            table[m, site.movement_index[other]] = True
    return table


def lane_weight(site: Site) -> NDArray[np.float64]:
    """(n_lanes,): how many vehicles within `REACH_M` one on the lane stands for.

    More than one where the signal upstream is nearer: a link of 25 m that is full has two
    vehicles on it, however many wait to enter it. So queues are compared as densities, as in
    Gregoire et al. (2015), with links that are cut at `REACH_M`. What counts is the approach's
    longest lane: who has no room in a bay stands beside it.
    """
    lengths = [(max(x.length_m for x in a.lanes), len(a.lanes)) for a in site.approaches]
    return np.concatenate([np.full(n, max(1.0, REACH_M / length_m)) for length_m, n in lengths])


def equal_turning_ratio(site: Site) -> NDArray[np.float64]:
    """(n_lanes, n_movements): equal shares of the movements that a lane allows."""
    shares = np.zeros((len(site.lanes), len(site.movements)))
    for k, lane in enumerate(site.lanes):
        for movement in lane.movements:
            shares[k, site.movement_index[movement]] = 1.0 / len(lane.movements)
    return shares
