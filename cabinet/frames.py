"""Readings of a controller as the Frame of a site: what one second shows.

A poll a second sees a loop covered or not, and misses vehicles that cross between two polls; the
controller counts them all, but says so only when its period is over. So what a poll sees is told
at once, and what the period adds to it in the seconds after.
"""

from __future__ import annotations

import numpy as np

from greenband.engine.frame import Colour, Flag, Frame, Health
from greenband.engine.packing import FrameArrays, Packing

from .driver import Reading
from .mapping import Mapping

UNSEEN_OCCUPANCY_RATIO = 0.4
"""Of the second in which a vehicle crossed unseen: 6 m of vehicle and loop at 15 m/s."""
MOST_OWED_VEH = 20
"""More than this a period can't owe: an overflow, or a clock that jumped."""


class Counter:
    """Vehicles of one loop: seen at once by its polls, put right by its periods."""

    def __init__(self) -> None:
        self._seen, self._owed, self._was = 0, 0, False

    def step(self, covered: bool, volume_veh: int | None) -> int:
        """Vehicles to tell of in this second; `volume_veh` of a period that has just ended."""
        count = int(covered and not self._was)
        self._was = covered
        self._seen += count
        if volume_veh is not None:
            owed = self._owed + volume_veh - self._seen
            self._owed = max(-MOST_OWED_VEH, min(owed, MOST_OWED_VEH))
            self._seen = 0
        if self._owed < 0 and count:
            self._owed += 1
            return 0
        if self._owed > 0:
            self._owed -= 1
            return count + 1
        return count


class Filler:
    """Fills one site's part of the network's arrays from the readings of its controller."""

    def __init__(self, packing: Packing, site: int, arrays: FrameArrays, mapping: Mapping) -> None:
        own = packing.sites[site]
        d, p = packing.slice(packing.detectors, site), packing.slice(packing.phases, site)
        self._counts, self._occupancy = arrays.counts_veh[d], arrays.occupancy_ratio[d]
        self._presence, self._health = arrays.presence[d], arrays.health[d]
        self._colour, self._colour_s = arrays.colour[p], arrays.colour_s[p]
        self._ped_calls = arrays.ped_calls[p]
        self._mapping = mapping
        self._walks = [phase.kind == "pedestrian" for phase in own.phases]
        self._counters = [Counter() for _ in own.detectors]
        self._known = False

    def fill(self, frame: Frame, reading: Reading | None, time_s: float) -> None:
        """One second; without a reading nothing is believed, and the lamps are as they were."""
        frame.time_s = time_s
        if reading is None:
            self._counts[:] = 0
            self._occupancy[:] = 0.0
            self._presence[:] = False
            self._health[:] = Health.SILENT
            self._colour_s += 1.0
            frame.flags = Flag.FAULT
            return
        self._fill_phases(reading)
        for k, number in enumerate(self._mapping.detectors):
            self._fill_detector(k, number, reading)
        frame.flags = reading.flags

    def _fill_phases(self, reading: Reading) -> None:
        for k, number in enumerate(self._mapping.phases):
            walking = self._walks[k]
            green, yellow = (
                (reading.walks, reading.ped_clears)
                if walking
                else (reading.greens, reading.yellows)
            )
            lit = Colour.GREEN if number in green else Colour.RED
            colour = Colour.YELLOW if number in yellow else lit
            same = self._known and colour == self._colour[k]
            self._colour_s[k] = self._colour_s[k] + 1.0 if same else 1.0
            self._colour[k] = colour
            self._ped_calls[k] = number in reading.ped_calls
        self._known = True

    def _fill_detector(self, k: int, number: int, reading: Reading) -> None:
        if not number:
            self._health[k] = Health.MISSING
            return
        covered = number in reading.active
        count = self._counters[k].step(covered, reading.volumes_veh.get(number))
        self._counts[k] = count
        self._presence[k] = covered
        unseen = UNSEEN_OCCUPANCY_RATIO if count else 0.0
        self._occupancy[k] = 1.0 if covered else unseen
        self._health[k] = Health.SILENT if number in reading.failed else Health.OK


def share_believed(health: np.ndarray[tuple[int], np.dtype[np.int8]]) -> float:
    """The share of a site's detectors that are believed; 1 where it has none."""
    return float((health == Health.OK).mean()) if health.size else 1.0
