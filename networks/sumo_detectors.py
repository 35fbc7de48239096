"""Loops of a running SUMO: which vehicles' fronts crossed in this second, exactly.

Summing `getLastStepVehicleNumber` counts a vehicle in each second that it stands on the loop.
That number is right once the vehicles that were on the loop when the second began are taken
off: each of them is either still there or left within the second, so it is among those counted.
Only loops with a detection within the second are asked, after one cheap reading of all.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from .sumo_api import Simulator, floats
from .sumo_site import Placement, SumoSite

LOOP_PREFIX = "greenband:"
"""In front of our loops' names, so that they never meet a loop of the scenario's own."""
INTERVAL_S = 10
"""SUMO forgets passed vehicles at the end of an interval; short, so that lists stay short."""
NOW_S = 1e-6


def named_placements(sites: tuple[SumoSite, ...]) -> list[tuple[str, Placement]]:
    """All loops in the order of the packing, with their names in SUMO.

    A name has the site's in it: two sites may use the same detector ids.
    """
    return [
        (f"{LOOP_PREFIX}{s.signal_id}:{d.id}", s.placements[d.id])
        for s in sites
        for d in s.site.detectors
    ]


def loops_xml(placements: list[tuple[str, Placement]]) -> str:
    """Rows for SUMO's additional file: loops (E1). SUMO wants the upstream edge's position."""
    return "".join(
        f"    <inductionLoop id={quoteattr(name)} lane={quoteattr(p.lane)}"
        f' pos="{p.position_m - p.length_m:.2f}" length="{p.length_m:.2f}"'
        f' period="{INTERVAL_S}" file="NUL"/>\n'
        for name, p in placements
    )


class Loops:
    """Reads all loops once a step, into the network's arrays of counts, presence, occupancy."""

    def __init__(
        self,
        simulator: Simulator,
        names: list[str],
        step_s: float,
        counts_veh: NDArray[np.int32],
        presence: NDArray[np.bool_],
        occupancy_ratio: NDArray[np.float64] | None,
    ) -> None:
        self._since = simulator.getter("inductionloop", "getTimeSinceDetection")
        self._number = simulator.getter("inductionloop", "getLastStepVehicleNumber")
        self._occupancy = simulator.getter("inductionloop", "getLastStepOccupancy")
        self._data = simulator.getter("inductionloop", "getVehicleData")
        self._time = simulator.getter("simulation", "getTime")
        self._names = names
        self._step_s = step_s + NOW_S
        self._steps_ratio = step_s / 100.0
        self._counts_veh, self._presence = counts_veh, presence
        self._occupancy_ratio = occupancy_ratio
        self._inside: dict[int, int] = {}

    def begin_second(self) -> None:
        """Forget the last second."""
        self._counts_veh.fill(0)
        if self._occupancy_ratio is not None:
            self._occupancy_ratio.fill(0.0)

    def read_step(self) -> None:
        """Add what happened in the step that SUMO has just made."""
        names = self._names
        since_s = floats(map(self._since, names), len(names))
        np.equal(since_s, 0.0, out=self._presence)
        active = (since_s <= self._step_s).nonzero()[0].tolist()
        before, self._inside = self._inside, {}
        if not active:
            return
        asked = [names[i] for i in active]
        inside, counts_veh = self._inside, self._counts_veh
        present = self._presence[active].tolist()
        for i, seen, still in zip(active, map(self._number, asked), present, strict=True):
            # those that were on it when the step began are among those seen within the step
            if seen != before.get(i, 0):
                counts_veh[i] += seen - before.get(i, 0)
            if still:
                inside[i] = seen if seen == 1 else self._inside_now(names[i])
        if self._occupancy_ratio is not None:
            percent_s = floats(map(self._occupancy, asked), len(asked)) * self._steps_ratio
            self._occupancy_ratio[active] += np.minimum(percent_s, 1.0)

    def _inside_now(self, name: str) -> int:
        """How many of several vehicles are still on the loop (-1: has not left)."""
        now_s = self._time() - NOW_S
        return sum(1 for v in self._data(name) if v[3] < 0 or v[3] >= now_s)
