"""What the estimator's kernels need to know of the sites, as tables of one network.

A relation is a table of pairs, rows (from, to, ...): one loop over it serves all sites. All
positions are those of `packing.Packing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .packing import Packing
from .site import Detector, Site

VEHICLE_SPACING_M = 7.5
"""Length of lane that a standing vehicle takes."""
UPSTREAM_FROM_M = 20.0
"""A counting loop this far from the stop line counts in, a nearer one out."""
SERIES_M = 20.0
"""Loops of a lane this much nearer than its farthest one would count the same vehicles twice."""
BESIDE_M = 3.0
"""Loops of a lane at the stop line that differ by less lie beside each other."""
DEFAULT_SATURATION_FLOW_VEH_H = 1800.0
STARTUP_LOST_S = 2.0
SLOTS = 64
"""Seconds that a vehicle may take from the upstream loop to the stop line, at most."""


@dataclass(frozen=True)
class Tables:
    """Relations and constants of a network.

    Attributes
    ----------
    phase_lanes : (k, 2) phase, lane that it serves.
    detector_phases : (k, 3) detector, phase, 1 where its presence calls the phase.
    upstream : (k, 4) detector, lane, seconds from it to the stop line, room in vehicles; the
        rows of one detector follow one another.
    upstream_travel_s : (k,) the same seconds, not rounded.
    stop_bar : (k, 4) detector, lane, lanes that share the detector, detectors of the lane.
    lane_approach : (n_lanes,) approach, counted through the network.
    turns_right : (n_lanes,) whether some turn right from it.
    free_speed_mps, saturation_flow_veh_h, length_m : (n_lanes,).
    storage_veh : (n_movements,) vehicles that the receiving link can hold, NaN where unknown.
    recall : (n_phases,) 1 vehicles + 2 pedestrians.
    """

    phase_lanes: NDArray[np.int64]
    detector_phases: NDArray[np.int64]
    upstream: NDArray[np.int64]
    upstream_travel_s: NDArray[np.float64]
    stop_bar: NDArray[np.int64]
    lane_approach: NDArray[np.int64]
    turns_right: NDArray[np.bool_]
    free_speed_mps: NDArray[np.float64]
    saturation_flow_veh_h: NDArray[np.float64]
    length_m: NDArray[np.float64]
    storage_veh: NDArray[np.float64]
    recall: NDArray[np.int8]


def tables_of(packing: Packing) -> Tables:
    """Look the relations up once, before the first second."""
    phase_lanes, detector_phases, upstream, stop_bar = [], [], [], []
    travel_s: list[float] = []
    for i, site in enumerate(packing.sites):
        d0, l0 = int(packing.detectors[i]), int(packing.lanes[i])
        p0 = int(packing.phases[i])
        phase_lanes += [(p0 + p, l0 + lane) for p, lane in lanes_of_phases(site)]
        detector_phases += [(d0 + d, p0 + p, c) for d, p, c in phases_of_detectors(site)]
        rows = upstream_loops(site)
        upstream += [(d0 + d, l0 + lane, s, v) for d, lane, s, v in rows]
        travel_s += [
            site.detectors[d].distance_m / _speed_mps(site, site.lanes[lane].id)
            for d, lane, _, _ in rows
        ]
        stop_bar += [(d0 + d, l0 + lane, n, m) for d, lane, n, m in stop_bars(site)]
    sites = packing.sites
    lanes = [(lane, a) for site in sites for a in site.approaches for lane in a.lanes]
    approaches = [len(a.lanes) for site in sites for a in site.approaches]
    return Tables(
        phase_lanes=_table(phase_lanes, 2),
        detector_phases=_table(detector_phases, 3),
        upstream=_table(upstream, 4),
        upstream_travel_s=np.array(travel_s, np.float64),
        stop_bar=_table(stop_bar, 4),
        lane_approach=np.repeat(np.arange(len(approaches)), approaches).astype(np.int64),
        turns_right=np.array(
            [
                any(site.movement(m).turn == "R" for m in lane.movements)
                for site in sites
                for lane in site.lanes
            ],
            np.bool_,
        ),
        free_speed_mps=np.array([a.speed_mps for _, a in lanes], dtype=np.float64),
        saturation_flow_veh_h=np.array(
            [lane.saturation_flow_veh_h or DEFAULT_SATURATION_FLOW_VEH_H for lane, _ in lanes],
            dtype=np.float64,
        ),
        length_m=np.array([lane.length_m for lane, _ in lanes], dtype=np.float64),
        storage_veh=np.array(
            [
                (m.exit_storage_m or np.nan) / VEHICLE_SPACING_M
                for site in sites
                for m in site.movements
            ]
        ),
        recall=np.array([_recall(p.recall) for site in sites for p in site.phases], np.int8),
    )


def lanes_of_phases(site: Site) -> list[tuple[int, int]]:
    """(phase, lane) for each lane with a movement that the phase serves."""
    return [
        (p, lane)
        for p, phase in enumerate(site.phases)
        for lane, each in enumerate(site.lanes)
        if not {*phase.protected, *phase.permitted}.isdisjoint(each.movements)
    ]


def phases_of_detectors(site: Site) -> list[tuple[int, int, int]]:
    """(detector, phase, calls): what it calls when it is covered, or always while not believed.

    A loop upstream of the stop bar calls by presence only where the site says so: its vehicles
    may go to several lanes, which the estimate takes into account.
    """
    serves = lanes_of_phases(site)
    rows = []
    for d, detector in enumerate(site.detectors):
        if detector.phases:
            rows += [(d, site.phase_index[p], 1) for p in detector.phases]
            continue
        lanes = {site.lane_index[lane] for lane in detector.lanes}
        near = int(not _counts_in(detector))
        rows += [(d, p, near) for p in sorted({p for p, lane in serves if lane in lanes})]
    return rows


def upstream_loops(site: Site) -> list[tuple[int, int, int, int]]:
    """(detector, lane, seconds to the stop line at free speed, room in vehicles).

    Of loops one behind the other only the farthest counts in.
    """
    farthest = [0.0] * len(site.lanes)
    for detector in filter(_counts_in, site.detectors):
        for lane in detector.lanes:
            at = site.lane_index[lane]
            farthest[at] = max(farthest[at], detector.distance_m)
    rows = []
    for d, detector in enumerate(site.detectors):
        if not _counts_in(detector):
            continue
        for lane in detector.lanes:
            at = site.lane_index[lane]
            if detector.distance_m > farthest[at] - SERIES_M:
                travel_s = round(detector.distance_m / _speed_mps(site, lane))
                room = round(detector.distance_m / VEHICLE_SPACING_M)
                rows.append((d, at, min(max(travel_s, 1), SLOTS - 1), room))
    return rows


def stop_bars(site: Site) -> list[tuple[int, int, int, int]]:
    """(detector, lane, lanes that share the detector, detectors of the lane).

    Of loops one behind the other only the nearest counts out.
    """
    nearest = [np.inf] * len(site.lanes)
    pairs = []
    for d, detector in enumerate(site.detectors):
        for lane in () if _counts_in(detector) else detector.lanes:
            at = site.lane_index[lane]
            nearest[at] = min(nearest[at], detector.distance_m)
            pairs.append((d, at))
    pairs = [p for p in pairs if site.detectors[p[0]].distance_m < nearest[p[1]] + BESIDE_M]
    lanes_of = Counter(d for d, _ in pairs)
    loops_of = Counter(lane for _, lane in pairs)
    return [(d, lane, lanes_of[d], loops_of[lane]) for d, lane in pairs]


def _counts_in(detector: Detector) -> bool:
    return detector.kind == "upstream" or (
        detector.kind == "count" and detector.distance_m >= UPSTREAM_FROM_M
    )


def _speed_mps(site: Site, lane_id: str) -> float:
    return next(a.speed_mps for a in site.approaches for lane in a.lanes if lane.id == lane_id)


def _recall(recall: str) -> int:
    return {"none": 0, "min": 1, "max": 1, "ped": 2}[recall]


def _table(rows: Iterable[tuple[int, ...]], columns: int) -> NDArray[np.int64]:
    return np.array(list(rows), dtype=np.int64).reshape(-1, columns)
