"""A single loop in the hands of an attacker: what it reports in place of the truth."""

from __future__ import annotations

import numpy as np

from greenband.engine.errors import InputError
from greenband.engine.estimate_tables import phases_of_detectors
from greenband.engine.frame import Colour
from greenband.engine.packing import FrameArrays, Packing

from .disturbance import Lie

CROSSING_RATIO = 0.4
"""Share of a second for which a vehicle at speed covers a loop."""
WAITS_INTO_GREEN_S = 2
GREEN = int(Colour.GREEN)


class LyingLoop:
    """Overwrites one loop's readings each second. Raises InputError where there is no such loop."""

    def __init__(self, packing: Packing, lie: Lie) -> None:
        self._lie = lie
        self._at, self._phases = _place(packing, lie.detector)
        self._begin_s: float | None = None
        self._due_veh, self._stands, self._green_s = 0.0, False, 0

    def lie(self, arrays: FrameArrays, time_s: float) -> None:
        """Change what `arrays` say of the loop in the second that ends now."""
        if self._begin_s is None:
            self._begin_s = time_s - 1.0
        since_s = time_s - self._begin_s - self._lie.from_s
        if not 0.0 < since_s <= self._lie.for_s:
            return
        if self._lie.kind == "ghosts":
            self._ghosts(arrays)
        elif self._lie.kind == "waits":
            self._waits(arrays)
        else:
            covered = self._lie.kind == "covered" or (
                self._lie.kind == "flickers" and int(since_s) % 2 == 0
            )
            self._say(arrays, 0, float(covered), covered)

    def _ghosts(self, arrays: FrameArrays) -> None:
        """Evenly: a rhythm that no test of randomness is needed to believe."""
        self._due_veh += self._lie.rate_veh_h / 3600.0
        if self._due_veh >= 1.0:
            self._due_veh -= 1.0
            arrays.counts_veh[self._at] += 1
            occupied = arrays.occupancy_ratio[self._at] + CROSSING_RATIO
            arrays.occupancy_ratio[self._at] = min(occupied, 1.0)

    def _waits(self, arrays: FrameArrays) -> None:
        """One comes in red, stands there, and leaves when it may; then the next comes."""
        green = bool((arrays.colour[self._phases] == GREEN).any())
        self._green_s = self._green_s + 1 if green else 0
        self._due_veh = min(self._due_veh + self._lie.rate_veh_h / 3600.0, 1.0)
        if self._stands and self._green_s > WAITS_INTO_GREEN_S:
            self._stands, self._due_veh = False, 0.0
            self._say(arrays, 0, CROSSING_RATIO, False)
        elif self._stands:
            self._say(arrays, 0, 1.0, True)
        elif self._due_veh >= 1.0 and not green:
            self._stands = True
            self._say(arrays, 1, CROSSING_RATIO, True)
        else:
            self._say(arrays, 0, 0.0, False)

    def _say(self, arrays: FrameArrays, count: int, occupied_ratio: float, covered: bool) -> None:
        arrays.counts_veh[self._at] = count
        arrays.occupancy_ratio[self._at] = occupied_ratio
        arrays.presence[self._at] = covered


def _place(packing: Packing, name: str) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Where a loop and the phases of its lanes lie in the network's arrays."""
    for i, site in enumerate(packing.sites):
        for d, detector in enumerate(site.detectors):
            if detector.id == name:
                phases = {p for at, p, _ in phases_of_detectors(site) if at == d}
                own = np.array(sorted(phases), np.int64) + packing.phases[i]
                return int(packing.detectors[i]) + d, own
    raise InputError(
        f"lie of detector {name}",
        "no site has it",
        "the id of a loop of the scenario",
        "See the sites' detectors with `greenband scenarios`, or a row's own.",
    )
