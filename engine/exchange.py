"""What neighbouring sites tell each other each second: where there is room, and when.

Two sites are connected where a movement's `exit` names a lane of another site, or the edge that
lanes are on. A site says how many vehicles it believes on each approach, and foretells who will
cross its stop line when: where they came from, room becomes free. There is no centre: each uses
what its neighbours said a second ago, for each approach one number and one more for each second
of the horizon. (Who will arrive is the estimate's business.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .estimate_tables import VEHICLE_SPACING_M
from .kernels.messages import tell_room
from .rolling_layout import exit_names, exits_of, loops_reach_m
from .site import Site

STARTING_WAVE_MPS = 5.0
"""Room at the stop line gets to the upstream end of a full link with the wave of starting cars."""
LEAST_LENGTH_M = 10.0
FULL_RATIO = 0.9
"""A link is full where so much of what is seen of it is taken: cars stand unevenly."""
WHOLE_RATIO = 0.8
"""Of a link of which so much is seen, a lane that is full is so to the link's upstream end."""


@dataclass(frozen=True)
class Link:
    """From an exit of one site to an approach of another.

    `exit` is the number of the receiving link among the source's, `lanes` and `leaving` are lanes
    and movements of the target. `wave_s` is how long room takes to come from there to here,
    `storage_veh` how many have room on the link, `seen_veh` on what the loops see of it.
    """

    source: int
    exit: int
    target: int
    approach: int
    lanes: tuple[int, ...]
    leaving: tuple[int, ...]
    wave_s: int
    storage_veh: float
    seen_veh: float

    @property
    def seen_whole(self) -> bool:
        """The loops see all of the link: it is short."""
        return self.seen_veh >= WHOLE_RATIO * self.storage_veh


def links_of(sites: Sequence[Site]) -> tuple[Link, ...]:
    """All links between sites, each once, in the order of the sources' movements."""
    ends: dict[str, list[tuple[int, int]]] = {}
    for j, site in enumerate(sites):
        for a, approach in enumerate(site.approaches):
            for lane in approach.lanes:
                for name in {lane.id, lane.id.rpartition("_")[0]} - {""}:
                    ends.setdefault(name, []).append((j, a))
    links: dict[tuple[int, str], Link] = {}
    for i, site in enumerate(sites):
        for m, name in enumerate(exit_names(site)):
            others = [end for end in ends.get(name, ()) if end[0] != i]
            if others:
                links.setdefault((i, name), _link(sites, i, m, *others[0]))
    return tuple(links.values())


def _link(sites: Sequence[Site], i: int, m: int, j: int, a: int) -> Link:
    source, target = sites[i], sites[j]
    approach = target.approaches[a]
    first = sum(len(before.lanes) for before in target.approaches[:a])
    lanes = tuple(range(first, first + len(approach.lanes)))
    length_m = max(lane.length_m for lane in approach.lanes)
    storage_m = source.movements[m].exit_storage_m
    if storage_m is not None:
        length_m = max(storage_m / len(approach.lanes), LEAST_LENGTH_M)
    reach_m = np.minimum(loops_reach_m(target)[list(lanes)], length_m)
    return Link(
        source=i,
        exit=exits_of(source).index(exit_names(source)[m]),
        target=j,
        approach=a,
        lanes=lanes,
        leaving=tuple(k for k, o in enumerate(target.movements) if o.approach == approach.id),
        wave_s=round(length_m / STARTING_WAVE_MPS),
        storage_veh=length_m * len(lanes) / VEHICLE_SPACING_M,
        seen_veh=max(float(reach_m.sum()) / VEHICLE_SPACING_M, 1.0),
    )


class Exchange:
    """The messages of a network's sites.

    Parameters
    ----------
    sites : in the order of their numbers. horizon_s : of what is foretold. drain_veh_s : what
        becomes free each second on a link whose other end is no site.

    Attributes
    ----------
    foretold_veh : by site (n_movements, horizon), to be filled in by each with who crosses when.
    room_veh : by site (n_exits,), what room there is on the receiving links; infinite where nobody
        speaks for one. freed_veh : by site (n_exits, horizon), what more becomes free.
    """

    def __init__(self, sites: Sequence[Site], horizon_s: int, drain_veh_s: float) -> None:
        self.links = links_of(sites)
        movements = _starts([len(s.movements) for s in sites])
        exits = _starts([len(exits_of(s)) for s in sites])
        slots = 1 + max((k.wave_s for k in self.links), default=0)
        self._foretold_veh = np.zeros((movements[-1], horizon_s))
        self._sent_veh = np.zeros((movements[-1], slots))
        self._freed_veh = np.full((exits[-1], horizon_s), drain_veh_s)
        self.foretold_veh = _parts(self._foretold_veh, movements)
        self.freed_veh = _parts(self._freed_veh, exits)
        self.room_veh = [np.full(len(exits_of(s)), np.inf) for s in sites]
        self._second = 0
        number = {key: n for n, key in enumerate({(k.target, k.approach): 0 for k in self.links})}
        self._out = _table(
            (exits[k.source] + k.exit, number[k.target, k.approach], k.wave_s) for k in self.links
        )
        self._leaving = _table(
            {
                (number[k.target, k.approach], movements[k.target] + m, 0): 0
                for k in self.links
                for m in k.leaving
            }
        )

    def deliver(self, believed_veh: Sequence[NDArray[np.float64]]) -> None:
        """Work out what each site hears now, from what was foretold a second ago.

        `believed_veh` are by site (n_lanes,): vehicles on each lane as far as the loops see.
        """
        self._second += 1
        for link in self.links:
            lanes_veh = believed_veh[link.target][list(link.lanes)]
            # who wants a lane that is full to the upstream end stands in the junction before it,
            # in everybody's way
            in_lane_veh = lanes_veh.max() if link.seen_whole else lanes_veh.mean()
            taken = in_lane_veh * len(link.lanes) / link.seen_veh
            room_ratio = max(1.0 - taken / FULL_RATIO, 0.0)
            self.room_veh[link.source][link.exit] = room_ratio * link.storage_veh
        tell_room(
            self._second,
            self._out,
            self._leaving,
            self._foretold_veh,
            self._sent_veh,
            self._freed_veh,
        )


def _starts(sizes: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(sizes, dtype=np.int64).tolist()]


def _parts(array: NDArray[np.float64], starts: Sequence[int]) -> list[NDArray[np.float64]]:
    return [array[a:b] for a, b in pairwise(starts)]


def _table(rows: Iterable[tuple[int, ...]]) -> NDArray[np.int64]:
    return np.array(list(rows), np.int64).reshape(-1, 3)
