"""Gridlock: some lane with vehicles on it discharged nothing for 300 s with 60 s of green.

Looked at each ten seconds: a lane discharged nothing while the same vehicle stays its first. A lane
that an incident closes on purpose is not gridlocked by the vehicle that broke down.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from greenband.engine.frame import Colour

from .incident import INCIDENT_ID
from .sumo_api import Simulator
from .sumo_site import SumoSite

EVERY_S = 10
STUCK_S = 300.0
GREEN_S = 60.0
LOOKS = int(STUCK_S) // EVERY_S
GREEN = int(Colour.GREEN)

Shown = Sequence[tuple[float, tuple[int, ...], tuple[int, ...]]]


class GridlockWatch:
    """Looks at the first vehicle of each controlled lane; `lanes` judges by the greens later."""

    def __init__(self, simulator: Simulator, sites: tuple[SumoSite, ...]) -> None:
        self._ids = simulator.getter("lane", "getLastStepVehicleIDs")
        self._phases = _phases_of_lanes(sites)
        self._names = list(self._phases)
        self._first = [""] * len(self._names)
        self._same = [0] * len(self._names)
        self._stuck: list[tuple[str, float]] = []

    def look(self, time_s: float) -> None:
        """Call each EVERY_S; counts the looks at which a first vehicle has been the one before."""
        first, same = self._first, self._same
        for i, on_lane in enumerate(map(self._ids, self._names)):
            ahead = on_lane[-1] if on_lane else ""
            if not ahead or ahead != first[i] or ahead == INCIDENT_ID:
                first[i], same[i] = ahead, 0
                continue
            same[i] += 1
            if same[i] >= LOOKS:
                self._stuck.append((self._names[i], time_s))

    def lanes(self, history: Mapping[str, Shown]) -> tuple[str, ...]:
        """The lanes that were gridlocked at some time, given what the signals showed."""
        found: dict[str, None] = {}
        for lane, until_s in self._stuck:
            if lane not in found and self._green_s(history, lane, until_s) >= GREEN_S:
                found[lane] = None
        return tuple(found)

    def _green_s(self, history: Mapping[str, Shown], lane: str, until_s: float) -> float:
        """Green of a lane in the 300 s before; the most of its phases."""
        return max(
            green_s(history[site], phase, until_s - STUCK_S, until_s)
            for site, phase in self._phases[lane]
        )


def green_s(shown: Shown, phase: int, from_s: float, until_s: float) -> float:
    """Seconds of green of a phase within a stretch of time."""
    total_s = 0.0
    begin = max(bisect_right(shown, from_s, key=lambda change: change[0]) - 1, 0)
    for k in range(begin, len(shown)):
        start_s = shown[k][0]
        if start_s >= until_s:
            break
        end_s = shown[k + 1][0] if k + 1 < len(shown) else until_s
        if shown[k][1][phase] == GREEN:
            total_s += max(min(end_s, until_s) - max(start_s, from_s), 0.0)
    return total_s


def _phases_of_lanes(sites: tuple[SumoSite, ...]) -> dict[str, set[tuple[str, int]]]:
    """Site and phase of all that serve each controlled lane."""
    found: dict[str, set[tuple[str, int]]] = {}
    for site in sites:
        for link in site.links:
            if link.movement:
                for phase in filter(None, (link.phase, link.also)):
                    position = site.site.phase_index[phase]
                    found.setdefault(link.from_lane, set()).add((site.signal_id, position))
    return found
