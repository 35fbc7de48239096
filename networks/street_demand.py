"""Vehicles, people on foot and buses for a described street, drawn once from its seed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from .street_description import Period, Street
from .street_geometry import LEFT, RIGHT, Leg, exit_edge

TURNS = ("L", "T", "R")


def seconds(clock: str) -> int:
    """Seconds after midnight of HH:MM."""
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def routes_xml(street: Street, legs: list[Leg], period: Period, counts_csv: str) -> str:
    """The route file of one period: every vehicle and person with its departure."""
    rng = np.random.default_rng(period.seed)
    vehicles = (
        _from_counts(legs, period, counts_csv, rng)
        if period.counts
        else _from_flows(street, legs, period, rng)
    )
    routes = {
        path: f"r{k}" for k, path in enumerate(dict.fromkeys(" ".join(p) for _, p in vehicles))
    }
    entries = [
        (t, _vehicle(street, k, t, routes[" ".join(path)], rng))
        for k, (t, path) in enumerate(vehicles)
    ]
    entries += list(_pedestrians(street, legs, period, rng))
    entries += list(_bus_line(street, legs, period))
    named = "".join(f'  <route id="{name}" edges="{path}"/>\n' for path, name in routes.items())
    body = "\n".join(text for _, text in sorted(entries, key=lambda e: e[0]))
    return f"<routes>\n{_TYPES}{named}{body}\n</routes>\n"


_TYPES = """  <vType id="car" vClass="passenger" speedFactor="normc(1.00,0.10,0.60,1.40)"/>
  <vType id="truck" vClass="truck" length="9.5" speedFactor="normc(0.95,0.08,0.60,1.20)"/>
  <vType id="bus" vClass="bus" length="12.0"/>
