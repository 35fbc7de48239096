"""Pedestrians who wait to cross: what a push button, or a camera, would report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenband.engine.packing import Packing

from .sumo_api import Simulator
from .sumo_site import SumoSite
from .sumo_vehicles import edge_of


@dataclass(frozen=True)
class Corner:
    """A walking area of a signal, and the phase with which people walk over each crossing there."""

    edge: str
    crossings: dict[str, int]


def corners_of(sites: tuple[SumoSite, ...], packing: Packing, edges: list[str]) -> list[Corner]:
    """All walking areas beside signalised crossings; phases by their place in the network."""
    corners = []
    for i, site in enumerate(sites):
        first, index = int(packing.phases[i]), site.site.phase_index
        crossings = {
            edge_of(lane): first + index[link.phase or link.walk]
            for link in site.links
            if (link.phase or link.walk) and not link.movement
            for lane in (link.from_lane, link.to_lane)
            if "_c" in lane
        }
        junctions = {crossing.rpartition("_c")[0] for crossing in crossings}
        corners += [
            Corner(edge, crossings)
            for edge in edges
            if edge.startswith(":") and edge.rpartition("_w")[0] in junctions
        ]
    return corners


class Waiting:
    """Sets the pedestrian calls once a second; costs next to nothing where nobody walks."""

    def __init__(
        self, simulator: Simulator, corners: list[Corner], ped_calls: NDArray[np.bool_]
    ) -> None:
        self._anybody = simulator.getter("person", "getIDCount")
        self._persons = simulator.getter("edge", "getLastStepPersonIDs")
        self._next_edge = simulator.getter("person", "getNextEdge")
        self._corners = corners
        self._ped_calls = ped_calls

    def read_second(self) -> None:
        """A phase is called while somebody stands where its crossing begins and means to walk."""
        calls = self._ped_calls
        calls.fill(False)
        if not self._corners or not self._anybody():
            return
        for corner in self._corners:
            for person in self._persons(corner.edge):
                phase = corner.crossings.get(self._next_edge(person))
                if phase is not None:
                    calls[phase] = True
