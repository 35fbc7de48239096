"""Which vehicles can be confused with each other: the loops and lanes of an approach, as tables.

A pool is a set of lanes between which vehicles can't be told apart: those of an approach, and of
approaches that a loop upstream has in common. All positions are those of `packing.Packing`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .estimate_tables import SLOTS, STARTUP_LOST_S, VEHICLE_SPACING_M, Tables
from .kernels.vehicle_lists import BAR, LANE, LOOP, POOL, VEHICLE, WATCH, Network, Records

BESIDE_RATIO = 0.05
"""A lane that a loop does not name, but that lies beside one it does, against one that it does:
drivers change lanes between the loops."""
SPARE_VEH = 4
"""Room in a pool's list beyond what fits between its loops."""
DENSE_RATIO = 1.15
"""And for vehicles that are shorter than usual."""
LEAST_TRAVEL_S = 0.5
FIRST_HEADWAYS = 20.0
"""What is assumed of a saturation flow counts as much as so many headways."""
LONG_AGO_S = 60.0
RIGHT_TURN_WEIGHT = 0.3
"""Some turn right on red."""
UPSTREAM_MISSED_VEH, BAR_MISSED_VEH = 12.0, 5.0
"""A loop that missed so many, one after the other, is dead. A stop bar's first vehicle acquits it;
a queue that nobody serves brings none over an upstream loop, which may then be the sound one."""


def network_of(tables: Tables, n_detectors: int) -> Network:
    """All tables before the first second: nobody on the way, nothing learned."""
    members = _members(tables)
    lanes = _lanes(tables, members)
    width = max((len(m) for m in members), default=1)
    loops, prior = _loops(tables, lanes, width)
    pools = _pools(tables, members, lanes, loops)
    places = int(pools["end"].max(initial=0))
    bars, bar_lanes = _bars(tables)
    return Network(
        pools=pools,
        lanes=lanes,
        loops=loops,
        bars=bars,
        watch=_watch(tables, n_detectors, lanes, loops),
        vehicles=np.zeros(places, VEHICLE),
        share=np.zeros((places, width)),
        queued=np.zeros((places, width), np.bool_),
        prior=prior,
        went_veh=np.zeros(prior.shape),
        part=prior.copy(),
        in_lane=np.zeros(width, np.bool_),
        pool_lanes=np.array([lane for m in members for lane in m], np.int64),
        bar_lanes=bar_lanes,
    )


def _members(tables: Tables) -> list[list[int]]:
    """Lanes by pool: joined where they are of one approach, or of one loop."""
    parent = list(range(tables.lane_approach.size))

    def root(lane: int) -> int:
        while parent[lane] != lane:
            lane = parent[lane]
        return lane

    first: dict[tuple[str, int], int] = {}
    named = [(("approach", int(a)), lane) for lane, a in enumerate(tables.lane_approach)]
    for table in (tables.upstream, tables.stop_bar):
        named += [(("loop", int(d)), int(lane)) for d, lane in table[:, :2]]
    for key, lane in named:
        a, b = sorted((root(first.setdefault(key, lane)), root(lane)))
        parent[b] = a
    members: dict[int, list[int]] = {}
    for lane in range(len(parent)):
        members.setdefault(root(lane), []).append(lane)
    return list(members.values())


def _lanes(tables: Tables, members: Sequence[Sequence[int]]) -> Records:
    lanes = np.zeros(tables.lane_approach.size, LANE)
    for p, own in enumerate(members):
        lanes["pool"][own] = p
        lanes["at"][own] = np.arange(len(own))
    lanes["detector"] = -1
    for d, lane in tables.stop_bar[::-1, :2]:
        lanes["detector"][lane] = d
    lanes["limit_mps"] = tables.free_speed_mps
    lanes["room_veh"] = tables.length_m / VEHICLE_SPACING_M
    for lane in np.unique(tables.upstream[:, 1]):
        lanes["room_veh"][lane] = tables.upstream[tables.upstream[:, 1] == lane, 3].max()
    whole_veh = tables.length_m / VEHICLE_SPACING_M
    lanes["most_veh"] = DENSE_RATIO * np.maximum(whole_veh, lanes["room_veh"]) + SPARE_VEH
    lanes["since_s"] = LONG_AGO_S
    lanes["headway_s"] = 3600.0 / tables.saturation_flow_veh_h
    lanes["headways"] = FIRST_HEADWAYS
    lanes["startup_s"] = STARTUP_LOST_S
    return lanes


