"""Junctions and small networks drawn by a seed: what a general policy is trained on.

One signal, a few in a row, or four in a square; three or four legs, one to three lanes, with and
without bays for left turns; speeds, lengths and angles vary. SUMO's netconvert guesses connections
and programs, as it does for most networks that people have.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from greenband.networks.street_builder import netconvert

SPEEDS_MPS = (8.33, 11.11, 13.89, 16.67)
CLEAR_OF_CENTRE_M = 14.0
"""About where the stop line lies."""
SHORTEST_WITH_BAY_M = 110.0


@dataclass(frozen=True)
class Road:
    """One direction of a road: an edge, with what lies between its ends.

    `bay_m` is the length of the bay for left turns in front of a signal, 0 for none.
    """

    start: str
    end: str
    lanes: int
    speed_mps: float
    bay_m: float = 0.0

    @property
    def edges(self) -> tuple[str, ...]:
        """Names of its edges, in the direction of travel."""
        name = f"{self.start}-{self.end}"
        return (name, f"{name}.bay") if self.bay_m else (name,)


@dataclass(frozen=True)
class Drawn:
    """Where nodes are, which of them are signals, and the roads between them."""

    nodes: dict[str, tuple[float, float]]
    signals: tuple[str, ...]
    roads: tuple[Road, ...]

    def into(self, node: str) -> list[Road]:
        """Roads that end at a node."""
        return [r for r in self.roads if r.end == node]

    def out_of(self, node: str) -> list[Road]:
        """Roads that begin at a node."""
        return [r for r in self.roads if r.start == node]


SIZES = ((1, 1), (1, 1), (1, 1), (2, 1), (3, 1), (2, 2))
"""Signals in a row, and rows."""
WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))
THREE_LEGS_RATIO = 0.3


def draw(rng: np.random.Generator) -> Drawn:
    """A network of one to four signals."""
    columns, rows = SIZES[int(rng.integers(len(SIZES)))]
    at_x, at_y = np.cumsum(rng.uniform(90.0, 330.0, (2, 3)), axis=1)
    nodes: dict[str, tuple[float, float]] = {}
    for i in range(columns):
        for j in range(rows):
            dx, dy = rng.uniform(-15.0, 15.0, 2)
            nodes[f"J{i}{j}"] = (float(at_x[i] + dx), float(at_y[j] + dy))
    signals = tuple(nodes)
    streets = [
        (int(rng.choice((1, 2, 2, 3))), float(rng.choice(SPEEDS_MPS)))
        for _ in range(columns + rows)
    ]
    left_out = int(rng.integers(4)) if rng.random() < THREE_LEGS_RATIO else -1
    roads: list[Road] = []
    for here in signals:
        i, j = int(here[1]), int(here[2])
        for way, (di, dj) in enumerate(WAYS):
            lanes, speed_mps = streets[j if di else rows + i]
            other = f"J{i + di}{j + dj}"
            if other in signals:
                roads.append(_towards(rng, nodes, here, other, lanes, speed_mps))
            elif columns * rows > 1 or way != left_out:
                end = f"{here}.{'EWNS'[way]}"
                nodes[end] = _outside(rng, nodes[here], di, dj)
                roads.append(_towards(rng, nodes, end, here, lanes, speed_mps))
                roads.append(Road(here, end, lanes, speed_mps))
    return Drawn(nodes, signals, tuple(roads))


def _outside(
    rng: np.random.Generator, at: tuple[float, float], di: int, dj: int
) -> tuple[float, float]:
    """The far end of a leg, some degrees off its direction."""
    length_m, off = rng.uniform(160.0, 350.0), rng.uniform(-0.25, 0.25)
    return (
        float(at[0] + length_m * (di - dj * off)),
        float(at[1] + length_m * (dj + di * off)),
    )


def _towards(
    rng: np.random.Generator,
    nodes: dict[str, tuple[float, float]],
    start: str,
    end: str,
    lanes: int,
    speed_mps: float,
) -> Road:
    """A road that ends at a signal, with a bay or without."""
    length_m = float(np.hypot(*np.subtract(nodes[end], nodes[start])))
    bay_m = 0.0
    if length_m > SHORTEST_WITH_BAY_M and rng.random() < 0.6:
        bay_m = float(rng.uniform(25.0, min(80.0, length_m - 60.0)))
    return Road(start, end, lanes, speed_mps, bay_m)


def write_net(drawn: Drawn, rng: np.random.Generator, folder: Path) -> Path:
    """The network as SUMO reads it, with a program for each signal.

    Raises InputError where netconvert refuses it.
    """
    files = {}
    for name, text in (
        ("nod", _nodes_xml(drawn)),
        ("edg", _edges_xml(drawn)),
        ("con", _connections_xml(drawn)),
    ):
        files[name] = folder / f"drawn.{name}.xml"
        files[name].write_text(text)
    net = folder / "drawn.net.xml"
    layout = "incoming" if rng.random() < 0.2 else "opposites"
    arguments = [
        *("-n", str(files["nod"]), "-e", str(files["edg"]), "-x", str(files["con"])),
        *("--no-turnarounds", "true", "--tls.layout", layout, "--tls.yellow.time", "3"),
        *("--tls.left-green.time", "6", "--no-warnings", "true", "-o", str(net)),
        *("--xml-validation", "never"),
    ]
    netconvert(arguments)
    return net


def _bay_start(drawn: Drawn, road: Road) -> tuple[float, float]:
    start, end = np.array(drawn.nodes[road.start]), np.array(drawn.nodes[road.end])
    back_m = road.bay_m + CLEAR_OF_CENTRE_M
    x, y = end + (start - end) / np.hypot(*(start - end)) * back_m
    return float(x), float(y)


def _nodes_xml(drawn: Drawn) -> str:
    lines = [
        f'<node id="{name}" x="{x:.2f}" y="{y:.2f}" '
        f'type="{"traffic_light" if name in drawn.signals else "priority"}"/>'
        for name, (x, y) in drawn.nodes.items()
    ]
    for road in drawn.roads:
        if road.bay_m:
            x, y = _bay_start(drawn, road)
            lines.append(f'<node id="{road.edges[1]}" x="{x:.2f}" y="{y:.2f}" type="priority"/>')
    return _document("nodes", lines)


def _edges_xml(drawn: Drawn) -> str:
    lines = []
    for road in drawn.roads:
        stops = [road.start, *road.edges[1:], road.end]
        for k, edge in enumerate(road.edges):
            lines.append(
                f'<edge id="{edge}" from="{stops[k]}" to="{stops[k + 1]}" priority="1" '
                f'numLanes="{road.lanes + k}" speed="{road.speed_mps}"/>'
            )
    return _document("edges", lines)


def _connections_xml(drawn: Drawn) -> str:
    """At the beginning of bays; what lies at signals is guessed."""
    lines = []
    for road in drawn.roads:
        if road.bay_m:
            pairs = [(k, k) for k in range(road.lanes)] + [(road.lanes - 1, road.lanes)]
            lines += [
                f'<connection from="{road.edges[0]}" to="{road.edges[1]}" '
                f'fromLane="{a}" toLane="{b}"/>'
                for a, b in pairs
            ]
    return _document("connections", lines)


def _document(root: str, lines: list[str]) -> str:
    return "\n".join([f"<{root}>", *(f"  {line}" for line in lines), f"</{root}>", ""])
