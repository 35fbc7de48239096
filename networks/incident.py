"""An incident: a vehicle that stands in a lane for a while, as one that broke down does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from greenband.engine.errors import InputError

from .net_xml import NetLane, load_net
from .scenario import Scenario, with_digest
from .sumo_site import SumoSite

INCIDENT_ID = "greenband.incident"
"""No vehicle of the scenario: measures leave it out."""
SHORTEST_LANE_M = 40.0
VEHICLE_M = 7.0
BEGINS_AFTER = 1.0 / 3.0
"""Of the window, so that traffic has filled the network and can recover within it."""
WINDOW_S = 3600.0
"""Taken for a scenario without an end."""


def with_incident(
    scenario: Scenario, sites: Sequence[SumoSite], duration_s: float, seed: int, folder: Path
) -> Scenario:
    """The scenario with a lane of some approach blocked halfway along, which one drawn by seed.

    Only a lane with another one beside it is blocked, so that there is a way past. The vehicle
    comes into being there, as soon as there is room, and vanishes when it can go on. Raises
    InputError where no approach has two lanes.
    """
    lane = _drawn(_candidates(scenario, sites), scenario, seed)
    window_s = WINDOW_S if scenario.end_s is None else scenario.end_s - scenario.begin_s
    begins_s = scenario.begin_s + BEGINS_AFTER * window_s
    target = folder / f"{scenario.name}.incident-{seed}.rou.xml"
    target.write_text(_xml(lane, begins_s, duration_s), encoding="utf-8")
    return with_digest(replace(scenario, routes=(*scenario.routes, target.resolve())))


def _candidates(scenario: Scenario, sites: Sequence[SumoSite]) -> list[NetLane]:
    net = load_net(scenario.net, scenario.additional)
    names = {piece.lane for s in sites for pieces in s.upstream.values() for piece in pieces}
    lanes = [net.lanes[name] for name in sorted(names)]
    return [
        lane
        for lane in lanes
        if not lane.internal
        and lane.for_cars
        and lane.length_m >= SHORTEST_LANE_M
        and sum(net.lanes[other].for_cars for other in net.edges[lane.edge].lanes) > 1
    ]


def _drawn(lanes: list[NetLane], scenario: Scenario, seed: int) -> NetLane:
    if not lanes:
        raise InputError(
            f"incident in {scenario.name}",
            "no approach of a signal has a second lane beside the first",
            f"a road with two lanes for cars, {SHORTEST_LANE_M:g} m long or more",
            "Leave this scenario out of the suite, or the incident.",
        )
    return lanes[int(np.random.default_rng(seed).integers(len(lanes)))]


def _xml(lane: NetLane, begins_s: float, duration_s: float) -> str:
    end_m = 0.5 * lane.length_m + VEHICLE_M
    return (
        "<routes>\n"
        f'    <vType id="{INCIDENT_ID}" vClass="passenger"/>\n'
        f'    <trip id="{INCIDENT_ID}" type="{INCIDENT_ID}" depart="{begins_s:.2f}"'
        f' from="{lane.edge}" to="{lane.edge}" departLane="{lane.index}"'
        f' departPos="{end_m - 1.0:.2f}" departSpeed="0" arrivalPos="{end_m + 1.0:.2f}">\n'
        f'        <stop lane="{lane.id}" endPos="{end_m:.2f}" duration="{duration_s:.0f}"/>\n'
        "    </trip>\n"
        "</routes>\n"
    )
