"""Where traffic begins and which way it mostly goes: that decides where a loop is of use.

A network that was cut out of a larger one often keeps a few edges on which nothing drives, and
a loop before the place where trips begin sees nobody. Nothing else is taken from the demand.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .demand import VEHICLES, demand_elements, departure_s, within
from .net_xml import Net
from .scenario import Scenario

MAX_VISITS = 20_000_000
"""Origins times edges that are searched for ways; more origins are sampled evenly."""

Route = tuple[str, ...]


@dataclass(frozen=True)
class Traffic:
    """What the demand tells about where to put loops.

    Attributes
    ----------
    origins : edges on which more vehicles start than come driving.
    turns : by edge, the part of its vehicles that goes on to each edge.
    """

    origins: frozenset[str] = frozenset()
    turns: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def traffic_of(scenario: Scenario, net: Net) -> Traffic:
    """Read it from a scenario's routes.

    A trip without a route is taken to go the quickest way in the empty network.
    """
    starts: Counter[str] = Counter()
    turns: dict[str, Counter[str]] = {}
    trips: Counter[Route] = Counter()
    for route, weight, whole in _routes(scenario):
        if whole:
            _count(route, weight, starts, turns)
        else:
            trips[route] += weight
    for way, weight in _ways(net, trips):
        _count(way, weight, starts, turns)
    arrivals: Counter[str] = Counter()
    for onward in turns.values():
        arrivals.update(onward)
    return Traffic(
        origins=frozenset(edge for edge, n in starts.items() if n > arrivals[edge]),
        turns={
            edge: {to: n / onward.total() for to, n in onward.items()}
            for edge, onward in turns.items()
        },
    )


def _count(route: Route, weight: int, starts: Counter[str], turns: dict[str, Counter[str]]) -> None:
    starts[route[0]] += weight
    for edge, onward in pairwise(route):
        turns.setdefault(edge, Counter())[onward] += weight


def _routes(scenario: Scenario) -> Iterator[tuple[Route, int, bool]]:
    """Edges of each vehicle, how many drive so, and whether the list is whole."""
    known: dict[str, Route] = {}
    for path, element in demand_elements(scenario):
        if element.tag == "route":
            known[element.get("id", "")] = tuple(element.get("edges", "").split())
        elif element.tag in VEHICLES or element.tag == "flow":
            depart_s = None if element.tag == "flow" else departure_s(path, element, scenario)
            if depart_s is not None and not within(scenario, depart_s):
                continue
            route, whole = _route(element, known)
            if len(route) > 0:
                yield route, _weight(element), whole


def _route(element: ET.Element, known: dict[str, Route]) -> tuple[Route, bool]:
    inner = element.find("route")
    if inner is not None:
        return tuple(inner.get("edges", "").split()), True
    if element.get("route") is not None:
        return known.get(element.get("route", ""), ()), True
    places = (element.get("from", ""), *element.get("via", "").split(), element.get("to", ""))
    return (places, False) if places[0] and places[-1] else ((), False)


def _weight(element: ET.Element) -> int:
    """A flow counts for the vehicles that it has in an hour, about."""
    for key in ("number", "vehsPerHour", "perHour"):
        text = element.get(key, "")
        if text.replace(".", "", 1).isdigit():
            return max(1, round(float(text)))
    return 1


def _ways(net: Net, trips: Counter[Route]) -> Iterator[tuple[Route, int]]:
    """The quickest way of each trip; none where there is none."""
    edges = [e for e in net.edges.values() if not e.function]
    place = {e.id: i for i, e in enumerate(edges)}
    graph = _graph(net, place)
    legs: dict[str, list[tuple[Route, int]]] = {}
    for route, weight in trips.items():
        if all(edge in place for edge in route):
            legs.setdefault(route[0], []).append((route, weight))
    most = max(1, MAX_VISITS // max(1, len(edges)))
    sampled = sorted(legs)[:: -(-len(legs) // most)] if legs else []
    for origin in sampled:
        _, before = dijkstra(graph, indices=place[origin], return_predecessors=True)
        for route, weight in legs[origin]:
            # what comes after a via is left out: it decides little about where trips begin
            way = _walk_back(before, place[route[0]], place[route[1]])
            if way:
                yield tuple(edges[i].id for i in way), weight


def _walk_back(before: NDArray[np.int32], first: int, last: int) -> list[int]:
    way = [last]
    while way[-1] != first:
        step = int(before[way[-1]])
        if step < 0:
            return []
        way.append(step)
    return way[::-1]


def _graph(net: Net, place: dict[str, int]) -> csr_array:
    """Edge to edge, weighted with the seconds that the second takes."""
    pairs = {
        (net.lanes[c.from_lane].edge, net.lanes[c.to_lane].edge)
        for connections in net.into.values()
        for c in connections
    }
    known = sorted((place[a], place[b], b) for a, b in pairs if a in place and b in place)
    seconds = [
        max(0.1, min(net.lanes[x].length_m / net.lanes[x].speed_mps for x in net.edges[b].lanes))
        for _, _, b in known
    ]
    rows, columns = [a for a, _, _ in known], [b for _, b, _ in known]
    return csr_array((seconds, (rows, columns)), shape=(len(place), len(place)))
