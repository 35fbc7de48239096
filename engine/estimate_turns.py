"""Which movements the lanes have whose shares are to be learned, and where they can be seen."""

from __future__ import annotations

import numpy as np

from .estimate_beliefs import Beliefs
from .kernels.neighbour_flow import Neighbours
from .kernels.turning_shares import TURN, Turns
from .kernels.vehicle_lists import Records
from .packing import Packing
from .site import Site

PRIOR_VEH = 4.0
"""Equal shares count as much as so many vehicles of a lane."""


def turns_of(packing: Packing, loops: Records, near: Neighbours, beliefs: Beliefs) -> Turns:
    """All movements of lanes with more than one, with their phases and feeds."""
    ratio_at = 0
    rows: list[tuple[int, int, int, int, int, float]] = []
    lanes: list[tuple[int, int, int]] = []
    phases: list[int] = []
    feeds: list[int] = []
    for i, site in enumerate(packing.sites):
        for k, lane in enumerate(site.lanes):
            first = len(rows)
            for name in lane.movements if len(lane.movements) > 1 else ():
                own = _phases(site, name, int(packing.phases[i]))
                fed = _feeds(
                    near, int(packing.lanes[i]) + k, own, _loops(packing, loops, site, name)
                )
                at = ratio_at + k * len(site.movements) + site.movement_index[name]
                rows.append(
                    (
                        len(phases),
                        len(phases) + len(own),
                        len(feeds),
                        len(feeds) + len(fed),
                        at,
                        PRIOR_VEH / len(lane.movements),
                    )
                )
                phases += own
                feeds += fed
            if len(rows) > first:
                lanes.append((int(packing.lanes[i]) + k, first, len(rows)))
        ratio_at += len(site.lanes) * len(site.movements)
    return Turns(
        turns=np.array(rows, TURN),
        lanes=np.array(lanes, np.int64).reshape(-1, 3),
        phases=np.array(phases, np.int64),
        feeds=np.array(feeds, np.int64),
        ratio=beliefs.all_turning_ratio,
    )


def _phases(site: Site, movement: str, first: int) -> list[int]:
    return [
        first + p
        for p, phase in enumerate(site.phases)
        if movement in (*phase.protected, *phase.permitted)
    ]


def _loops(packing: Packing, loops: Records, site: Site, movement: str) -> set[int]:
    """Upstream loops of the approaches that a movement leads to."""
    found: set[int] = set()
    exit_name = site.movement(movement).exit
    for j, other in enumerate(packing.sites):
        for approach in other.approaches:
            if not exit_name or approach.name != exit_name:
                continue
            own = {x.id for x in approach.lanes}
            at = {
                int(packing.detectors[j]) + d
                for d, x in enumerate(other.detectors)
                if own & {*x.lanes}
            }
            found |= {u for u, d in enumerate(loops["detector"]) if int(d) in at}
    return found


def _feeds(near: Neighbours, lane: int, phases: list[int], loops: set[int]) -> list[int]:
    """The feeds of a lane to these loops in these phases."""
    found = []
    for f in np.flatnonzero(near.feeds["lane"] == lane):
        row = near.feeds[f]
        own = near.feed_phases[row["phase_first"] : row["phase_end"]].tolist()
        if int(row["loop"]) in loops and own == phases:
            found.append(int(f))
    return found
