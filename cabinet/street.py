"""A street of cabinets: the same loop and controllers as in simulation, over drivers.

A cabinet that doesn't answer is a site whose frames are flagged; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from greenband.engine.frame import Colour, Command, Frame
from greenband.engine.gate import Gate
from greenband.engine.packing import FrameArrays, frame_arrays, frames_of, pack
from greenband.engine.site import Site

from .driver import Reading
from .frames import Filler
from .mapping import Mapping as Numbers

STRAYED_S = 4
"""A controller that we drive may show other greens than its Gate for so long: it times its own
minimums and clearances, and answers a second late."""


class Sighted(Protocol):
    """A cabinet as a street needs it."""

    site: Site
    mapping: Numbers

    @property
    def reading(self) -> Reading | None:
        """What the last second's poll said; None where there was no answer."""
        ...

    @property
    def follows(self) -> bool:
        """Whether the lamps follow the Gate's commands, phase by phase."""
        ...

    def tell(self, command: Command) -> None:
        """What is to be done from the next second on."""
        ...


class CabinetStreet:
    """Cabinets as a `controllers.loop.PackedStreet`.

    Parameters
    ----------
    cabinets : whose sites have their limits filled in (`engine.rules.with_limits`).
    second : awaits the next second, in which every cabinet is polled; returns its time in seconds
        since midnight (of the controllers' clocks), None where it is over.
    """

    def __init__(self, cabinets: Sequence[Sighted], second: Callable[[], float | None]) -> None:
        self._cabinets = {c.site.id: c for c in cabinets}
        self._second = second
        self.packing = pack(tuple(c.site for c in cabinets))
        self.arrays: FrameArrays = frame_arrays(self.packing)
        self._frames = frames_of(self.packing, self.arrays)
        self._fillers = [
            Filler(self.packing, i, self.arrays, c.mapping) for i, c in enumerate(cabinets)
        ]
        self._strayed_s = dict.fromkeys(self._cabinets, 0)

    def sites(self) -> list[Site]:
        """As `Street.sites`."""
        return list(self.packing.sites)

    def read(self) -> dict[str, Frame]:
        """As `Street.read`."""
        time_s = self._second()
        if time_s is None:
            return {}
        for filler, (name, cabinet) in zip(self._fillers, self._cabinets.items(), strict=True):
            filler.fill(self._frames[name], cabinet.reading, time_s)
        return self._frames

    def apply(self, commands: dict[str, Command]) -> None:
        """As `Street.apply`."""
        for name, command in commands.items():
            self._cabinets[name].tell(command)

    def close(self) -> None:
        """As `Street.close`; who made the cabinets gives them back."""

    def follow(self, gates: Mapping[str, Gate]) -> None:
        """Have each Gate take over what its cabinet shows, where it isn't the Gate that drives it.

        In shadow and in the pattern tier the controller is asked each second what it would do from
        here; in the phase tier only when the cabinet has gone its own way for a while.
        """
        for i, (name, cabinet) in enumerate(self._cabinets.items()):
            part = self.packing.slice(self.packing.phases, i)
            colours, shown_s = self.arrays.colour[part], self.arrays.colour_s[part]
            gate = gates[name]
            if cabinet.follows:
                differs = bool(((colours == Colour.GREEN) != (gate.colour == Colour.GREEN)).any())
                self._strayed_s[name] = self._strayed_s[name] + 1 if differs else 0
                if self._strayed_s[name] <= STRAYED_S:
                    continue
            elif np.array_equal(colours, gate.colour):
                continue
            self._strayed_s[name] = 0
            gate.resync(colours.tolist(), shown_s.tolist())
