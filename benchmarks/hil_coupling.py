"""A site's virtual cabinet beside SUMO: its detectors fed from Frames, its lamps as Commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from greenband.cabinet.snmp import V2C, Agent, Communities, Community, Server, UdpSession
from greenband.cabinet.virtual import Inputs, Lamp
from greenband.cabinet.virtual.cabinet import VirtualCabinet
from greenband.cabinet.virtual.database import numbers_of
from greenband.engine.frame import Colour, Command, Frame, Order
from greenband.engine.site import Site

NAMES = Communities(b"reads", b"writes")
ACCESS = Community(V2C, b"reads", b"writes")
COLOURS = {Lamp.GREEN: Colour.GREEN, Lamp.YELLOW: Colour.YELLOW}


@contextmanager
def over_snmp(cabinet: VirtualCabinet) -> Iterator[UdpSession]:
    """A session with the cabinet's agent, on a port of loopback."""
    with (
        Server(Agent(cabinet.values, NAMES)) as server,
        UdpSession(server.host, server.port, ACCESS) as session,
    ):
        yield session


class Coupling:
    """One site's cabinet, its detectors fed from Frames, its lamps turned into Commands."""

    def __init__(self, site: Site) -> None:
        self.cabinet = VirtualCabinet(site)
        self._numbers = numbers_of(site)
        self._phases = [p.id for p in site.phases]
        self._detectors = [self.cabinet.detectors[d.id] for d in site.detectors]

    def pass_second(self, frame: Frame) -> Command:
        """Let the cabinet live through the second that the frame reports.

        A loop that is covered at the end is covered all along; one that was crossed in the second,
        for a part of it, at its beginning.
        """
        crossed = (frame.counts_veh > 0) | (frame.occupancy_ratio > 0.0)
        still = self._inputs(frame, frame.presence)
        self.cabinet.run(0.5, self._inputs(frame, crossed | frame.presence))
        self.cabinet.run(0.5, still)
        return self._command(frame.time_s)

    def _inputs(self, frame: Frame, active: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Inputs:
        calls = frame.ped_calls
        return Inputs(
            detectors=frozenset(self._detectors[k] for k in np.flatnonzero(active)),
            buttons=frozenset(
                self._numbers[p] for p, called in zip(self._phases, calls, strict=True) if called
            ),
        )

    def _command(self, time_s: float) -> Command:
        rings, lamps = self.cabinet.controller.rings, self.cabinet.controller.lamps()
        colours = tuple(int(COLOURS.get(lamps[self._numbers[p]], Colour.RED)) for p in self._phases)
        walks = tuple(
            int(
                Colour.GREEN
                if self._numbers[p] in rings.walks
                else Colour.YELLOW
                if self._numbers[p] in rings.ped_clears
                else Colour.RED
            )
            for p in self._phases
        )
        orders = (int(Order.REST),) * len(colours)
        return Command(time_s, colours, orders, -1, walks=walks if any(walks) else ())
