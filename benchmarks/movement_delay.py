"""Delay by movement: from when a vehicle enters the stitched approach until it has left it.

A trip passes several signals, and each passage counts where it happened: the time from the exit
of the edge before the approach (or the departure) to the exit of the last edge before the stop
line, less the time that the same edges take at the speed limit and the driver's own speed
factor. A vehicle that still stands there at the end counts with the time until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from greenband.engine.site import Approach
from greenband.networks.net_xml import Net
from greenband.networks.sumo_site import SumoSite
from greenband.networks.sumo_vehicles import edge_of, turns_of

from .trips import Passage

OPPOSITE_DEG = 45.0
"""Two approaches are one street where they face each other within this angle."""


@dataclass(frozen=True)
class Turning:
    """One way through a signal: which movement, and the edges of the approach before it."""

    site: str
    movement: str
    approach: str
    approach_edges: frozenset[str]


@dataclass(frozen=True)
class Tally:
    """Passages of one movement and their mean delay."""

    vehicles: int
    delay_s: float


def turnings_by_edges(sites: Iterable[SumoSite]) -> dict[tuple[str, str], Turning]:
    """(edge before the stop line, edge after it) to the movement there."""
    found = {}
    for site in sites:
        for pair, m in turns_of(site).items():
            movement = site.site.movements[m]
            lanes = site.site.approach(movement.approach).lanes
            pieces = (p.lane for lane in lanes for p in site.upstream[lane.id])
            edges = frozenset(edge_of(p) for p in pieces if not p.startswith(":"))
            found[pair] = Turning(site.site.id, movement.id, movement.approach, edges)
    return found


def free_times_s(net: Net) -> dict[str, float]:
    """Seconds that each edge takes at its speed limit."""
    times: dict[str, float] = {}
    for lane in net.lanes.values():
        time_s = lane.length_m / max(lane.speed_mps, 0.1)
        times[lane.edge] = min(time_s, times.get(lane.edge, time_s))
    return times


def movement_delays(
    passages: Iterable[Passage],
    sites: Sequence[SumoSite],
    free_s: dict[str, float],
    speed_factor: dict[str, float],
    end_s: float,
) -> dict[tuple[str, str, str], Tally]:
    """By (site, movement, approach); `speed_factor` has the vehicles that count."""
    turnings = turnings_by_edges(sites)
    sums: dict[tuple[str, str, str], list[float]] = {}
    for passage in passages:
        factor = speed_factor.get(passage.id)
        if factor is None or passage.depart_s < 0:
            continue
        for i, pair in enumerate(pairwise(passage.edges)):
            turning = turnings.get(pair)
            if turning is None:
                continue
            delay_s = _delay_s(passage, i, turning.approach_edges, free_s, factor, end_s)
            if delay_s is not None:
                key = (turning.site, turning.movement, turning.approach)
                sums.setdefault(key, []).append(delay_s)
    return {k: Tally(len(d), sum(d) / len(d)) for k, d in sorted(sums.items())}


def _delay_s(
    passage: Passage,
    last: int,
    approach: frozenset[str],
    free_s: dict[str, float],
    factor: float,
    end_s: float,
) -> float | None:
    """The delay on the approach that ends with edge `last`; None where it was not reached."""
    first = last
    while first > 0 and passage.edges[first - 1] in approach:
        first -= 1
    start_s = passage.exits_s[first - 1] if first > 0 else passage.depart_s
    if start_s < 0:
        return None
    left_s = passage.exits_s[last]
    least_s = sum(free_s.get(e, 0.0) for e in passage.edges[first : last + 1]) / factor
    return max((left_s if left_s >= 0 else end_s) - start_s - least_s, 0.0)


def street_delays_s(
    delays: dict[tuple[str, str, str], Tally], sites: Iterable[SumoSite]
) -> tuple[float | None, float | None]:
    """Mean delays on the main street and on the side streets.

    A site's main street is its busiest approach and the one that faces it.
    """
    main: list[Tally] = []
    side: list[Tally] = []
    for site in sites:
        own = {k: t for k, t in delays.items() if k[0] == site.site.id}
        chosen = _main_approaches(site.site.approaches, own)
        for (_, _, approach), tally in own.items():
            (main if approach in chosen else side).append(tally)
    return _mean(main), _mean(side)


def _main_approaches(
    approaches: tuple[Approach, ...], own: dict[tuple[str, str, str], Tally]
) -> set[str]:
    volume = {a.id: sum(t.vehicles for k, t in own.items() if k[2] == a.id) for a in approaches}
    busiest = max(approaches, key=lambda a: volume[a.id])
    facing = {a.id for a in approaches if _face_each_other(a.bearing_deg, busiest.bearing_deg)}
    return {busiest.id, *facing}


def _face_each_other(a_deg: float | None, b_deg: float | None) -> bool:
    if a_deg is None or b_deg is None:
        return False
    return abs((a_deg - b_deg) % 360.0 - 180.0) <= OPPOSITE_DEG


def _mean(tallies: list[Tally]) -> float | None:
    vehicles = sum(t.vehicles for t in tallies)
    return sum(t.vehicles * t.delay_s for t in tallies) / vehicles if vehicles else None
