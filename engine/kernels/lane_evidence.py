"""Which of the vehicles on their way is the one that a stop bar sees, or misses.

Vehicles between the loops are a list in the order in which they are due. Each has a share for
every lane at the stop line that it may be heading for: the probability that it is there and
heads for it; what the shares lack to 1 is the probability that it has left the street. A reading
of a stop bar speaks of the *first* vehicle of its lane. Who that is, is one of the hypotheses "v
is the first": v is in the lane and nobody before it is; with vehicles taken as independent it has
the prior share[v] * product over the earlier u of (1 - share[u]). Bayes' rule weighs them by how
likely each would have made the reading, and the new shares are the mixture of what each implies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit, jit_inner
from .vehicle_lists import Records

SURE = 1.0 - 1e-9


@jit
def weigh_firsts(
    share: NDArray[np.float64],
    vehicles: Records,
    first: int,
    last: int,
    in_lane: NDArray[np.bool_],
    nobody: float,
    least_nobody: float,
) -> float:
    """Posterior of "v is the first of the lane" for vehicles [first, last), into their "weight".

    `share` is (vehicles, lanes), `in_lane` marks the lanes that the reading is of; a vehicle's
    "likelihood" is that of the reading if it is the first, `nobody` if none of them is in the
    lane, which has at least the prior probability `least_nobody`. Returns the posterior that
    none is.
    """
    none, total = 1.0, 0.0
    for v in range(first, last):
        here = _inside(share, v, in_lane)
        weight = none * here * vehicles[v]["likelihood"]
        vehicles[v]["weight"] = weight
        total += weight
        none *= max(1.0 - here, 0.0)
    none = nobody * max(none, least_nobody)
    total += none
    for v in range(first, last):
        vehicles[v]["weight"] = vehicles[v]["weight"] / total if total > 0.0 else 0.0
    return none / total if total > 0.0 else 1.0


@jit
def apply_firsts(
    share: NDArray[np.float64],
    vehicles: Records,
    first: int,
    last: int,
    in_lane: NDArray[np.bool_],
    leaves: bool,
) -> None:
    """The shares once the first of the lane is known by "weight"; with `leaves` it is gone."""
    earlier = 0.0
    for v in range(first, last):
        here, weight = _inside(share, v, in_lane), vehicles[v]["weight"]
        later = max(1.0 - earlier - weight, 0.0)
        outside = earlier + (later / (1.0 - here) if here < SURE else 0.0)
        stays = weight / here if here > 0.0 and not leaves else 0.0
        for k in range(share.shape[1]):
            share[v, k] *= earlier + stays if in_lane[k] else outside
        earlier += weight


@jit_inner
def _inside(share: NDArray[np.float64], v: int, in_lane: NDArray[np.bool_]) -> float:
    total = 0.0
    for k in range(share.shape[1]):
        if in_lane[k]:
            total += share[v, k]
    return min(total, 1.0)