"""


def _vehicle(street: Street, k: int, depart_s: float, route: str, rng: np.random.Generator) -> str:
    kind = "truck" if rng.random() * 100 < street.heavy_vehicles_percent else "car"
    return (
        f'  <vehicle id="v{k}" type="{kind}" route="{route}" depart="{depart_s:.2f}" '
        f'departLane="best" departSpeed="max"/>'
    )


def _from_flows(
    street: Street, legs: list[Leg], period: Period, rng: np.random.Generator
) -> list[tuple[float, list[str]]]:
    """Poisson arrivals at each entry; each vehicle turns by the shares of the signals it meets."""
    begin, end = seconds(period.begin), seconds(period.end)
    part_s = (end - begin) / len(period.shape)
    drawn = []
    for entry, flow in period.flows_veh_h.items():
        for k, factor in enumerate(period.shape):
            n = rng.poisson(flow * factor * part_s / 3600.0)
            times = np.sort(rng.uniform(begin + k * part_s, begin + (k + 1) * part_s, n))
            drawn += [(float(t), _walk_through(street, legs, entry, rng)) for t in times]
    return sorted(drawn, key=lambda d: d[0])


def _walk_through(
    street: Street, legs: list[Leg], entry: str, rng: np.random.Generator
) -> list[str]:
    leg: Leg | None = next(leg for leg in legs if leg.origin == entry)
    path: list[str] = []
    while leg is not None:
        shares = next(s for s in street.signals if s.id == leg.signal).turns[leg.direction]
        turn = TURNS[int(rng.choice(3, p=np.array(shares) / sum(shares)))]
        edges, leg = _through_signal(legs, leg, turn)
        path += edges
    return path


def _through_signal(legs: list[Leg], leg: Leg, turn: str) -> tuple[list[str], Leg | None]:
    """Edges of a leg up to its stop line, and the next leg; the exit edge where there is none."""
    direction = {"L": LEFT, "R": RIGHT}.get(turn, {}).get(leg.direction, leg.direction)
    out = exit_edge(legs, leg.signal, direction)
    following = next((other for other in legs if other.edge == out), None)
    edges = [leg.edge] if leg.stop_edge == leg.edge else [leg.edge, leg.stop_edge]
    return (edges if following else [*edges, out]), following


def _from_counts(
    legs: list[Leg], period: Period, counts_csv: str, rng: np.random.Generator
) -> list[tuple[float, list[str]]]:
    """As many vehicles as were counted in each interval, at random times within it."""
    begin, end = seconds(period.begin), seconds(period.end)
    rows = list(csv.DictReader(io.StringIO(counts_csv)))
    step_s = seconds(rows[1]["start"]) - seconds(rows[0]["start"])
    drawn = []
    for row in rows:
        start = seconds(row["start"])
        if not begin <= start < end:
            continue
        for movement, count in row.items():
            if movement == "start":
                continue
            leg = next(leg for leg in legs if leg.direction == movement[:2])
            path, _ = _through_signal(legs, leg, movement[2])
            times = rng.uniform(start, start + step_s, int(count))
            drawn += [(float(t), path) for t in times]
    return sorted(drawn, key=lambda d: d[0])


def _pedestrians(
    street: Street, legs: list[Leg], period: Period, rng: np.random.Generator
) -> Iterator[tuple[float, str]]:
    """People who walk beside an approach and on along the other side of the crossing street."""
    begin, end = seconds(period.begin), seconds(period.end)
    for leg in legs:
        signal = next(s for s in street.signals if s.id == leg.signal)
        flow = signal.pedestrians_ped_h.get(leg.direction, 0.0) if street.sidewalk_m else 0.0
        out = exit_edge(legs, leg.signal, leg.direction)
        n = rng.poisson(flow * (end - begin) / 3600.0)
        for k, t in enumerate(np.sort(rng.uniform(begin, end, n))):
            yield (
                float(t),
                f'  <person id="p{leg.signal}{leg.direction}{k}" depart="{t:.2f}" '
                f'departPos="-30"><walk edges="{leg.stop_edge} {out}" arrivalPos="30"/></person>',
            )


def _bus_line(street: Street, legs: list[Leg], period: Period) -> Iterator[tuple[float, str]]:
    """Buses along the main street, each way, at a fixed headway."""
    if street.buses is None:
        return
    begin, end = seconds(period.begin), seconds(period.end)
    for direction in ("EB", "WB"):
        path = main_path(legs, direction)
        stops = [
            f'<stop busStop="{stop}" duration="{street.buses.dwell_s}"/>'
            for stop, _ in bus_stops(street, legs, direction)
        ]
        t, k = begin + street.buses.headway_s / 2, 0
        while t < end:
            yield (
                t,
                f'  <vehicle id="bus{direction}{k}" type="bus" depart="{t:.2f}" '
                f'departLane="best"><route edges="{" ".join(path)}"/>{"".join(stops)}</vehicle>',
            )
            t, k = t + street.buses.headway_s, k + 1


def main_path(legs: list[Leg], direction: str) -> list[str]:
    """Edges along the whole main street in one direction."""
    entry = "west" if direction == "EB" else "east"
    leg: Leg | None = next(leg for leg in legs if leg.origin == entry)
    path: list[str] = []
    while leg is not None:
        edges, leg = _through_signal(legs, leg, "T")
        path += edges
    return path


def bus_stops(street: Street, legs: list[Leg], direction: str) -> list[tuple[str, str]]:
    """Name and edge of the stops in one direction, in the order that a bus meets them."""
    if street.buses is None:
        return []
    path = main_path(legs, direction)
    wanted = {
        exit_edge(legs, signal, "EB" if direction == "EB" else "WB"): signal
        for signal in street.buses.stops_after
    }
    return [(f"{direction} after {wanted[e]}", e) for e in path if e in wanted]


def stops_xml(street: Street, legs: list[Leg]) -> str:
    """Bus stops on the kerb lane, 40 m behind the signal."""
    lane = int(street.sidewalk_m > 0)
    lines = [
        f'  <busStop id="{name}" lane="{edge}_{lane}" startPos="40" endPos="60"/>'
        for direction in ("EB", "WB")
        for name, edge in bus_stops(street, legs, direction)
    ]
    return "\n".join(["<additional>", *lines, "</additional>", ""])
