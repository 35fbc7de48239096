"""What is read from SUMO each second: no more than the controllers look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from greenband.engine.packing import (
    FrameArrays,
    Packing,
    VehicleArrays,
    area_arrays,
    frame_arrays,
    vehicle_arrays,
)

from .net_xml import load_net
from .sumo_api import Simulator, steps_a_second
from .sumo_areas import LaneCounts, Pieces, pieces_of
from .sumo_detectors import Loops, loops_xml, named_placements
from .sumo_persons import Waiting, corners_of
from .sumo_site import SumoSite
from .sumo_vehicles import AllVehicles

if TYPE_CHECKING:
    from .scenario import Scenario

Info = Literal["full", "area", "loops"]


@dataclass(frozen=True)
class Wants:
    """Which readings a run makes."""

    loops: bool
    occupancy: bool
    near: bool
    downstream: bool
    vehicles: bool


def wants_of(info: Info, needs: frozenset[str] | None) -> Wants:
    """From the information level and what the controllers need (None: all of the level)."""

    def any_of(*names: str) -> bool:
        return needs is None or any(n in needs for n in names)

    seen = info != "loops"
    vehicles = info == "full" and any_of("vehicles", "arrivals")
    estimated = not seen and any_of("queues", "arrivals")
    return Wants(
        loops=estimated or any_of("counts", "presence", "occupancy"),
        occupancy=any_of("occupancy"),
        near=seen and not vehicles and any_of("queues"),
        downstream=seen and any_of("downstream"),
        vehicles=vehicles,
    )


def lane_lengths_m(scenario: Scenario) -> dict[str, float]:
    """The length of each lane of a scenario's net."""
    lanes = load_net(scenario.net, scenario.additional).lanes
    return {name: lane.length_m for name, lane in lanes.items()}


class Readers:
    """Prepares the readings: first the detectors that SUMO must load, then the reading."""

    def __init__(
        self, scenario: Scenario, sites: tuple[SumoSite, ...], packing: Packing, wants: Wants
    ) -> None:
        self._sites, self._packing, self._wants = sites, packing, wants
        self._loops = named_placements(sites) if wants.loops else []
        self._lengths_m: dict[str, float] = {}
        self._pieces: Pieces | None = None
        if wants.near or wants.downstream or wants.vehicles:
            self._lengths_m = lane_lengths_m(scenario)
        if wants.near or wants.downstream:
            self._pieces = pieces_of(
                sites, self._lengths_m, upstream=wants.near, downstream=wants.downstream
            )

    def additional_xml(self) -> str:
        """SUMO's additional file with the detectors that will be read."""
        return f"<additional>\n{loops_xml(self._loops)}</additional>\n"

    def bind(self, simulator: Simulator) -> Reading:
        """The readings of an open simulation."""
        wants, packing = self._wants, self._packing
        vehicles = vehicle_arrays(packing) if wants.vehicles else None
        arrays = frame_arrays(packing, vehicles, area_arrays(packing) if wants.near else None)
        step_s = 1.0 / steps_a_second(simulator)
        corners = corners_of(self._sites, packing, list(simulator.api.edge.getIDList()))
        return Reading(
            arrays=arrays,
            vehicles=vehicles,
            loops=self._bind_loops(simulator, arrays, step_s),
            lanes=self._bind_lanes(simulator, arrays),
            each=(
                AllVehicles(simulator, self._sites, self._lengths_m, vehicles)
                if vehicles is not None
                else None
            ),
            waiting=Waiting(simulator, corners, arrays.ped_calls) if corners else None,
        )

    def _bind_loops(self, simulator: Simulator, arrays: FrameArrays, step_s: float) -> Loops | None:
        if not self._loops:
            return None
        names = [name for name, _ in self._loops]
        occupancy = arrays.occupancy_ratio if self._wants.occupancy else None
        return Loops(simulator, names, step_s, arrays.counts_veh, arrays.presence, occupancy)

    def _bind_lanes(self, simulator: Simulator, arrays: FrameArrays) -> LaneCounts | None:
        if self._pieces is None:
            return None
        areas = arrays.areas
        near = (areas.vehicles_veh, areas.halted_veh) if areas is not None else None
        far = (arrays.downstream_veh, arrays.halted_downstream_veh)
        return LaneCounts(simulator, self._pieces, near, far if self._wants.downstream else None)


@dataclass(frozen=True)
class Reading:
    """Fills `arrays` each second; a second of several steps has a beginning and an end."""

    arrays: FrameArrays
    vehicles: VehicleArrays | None
    loops: Loops | None
    lanes: LaneCounts | None
    each: AllVehicles | None
    waiting: Waiting | None

    def second(self) -> None:
        """A second that is one step."""
        self.begin()
        self.step()
        self.end()

    def begin(self) -> None:
        """Before the first step of a second."""
        if self.loops is not None:
            self.loops.begin_second()

    def step(self) -> None:
        """After each step."""
        if self.loops is not None:
            self.loops.read_step()

    def end(self) -> None:
        """After the last step."""
        if self.lanes is not None:
            self.lanes.read_second()
        if self.each is not None:
            self.each.read_second()
        if self.waiting is not None:
            self.waiting.read_second()