def _loops(tables: Tables, lanes: Records, width: int) -> tuple[Records, NDArray[np.float64]]:
    """Upstream loops, pool by pool, and what part of each goes where before it is learned."""
    table = tables.upstream
    pool = {int(d): int(lanes["pool"][lane]) for d, lane in table[::-1, :2]}
    detectors = sorted(pool, key=lambda d: (pool[d], d))
    loops, prior = np.zeros(len(detectors), LOOP), np.zeros((len(detectors), width))
    for u, d in enumerate(detectors):
        rows = np.flatnonzero(table[:, 0] == d)
        named = table[rows, 1]
        travel_s = np.clip(tables.upstream_travel_s[rows].mean(), LEAST_TRAVEL_S, SLOTS - 1)
        reach_veh = tables.length_m[named].max() / VEHICLE_SPACING_M - table[rows[0], 3]
        loops[u]["detector"], loops[u]["pool"] = d, pool[d]
        loops[u]["travel_s"], loops[u]["reach_veh"] = travel_s, max(reach_veh, 0.0)
        beside = np.isin(tables.lane_approach, tables.lane_approach[named])
        prior[u, lanes["at"][beside]] = BESIDE_RATIO
        prior[u, lanes["at"][named]] = 1.0
        prior[u] /= prior[u].sum()
    return loops, prior


def _pools(
    tables: Tables, members: Sequence[Sequence[int]], lanes: Records, loops: Records
) -> Records:
    """Each with a list that has room for what fits between its loops."""
    pools = np.zeros(len(members), POOL)
    rooms = np.full(len(members), SPARE_VEH)
    for d in np.unique(tables.upstream[:, 0]):
        row = tables.upstream[tables.upstream[:, 0] == d][0]
        rooms[lanes["pool"][row[1]]] += int(DENSE_RATIO * row[3]) + 2
    for begin, end, sizes in (
        ("first", "end", rooms),
        ("lane_first", "lane_end", [len(m) for m in members]),
        ("loop_first", "loop_end", np.bincount(loops["pool"], minlength=len(members))),
    ):
        pools[end] = np.cumsum(sizes)
        pools[begin] = pools[end] - sizes
    return pools


def _bars(tables: Tables) -> tuple[Records, NDArray[np.int64]]:
    """Stop bars and, one after the other, their lanes; rows of one detector follow one another."""
    detectors, first = np.unique(tables.stop_bar[:, 0], return_index=True)
    order = np.argsort(first)
    bars = np.zeros(len(detectors), BAR)
    bars["detector"] = detectors[order]
    bars["first"] = first[order]
    bars["end"] = np.append(first[order][1:], len(tables.stop_bar))[: len(bars)]
    return bars, np.ascontiguousarray(tables.stop_bar[:, 1])


def _watch(tables: Tables, n_detectors: int, lanes: Records, loops: Records) -> Records:
    watch = np.zeros(n_detectors, WATCH)
    for lane in lanes[lanes["detector"] >= 0]:
        room_veh = watch["room_veh"][lane["detector"]]
        watch["room_veh"][lane["detector"]] = max(room_veh, lane["room_veh"] + SPARE_VEH)
    for loop in loops:
        pool = lanes["pool"] == loop["pool"]
        watch["room_veh"][loop["detector"]] = lanes["room_veh"][pool].max() + SPARE_VEH
    watch["limit_veh"] = UPSTREAM_MISSED_VEH
    watch["limit_veh"][tables.stop_bar[:, 0]] = BAR_MISSED_VEH
    watch["odd_weight"] = 1.0
    watch["odd_weight"][lanes["detector"][tables.turns_right]] = RIGHT_TURN_WEIGHT
    return watch
