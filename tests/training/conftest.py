"""A street without SUMO: what environments run on is any street."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from greenband.engine.estimate import Info
from greenband.engine.frame import Colour, Command, Frame
from greenband.engine.packing import frame_arrays, frames_of, pack
from greenband.engine.rules import RESCO, with_limits
from greenband.engine.site import Site
from greenband.training.streets import Opened

ARRIVING = 0.12
"""Vehicles a lane and second."""


class PointStreet:
    """Lanes as point queues: who arrives crosses the stop bar where it is green, one each 2 s."""

    def __init__(self, sites: tuple[Site, ...], seed: int, seconds: int) -> None:
        self.packing = pack(tuple(with_limits(s, RESCO) for s in sites))
        self.arrays = frame_arrays(self.packing)
        self._frames = frames_of(self.packing, self.arrays)
        self._rng = np.random.default_rng(seed)
        self._queue = np.zeros(int(self.packing.lanes[-1]))
        self._left_s, self._time_s = seconds, 0.0
        self._lane_phases, self._stop_loop = _tables(self.packing.sites)

    def sites(self) -> list[Site]:
        return list(self.packing.sites)

    def read(self) -> dict[str, Frame]:
        if self._left_s == 0:
            return {}
        self._left_s -= 1
        self._time_s += 1.0
        self._queue += self._rng.random(self._queue.size) < ARRIVING
        green = self.arrays.colour == Colour.GREEN
        may_go = np.array([green[phases].any() for phases in self._lane_phases])
        goes = may_go & (self._queue >= 1.0) & (self._time_s % 2 == 0)
        self._queue -= goes
        self.arrays.counts_veh[:] = 0
        self.arrays.counts_veh[self._stop_loop] = goes
        self.arrays.presence[:] = False
        self.arrays.presence[self._stop_loop] = self._queue > 0
        self.arrays.occupancy_ratio[:] = self.arrays.presence
        self.arrays.colour_s[:] += 1.0
        for frame in self._frames.values():
            frame.time_s = self._time_s
        return self._frames

    def apply(self, commands: dict[str, Command]) -> None:
        for i, site in enumerate(self.packing.sites):
            if site.id not in commands:
                continue
            part = self.packing.slice(self.packing.phases, i)
            shown = np.array(commands[site.id].colours, np.int8)
            self.arrays.colour_s[part][shown != self.arrays.colour[part]] = 0.0
            self.arrays.colour[part] = shown

    def close(self) -> None:
        self._left_s = 0


def _tables(sites: tuple[Site, ...]) -> tuple[list[list[int]], list[int]]:
    """The phases that serve each lane, and the loop at its stop line, counted over all sites."""
    phases, loops, first_phase, first_loop = [], [], 0, 0
    for site in sites:
        for lane in site.lanes:
            phases.append(
                [
                    first_phase + p
                    for p, phase in enumerate(site.phases)
                    if set(phase.protected) & set(lane.movements)
                ]
            )
            loops.append(
                first_loop
                + next(
                    d
                    for d, detector in enumerate(site.detectors)
                    if detector.kind == "stop-bar" and lane.id in detector.lanes
                )
            )
        first_phase += len(site.phases)
        first_loop += len(site.detectors)
    return phases, loops


@dataclass
class PointStreets:
    """Opens point streets; `opened` are the seeds so far, `running` how many are not closed."""

    sites: tuple[Site, ...]
    seconds: int = 60
    opened: list[int] = field(default_factory=list)
    running: int = 0

    def open(self, seed: int, info: Info, needs: frozenset[str]) -> Opened:
        self.opened.append(seed)
        self.running += 1
        street = PointStreet(self.sites, seed, self.seconds)

        def close() -> None:
            self.running -= 1
            street.close()

        return Opened(street, RESCO, close)


@pytest.fixture
def streets(crossroads: Callable[..., Site]) -> PointStreets:
    """One site."""
    return PointStreets((crossroads(),))


@pytest.fixture
def two_sites(crossroads: Callable[..., Site]) -> PointStreets:
    """Two sites of different shape."""
    first = crossroads("first")
    second = crossroads("second").model_copy(update={"stages": first.stages[:3]})
    return PointStreets((first, second))
