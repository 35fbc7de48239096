"""A street whose loops lie or are late: what a controller gets to see, not what there is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from greenband.engine.frame import Command, Frame
from greenband.engine.packing import FrameArrays, Packing, frame_arrays, frames_of
from greenband.engine.site import Site

from .disturbance import Disturbance
from .loop import PackedStreet
from .lying_loop import LyingLoop

FLICKERS_A_SECOND = 0.5
COUNTS_A_SECOND = 0.3


@dataclass(frozen=True)
class Faults:
    """Detectors of the network, by their place in its arrays."""

    dead: NDArray[np.int64]
    stuck: NDArray[np.int64]
    chattering: NDArray[np.int64]


def draw_faults(detectors: int, ratio: float, rng: np.random.Generator) -> Faults:
    """A part of the detectors, rounded up, in three equal parts; none at a ratio of 0."""
    broken = rng.permutation(detectors)[: int(np.ceil(ratio * detectors))]
    return Faults(*(np.sort(part) for part in np.array_split(broken, 3)))


class FaultyStreet:
    """Another street with disturbed loops; colours and everything else stay true.

    A dead loop reports nothing, a stuck one a vehicle that never leaves, a chattering one
    vehicles that are not there. The same seed disturbs in the same way.
    """

    def __init__(self, street: PackedStreet, disturbance: Disturbance, seed: int) -> None:
        self._street = street
        self._rng = np.random.default_rng(seed)
        self.packing: Packing = street.packing
        loops = int(self.packing.detectors[-1])
        self.faults = draw_faults(loops, disturbance.detectors_ratio, self._rng)
        true = street.arrays
        self.arrays: FrameArrays = replace(
            frame_arrays(self.packing),
            # what isn't of loops is the same, not a copy
            **{name: getattr(true, name) for name in _SHARED},
        )
        self._frames = frames_of(self.packing, self.arrays)
        self._liar = LyingLoop(self.packing, disturbance.lie) if disturbance.lie else None
        self._late: deque[tuple[NDArray[np.generic], ...]] = deque(maxlen=disturbance.latency_s + 1)

    def sites(self) -> list[Site]:
        """Those of the street."""
        return self._street.sites()

    def read(self) -> dict[str, Frame]:
        """Advance one second; report what the disturbed loops say of it."""
        frames = self._street.read()
        if not frames:
            return {}
        true = self._street.arrays
        self._late.append(tuple(getattr(true, name).copy() for name in _OF_LOOPS))
        for name, values in zip(_OF_LOOPS, self._late[0], strict=True):
            getattr(self.arrays, name)[:] = values
        self._disturb()
        if self._liar is not None:
            self._liar.lie(self.arrays, next(iter(frames.values())).time_s)
        for site, frame in frames.items():
            shown = self._frames[site]
            shown.time_s, shown.preempts, shown.buses = frame.time_s, frame.preempts, frame.buses
        return self._frames

    def _disturb(self) -> None:
        a, faults = self.arrays, self.faults
        for loops, present in ((faults.dead, False), (faults.stuck, True)):
            a.counts_veh[loops] = 0
            a.presence[loops] = present
            a.occupancy_ratio[loops] = float(present)
        n = len(faults.chattering)
        on = self._rng.random(n) < FLICKERS_A_SECOND
        a.counts_veh[faults.chattering] += self._rng.poisson(COUNTS_A_SECOND, n)
        a.presence[faults.chattering] = on
        a.occupancy_ratio[faults.chattering] = on * self._rng.random(n)

    def apply(self, commands: dict[str, Command]) -> None:
        """Act on the true street."""
        self._street.apply(commands)

    def close(self) -> None:
        """Give the street back."""
        self._street.close()


_OF_LOOPS = ("counts_veh", "presence", "occupancy_ratio")
_SHARED = ("colour", "colour_s", "ped_calls", "health", "downstream_veh", "halted_downstream_veh")
