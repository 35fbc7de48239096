"""Traffic for a drawn network: how much, which way and how people drive, all by the seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .drawn_network import Drawn, Road

PART_S = 300.0
"""Flows change so often."""
SATURATION_VEH_H = 1700.0
MOST_SIGNALS = 8
"""On the way of one vehicle."""


def write_demand(drawn: Drawn, rng: np.random.Generator, seconds: int, folder: Path) -> Path:
    """A route file with `seconds` of traffic, from nearly none to about capacity.

    Saturation flow varies by the headway that drivers keep and how they start.
    """
    shares = {road: _shares(drawn, rng, road) for road in drawn.roads}
    # the degree of saturation that two streets with equal lanes would have
    level = float(rng.uniform(0.15, 0.65))
    departing: list[tuple[float, tuple[Road, ...]]] = []
    entries = [r for r in drawn.roads if r.start not in drawn.signals]
    for entry in entries:
        flow_veh_h = entry.lanes * SATURATION_VEH_H / 2.0 * level * float(rng.uniform(0.2, 1.4))
        for start_s in np.arange(0.0, seconds, PART_S):
            mean = flow_veh_h * float(rng.uniform(0.6, 1.4)) * PART_S / 3600.0
            times_s = rng.uniform(start_s, start_s + PART_S, rng.poisson(mean))
            departing += [(float(t), _walk(drawn, rng, shares, entry)) for t in times_s]
    path = folder / "drawn.rou.xml"
    path.write_text(_routes_xml(rng, sorted(departing, key=lambda d: d[0])))
    return path


def _shares(drawn: Drawn, rng: np.random.Generator, road: Road) -> tuple[list[Road], list[float]]:
    """Where the vehicles of a road go, and in what shares; most go straight on."""
    ways = [r for r in drawn.out_of(road.end) if r.end != road.start]
    here = np.subtract(drawn.nodes[road.end], drawn.nodes[road.start])
    weights = []
    for way in ways:
        there = np.subtract(drawn.nodes[way.end], drawn.nodes[way.start])
        straight = float(here @ there) / float(np.hypot(*here) * np.hypot(*there))
        weights.append(
            float(rng.uniform(0.05, 0.5))
            + (float(rng.uniform(0.3, 2.0)) if straight > 0.7 else 0.0)
        )
    total = sum(weights)
    return ways, [w / total for w in weights]


def _walk(
    drawn: Drawn,
    rng: np.random.Generator,
    shares: dict[Road, tuple[list[Road], list[float]]],
    entry: Road,
) -> tuple[Road, ...]:
    path = [entry]
    while path[-1].end in drawn.signals and len(path) < MOST_SIGNALS:
        ways, ratios = shares[path[-1]]
        path.append(ways[int(rng.choice(len(ways), p=ratios))])
    return tuple(path)


def _routes_xml(rng: np.random.Generator, departing: list[tuple[float, tuple[Road, ...]]]) -> str:
    sigma, tau_s = rng.uniform(0.0, 0.5), rng.uniform(0.9, 1.4)
    accel_mps2, heavy = rng.uniform(2.0, 3.0), rng.uniform(0.0, 0.1)
    common = f'sigma="{sigma:.2f}" tau="{tau_s:.2f}"'
    lines = [
        f'<vType id="car" {common} accel="{accel_mps2:.2f}" '
        'speedFactor="normc(1.00,0.10,0.70,1.30)"/>',
        f'<vType id="truck" vClass="truck" length="9.5" {common} '
        'speedFactor="normc(0.95,0.08,0.70,1.20)"/>',
    ]
    for k, (t, path) in enumerate(departing):
        kind = "truck" if rng.random() < heavy else "car"
        edges = " ".join(edge for road in path for edge in road.edges)
        lines.append(
            f'<vehicle id="v{k}" type="{kind}" depart="{t:.1f}" departLane="best" '
            f'departSpeed="max"><route edges="{edges}"/></vehicle>'
        )
    return "\n".join(["<routes>", *(f"  {line}" for line in lines), "</routes>", ""])
