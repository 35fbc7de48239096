"""What a second was worth, by its terms: all of them from a State, whatever street it is of.

Rewards are the negative sum of the terms, each by its weight. What a State believes at ``loops``
is an estimate, and so is the reward; at ``full`` it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenband.engine.estimate_tables import VEHICLE_SPACING_M
from greenband.engine.frame import Colour, State
from greenband.engine.site import Site

FULL_RATIO = 0.9
"""A lane blocks back where so much of its room is taken."""
LONG_S = 120.0
"""The longest wait that a street promises."""


@dataclass(frozen=True)
class Weights:
    """What one of each term counts, in vehicle-seconds.

    Attributes
    ----------
    delay : a vehicle that waits for a second. stop : a vehicle that joins a queue. longest_wait :
        a second in which somebody has waited for longer than `LONG_S`, by how many times as long.
        spillback : a second of a lane that is full. fairness : how unevenly a second's waiting is
        shared out, as the standard deviation of the lanes' queues.
    """

    delay: float = 1.0
    stop: float = 4.0
    longest_wait: float = 1.0
    spillback: float = 2.0
    fairness: float = 0.0


@dataclass(slots=True)
class Terms:
    """Sums over seconds, as `Weights` says what each is."""

    delay: float = 0.0
    stop: float = 0.0
    longest_wait: float = 0.0
    spillback: float = 0.0
    fairness: float = 0.0

    def reward(self, weights: Weights) -> float:
        """The negative sum of the terms by their weights."""
        return -(
            weights.delay * self.delay
            + weights.stop * self.stop
            + weights.longest_wait * self.longest_wait
            + weights.spillback * self.spillback
            + weights.fairness * self.fairness
        )

    def as_dict(self) -> dict[str, float]:
        """By name, as they stand in an environment's ``info``."""
        return {name: float(getattr(self, name)) for name in Terms.__slots__}


class Meter:
    """Adds up the terms of one site, second by second."""

    def __init__(self, site: Site) -> None:
        self._room_veh = np.array([lane.room_m for lane in site.lanes]) / VEHICLE_SPACING_M
        self._before_veh: NDArray[np.float64] | None = None
        self.terms = Terms()

    def second(self, state: State) -> None:
        """Add the second that a state is of."""
        queue_veh, terms = state.queue_veh, self.terms
        if self._before_veh is None:
            self._before_veh = queue_veh.copy()
        terms.delay += float(queue_veh.sum())
        terms.stop += float(np.maximum(queue_veh - self._before_veh, 0.0).sum())
        waiting_s = np.where(state.colour == Colour.GREEN, 0.0, state.waiting_s)
        terms.longest_wait += max(float(waiting_s.max()) / LONG_S - 1.0, 0.0)
        terms.spillback += float((queue_veh > FULL_RATIO * self._room_veh).sum())
        terms.fairness += float(queue_veh.std())
        self._before_veh[:] = queue_veh

    def taken(self) -> Terms:
        """The sums since the last call, and begin anew."""
        terms, self.terms = self.terms, Terms()
        return terms
