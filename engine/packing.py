"""Arrays of a whole network, of which each site's Frame holds views.

One kernel call a second can then work on all sites at once, while a controller still sees one
site. A single cabinet is a network of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .frame import Areas, Frame, Vehicles
from .site import Site


@dataclass(frozen=True)
class Packing:
    """Where each site's detectors, lanes, movements and phases lie in the network's arrays.

    Each attribute but `sites` has shape (n_sites + 1,): site i owns [a[i], a[i + 1]).
    """

    sites: tuple[Site, ...]
    detectors: NDArray[np.int64]
    lanes: NDArray[np.int64]
    movements: NDArray[np.int64]
    phases: NDArray[np.int64]

    def slice(self, offsets: NDArray[np.int64], site: int) -> slice:
        """The part of a network array that belongs to a site."""
        return slice(int(offsets[site]), int(offsets[site + 1]))


def pack(sites: tuple[Site, ...]) -> Packing:
    """Lay the sites out one after the other."""

    def offsets(sizes: list[int]) -> NDArray[np.int64]:
        return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)

    return Packing(
        sites=sites,
        detectors=offsets([len(s.detectors) for s in sites]),
        lanes=offsets([len(s.lanes) for s in sites]),
        movements=offsets([len(s.movements) for s in sites]),
        phases=offsets([len(s.phases) for s in sites]),
    )


@dataclass(slots=True)
class VehicleArrays:
    """Every vehicle on the approaches of a network (level ``full``), site after site.

    `sites` has shape (n_sites + 1,): the vehicles of site i lie in [sites[i], sites[i + 1]) of
    the other arrays, which may be longer than what they hold (room to grow in without a copy).
    Lanes and movements are counted within the site, as in Vehicles.
    """

    sites: NDArray[np.int64]
    lane: NDArray[np.int32]
    movement: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    waiting_s: NDArray[np.float64]
    bus: NDArray[np.bool_]

    def of_site(self, site: int) -> Vehicles:
        """Views of one site's vehicles, good until the next second."""
        part = slice(int(self.sites[site]), int(self.sites[site + 1]))
        return Vehicles(
            lane=self.lane[part],
            movement=self.movement[part],
            distance_m=self.distance_m[part],
            speed_mps=self.speed_mps[part],
            waiting_s=self.waiting_s[part],
            bus=self.bus[part],
        )


def vehicle_arrays(packing: Packing, room: int = 1024) -> VehicleArrays:
    """Arrays with room for so many vehicles, and none in them."""
    return VehicleArrays(
        sites=np.zeros(len(packing.sites) + 1, np.int64),
        lane=np.zeros(room, np.int32),
        movement=np.full(room, -1, np.int32),
        distance_m=np.zeros(room),
        speed_mps=np.zeros(room),
        waiting_s=np.zeros(room),
        bus=np.zeros(room, np.bool_),
    )


@dataclass(frozen=True)
class AreaArrays:
    """Lane-area detectors of a network (level ``area``), both (n_lanes,)."""

    vehicles_veh: NDArray[np.float64]
    halted_veh: NDArray[np.float64]


def area_arrays(packing: Packing) -> AreaArrays:
    """Empty areas."""
    n = int(packing.lanes[-1])
    return AreaArrays(vehicles_veh=np.zeros(n), halted_veh=np.zeros(n))


@dataclass(frozen=True)
class FrameArrays:
    """One second of a whole network; shapes as in Frame, all sites joined.

    `vehicles` and `areas` are there by information level. At ``full`` a controller that needs
    "queues" but not "vehicles" is served by `areas` alone: exact, and much cheaper to read.
    """

    counts_veh: NDArray[np.int32]
    occupancy_ratio: NDArray[np.float64]
    presence: NDArray[np.bool_]
    health: NDArray[np.int8]
    colour: NDArray[np.int8]
    colour_s: NDArray[np.float64]
    ped_calls: NDArray[np.bool_]
    downstream_veh: NDArray[np.float64]
    halted_downstream_veh: NDArray[np.float64]
    vehicles: VehicleArrays | None = None
    areas: AreaArrays | None = None


def frame_arrays(
    packing: Packing, vehicles: VehicleArrays | None = None, areas: AreaArrays | None = None
) -> FrameArrays:
    """Empty arrays: no vehicle, all red, what can't be seen NaN."""
    n_detectors, n_phases = int(packing.detectors[-1]), int(packing.phases[-1])
    n_movements = int(packing.movements[-1])
    return FrameArrays(
        counts_veh=np.zeros(n_detectors, np.int32),
        occupancy_ratio=np.zeros(n_detectors),
        presence=np.zeros(n_detectors, np.bool_),
        health=np.zeros(n_detectors, np.int8),
        colour=np.zeros(n_phases, np.int8),
        colour_s=np.zeros(n_phases),
        ped_calls=np.zeros(n_phases, np.bool_),
        downstream_veh=np.full(n_movements, np.nan),
        halted_downstream_veh=np.full(n_movements, np.nan),
        vehicles=vehicles,
        areas=areas,
    )


def frames_of(packing: Packing, arrays: FrameArrays) -> dict[str, Frame]:
    """One Frame a site, holding views of the network's arrays; made once, filled each second."""
    frames = {}
    for i, site in enumerate(packing.sites):
        d, p = packing.slice(packing.detectors, i), packing.slice(packing.phases, i)
        m = packing.slice(packing.movements, i)
        lanes = packing.slice(packing.lanes, i)
        areas = arrays.areas
        frames[site.id] = Frame(
            site=site.id,
            time_s=0.0,
            counts_veh=arrays.counts_veh[d],
            occupancy_ratio=arrays.occupancy_ratio[d],
            presence=arrays.presence[d],
            health=arrays.health[d],
            colour=arrays.colour[p],
            colour_s=arrays.colour_s[p],
            ped_calls=arrays.ped_calls[p],
            downstream_veh=arrays.downstream_veh[m],
            halted_downstream_veh=arrays.halted_downstream_veh[m],
            vehicles=arrays.vehicles.of_site(i) if arrays.vehicles else None,
            areas=Areas(areas.vehicles_veh[lanes], areas.halted_veh[lanes]) if areas else None,
        )
    return frames
