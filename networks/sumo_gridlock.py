"""Gridlock: some lane with vehicles on it discharged nothing for 300 s with 60 s of green.

Looked at each ten seconds: a lane discharged nothing while the same vehicle stays its first.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from greenband.engine.frame import Colour
from greenband.engine.packing import Packing

from .sumo_api import Simulator
from .sumo_site import SumoSite

EVERY_S = 10
STUCK_S = 300
GREEN_S = 60.0
LOOKS = STUCK_S // EVERY_S
GREEN = int(Colour.GREEN)


class GridlockWatch:
    """Call `second` once a second; `lanes` names the lanes that were ever gridlocked."""

    def __init__(
        self,
        simulator: Simulator,
        sites: tuple[SumoSite, ...],
        packing: Packing,
        colour: NDArray[np.int8],
    ) -> None:
        self._ids = simulator.getter("lane", "getLastStepVehicleIDs")
        self._phases = _phases_of_lanes(sites, packing)
        self._names = list(self._phases)
        self._colour = colour
        self._green_s = np.zeros(colour.shape)
        self._is_green = np.zeros(colour.shape, np.bool_)
        self._before: deque[NDArray[np.float64]] = deque(maxlen=LOOKS)
        self._first = [""] * len(self._names)
        self._same = [0] * len(self._names)
        self._wait = EVERY_S
        self.lanes: list[str] = []

    def second(self) -> None:
        """Add to the greens; every ten seconds look at the first vehicle of each lane."""
        np.equal(self._colour, GREEN, out=self._is_green)
        np.add(self._green_s, self._is_green, out=self._green_s)
        self._wait -= 1
        if self._wait == 0:
            self._wait = EVERY_S
            self._look()

    def _look(self) -> None:
        """`_same` counts the looks at which a lane's first vehicle has been the one before."""
        first, same = self._first, self._same
        for i, on_lane in enumerate(map(self._ids, self._names)):
            ahead = on_lane[-1] if on_lane else ""
            if not ahead or ahead != first[i]:
                first[i], same[i] = ahead, 0
                continue
            same[i] += 1
            if same[i] >= LOOKS:
                self._judge(self._names[i])
        self._before.append(self._green_s.copy())

    def _judge(self, lane: str) -> None:
        shown_s = self._green_s - self._before[0]  # the look 300 s ago
        if lane not in self.lanes and max(shown_s[p] for p in self._phases[lane]) >= GREEN_S:
            self.lanes.append(lane)


def _phases_of_lanes(sites: tuple[SumoSite, ...], packing: Packing) -> dict[str, set[int]]:
    """The phases that serve each controlled lane, by their place in the network."""
    found: dict[str, set[int]] = {}
    for i, site in enumerate(sites):
        for link in site.links:
            if link.phase and link.movement:
                phase = int(packing.phases[i]) + site.site.phase_index[link.phase]
                found.setdefault(link.from_lane, set()).add(phase)
    return found
