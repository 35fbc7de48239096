"""Emergency vehicles and buses of SUMO, as detectors and radios would announce them.

An emergency vehicle calls the preempts of its movement from its check-in distance on until it has
crossed the stop line. A bus says where it is and how late, as a city knows of its own buses.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, Literal

import numpy as np

from greenband.engine.frame import Buses, Frame
from greenband.engine.site import Site

from .preempt_sites import movements_of
from .sumo_api import Simulator
from .sumo_site import SumoSite
from .sumo_vehicles import edge_of

Priority = Literal["emergency", "transit"]
PRIORITIES: tuple[Priority, ...] = ("emergency", "transit")
CLASSES: dict[Priority, frozenset[str]] = {
    "emergency": frozenset({"emergency"}),
    "transit": frozenset({"bus", "coach", "tram"}),
}
"""Of SUMO's vehicle classes."""

Bus = tuple[int, int, float, float, float]
"""Lane, movement, distance_m, speed_mps, lateness_s of `Buses`."""


@dataclass(frozen=True)
class _Signal:
    """One signal: by link, the lane at the stop line (-1 unknown) and the movement.

    `calls` has for each movement the preempts that it calls, each with its check-in distance.
    """

    number: int
    links: dict[int, tuple[int, int]]
    calls: tuple[tuple[tuple[int, float], ...], ...]
    check_in_m: float


class PriorityVehicles:
    """Reads those that are on their way to a signal, once a second."""

    def __init__(
        self, simulator: Simulator, sites: tuple[SumoSite, ...], priority: frozenset[Priority]
    ) -> None:
        self._all = simulator.getter("vehicle", "getIDList")
        self._kind = simulator.getter("vehicle", "getVehicleClass")
        self._ahead = simulator.getter("vehicle", "getNextTLS")
        self._speed = simulator.getter("vehicle", "getSpeed")
        self._vehicle: Any = simulator.api.vehicle
        self._signals = {s.signal_id: _signal(i, s) for i, s in enumerate(sites)}
        self._kind_of = {c: p for p in PRIORITIES if p in priority for c in CLASSES[p]}
        self._transit = "transit" in priority
        self._known: set[str] = set()
        self._watched: dict[str, Priority] = {}

    def read_second(self, frames: tuple[Frame, ...], time_s: float) -> None:
        """Set the preempts and the buses of each site's frame."""
        self._look_for_new()
        called = [0] * len(frames)
        buses: list[list[Bus]] = [[] for _ in frames]
        for vehicle, kind in self._watched.items():
            for name, link, distance_m, _ in self._ahead(vehicle):
                signal = self._signals.get(name)
                if signal is None or link not in signal.links:
                    continue
                lane, movement = signal.links[link]
                if kind == "emergency":
                    for preempt, check_in_m in signal.calls[movement]:
                        called[signal.number] |= (distance_m <= check_in_m) << preempt
                elif distance_m <= signal.check_in_m and lane >= 0:
                    bus = self._bus(vehicle, lane, movement, distance_m, time_s)
                    buses[signal.number] += [] if bus is None else [bus]
        for frame, calls, on in zip(frames, called, buses, strict=True):
            frame.preempts = calls
            frame.buses = _buses(on) if self._transit else None

    def _look_for_new(self) -> None:
        now = set(self._all())
        for vehicle in now - self._known:
            kind = self._kind_of.get(self._kind(vehicle))
            if kind is not None:
                self._watched[vehicle] = kind
        for vehicle in [v for v in self._watched if v not in now]:
            del self._watched[vehicle]
        self._known = now

    def _bus(
        self, vehicle: str, lane: int, movement: int, distance_m: float, time_s: float
    ) -> Bus | None:
        """None for one that stops before the stop line: it is announced when its doors close."""
        lateness_s, stops = nan, self._vehicle.getStops(vehicle, 1)
        speed_mps = self._speed(vehicle)
        if stops:
            stop = stops[0]
            to_stop_m = self._vehicle.getDrivingDistance(vehicle, edge_of(stop.lane), stop.endPos)
            if 0.0 <= to_stop_m < distance_m:
                return None
            if stop.until >= 0.0 and isfinite(to_stop_m) and to_stop_m >= 0.0:
                free_s = to_stop_m / max(self._vehicle.getAllowedSpeed(vehicle), 1.0)
                lateness_s = time_s + free_s + max(stop.duration, 0.0) - stop.until
        return lane, movement, distance_m, speed_mps, lateness_s


def _buses(on: list[Bus]) -> Buses:
    """Nearest first."""
    columns = list(zip(*sorted(on, key=lambda bus: bus[2]), strict=True)) or [()] * 5
    return Buses(
        lane=np.array(columns[0], np.int64),
        movement=np.array(columns[1], np.int64),
        distance_m=np.array(columns[2], np.float64),
        speed_mps=np.array(columns[3], np.float64),
        lateness_s=np.array(columns[4], np.float64),
    )


def _signal(number: int, signal: SumoSite) -> _Signal:
    site = signal.site
    links: dict[int, tuple[int, int]] = {}
    for link in signal.links:
        if link.movement:
            place = site.lane_index.get(link.from_lane, -1), site.movement_index[link.movement]
            links.setdefault(link.index, place)
    return _Signal(number, links, _calls(site), site.transit_check_in_m)


def _calls(site: Site) -> tuple[tuple[tuple[int, float], ...], ...]:
    calling = [(k, p.check_in_m, movements_of(site, p)) for k, p in enumerate(site.preempts)]
    return tuple(
        tuple((k, check_in_m) for k, check_in_m, movements in calling if m.id in movements)
        for m in site.movements
    )
