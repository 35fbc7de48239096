"""Which lanes at other sites feed each upstream loop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .kernels.neighbour_flow import FEED, SLOTS, Neighbours
from .kernels.vehicle_lists import Records
from .packing import Packing
from .site import Site

Ints = NDArray[np.int64]

FAST_RATIO, SLOW_RATIO, SPREAD_S = 0.85, 1.3, 9
"""Of the time at the limit that the fastest and the slowest take, and so many seconds more."""


def neighbours_of(packing: Packing, loops: Records) -> Neighbours:
    """Feeds by what sites say of their exits: `Movement.exit` is the name of an approach.

    A movement's vehicles may cross any of the upstream loops of the approach that it leads to.
    """
    by_approach = _loops_of(packing, loops)
    rows: list[tuple[int, int, tuple[int, ...]]] = []
    for i, site in enumerate(packing.sites):
        for lane, exit_name, phases in _ways_out(packing, i, site):
            rows += [(u, lane, phases) for u in by_approach.get(exit_name, ())]
    rows.sort()
    feeds = np.zeros(len(rows), FEED)
    feeds["loop"] = [u for u, _, _ in rows]
    feeds["lane"] = [lane for _, lane, _ in rows]
    feeds["phase_end"] = np.cumsum([len(phases) for _, _, phases in rows], dtype=np.int64)
    feeds["phase_first"] = feeds["phase_end"] - [len(phases) for _, _, phases in rows]
    earliest_s, latest_s = _lags_s(packing, loops)
    feeds["from_s"], feeds["to_s"] = earliest_s[feeds["loop"]], latest_s[feeds["loop"]]
    n_loops, n_feeds = len(loops), len(feeds)
    counts = np.bincount(feeds["loop"], minlength=n_loops)
    return Neighbours(
        feeds=feeds,
        feed_first=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        feed_phases=np.array([p for _, _, phases in rows for p in phases], np.int64),
        sent=np.zeros((n_feeds, SLOTS)),
        together=np.zeros((n_feeds, SLOTS)),
        pattern=np.zeros((n_feeds, SLOTS)),
        coming=np.zeros((n_loops, SLOTS)),
        later=np.zeros((n_loops, SLOTS)),
        explained=np.zeros(n_loops),
        seen_s=np.zeros(1),
    )


def _loops_of(packing: Packing, loops: Records) -> dict[str, list[int]]:
    """Upstream loops by the name of the approach that they are of."""
    names: dict[int, set[str]] = {}
    for i, site in enumerate(packing.sites):
        for d, detector in enumerate(site.detectors):
            own = {a.name for a in site.approaches for x in a.lanes if x.id in detector.lanes}
            names[int(packing.detectors[i]) + d] = own - {""}
    found: dict[str, list[int]] = {}
    for u, d in enumerate(loops["detector"]):
        for name in names[int(d)]:
            found.setdefault(name, []).append(u)
    return found


def _lags_s(packing: Packing, loops: Records) -> tuple[Ints, Ints]:
    """How long vehicles take at least and at most from the last signal to each upstream loop.

    A link is as long as its approach; from a standing start they take longer than at the limit.
    """
    earliest_s, latest_s = np.ones(len(loops), np.int64), np.full(len(loops), SLOTS)
    for i, site in enumerate(packing.sites):
        first = int(packing.detectors[i])
        for u in np.flatnonzero(
            (loops["detector"] >= first) & (loops["detector"] < first + len(site.detectors))
        ):
            detector = site.detectors[int(loops[u]["detector"]) - first]
            own = [a for a in site.approaches for x in a.lanes if x.id in detector.lanes]
            length_m = max(x.room_m for a in own for x in a.lanes) - detector.distance_m
            free_s = max(length_m, 0.0) / max(a.speed_mps for a in own)
            earliest_s[u] = min(max(int(FAST_RATIO * free_s), 1), SLOTS - SPREAD_S)
            latest_s[u] = min(int(SLOW_RATIO * free_s) + SPREAD_S, SLOTS)
    return earliest_s, latest_s


def _ways_out(packing: Packing, i: int, site: Site) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Each lane and movement of a site: lane, exit, and the phases in which it may go."""
    first_lane, first_phase = int(packing.lanes[i]), int(packing.phases[i])
    for k, lane in enumerate(site.lanes):
        for name in lane.movements:
            phases = tuple(
                first_phase + p
                for p, phase in enumerate(site.phases)
                if name in (*phase.protected, *phase.permitted)
            )
            if site.movement(name).exit:
                yield first_lane + k, site.movement(name).exit, phases
