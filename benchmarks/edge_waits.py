"""Where vehicles stood: seconds of standing by edge, from SUMO's own edge data."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from greenband.networks.scenario import Scenario
from greenband.networks.sumo_site import SumoSite
from greenband.networks.sumo_vehicles import edge_of

EDGE_FILE = "edges.xml"


class EdgeWait(NamedTuple):
    """Vehicles that were on an edge, and how long all of them stood there."""

    vehicles: int
    standing_s: float


def edge_output(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario with SUMO's edge data of the whole run switched on; `folder` gets the files."""
    path = folder / "edges.add.xml"
    file = quoteattr(str(folder / EDGE_FILE))
    path.write_text(
        f'<additional><edgeData id="greenband.edges" file={file} excludeEmpty="true"'
        f' begin="{scenario.begin_s:g}"/></additional>\n',
        encoding="utf-8",
    )
    return replace(scenario, additional=(*scenario.additional, path))


def read_edge_waits(folder: Path) -> dict[str, EdgeWait]:
    """By edge, what SUMO wrote; edges that nobody used are left out."""
    waits = {}
    for _, element in ET.iterparse(folder / EDGE_FILE):
        if element.tag == "edge":
            get = element.attrib
            vehicles = sum(float(get.get(k, 0.0)) for k in ("entered", "departed"))
            standing_s = float(get.get("waitingTime", 0.0))
            waits[get["id"]] = EdgeWait(round(vehicles), standing_s)
    return waits


def worst_approach_wait_s(waits: Mapping[str, EdgeWait], sites: Iterable[SumoSite]) -> float | None:
    """Mean standing time on the approach where it is longest, None where there is no vehicle.

    Per vehicle that reached the stop line's edge; pieces of an approach count once.
    """
    worst: float | None = None
    for site in sites:
        for approach in site.site.approaches:
            stop_line = {edge_of(lane.id) for lane in approach.lanes}
            pieces = {edge_of(p.lane) for lane in approach.lanes for p in site.upstream[lane.id]}
            vehicles = sum(waits[e].vehicles for e in stop_line if e in waits)
            standing_s = sum(waits[e].standing_s for e in stop_line | pieces if e in waits)
            if vehicles:
                worst = max(worst or 0.0, standing_s / vehicles)
    return worst
