"""A UTDF file from nothing: the node of a site, its legs, links and lane groups."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .site import Approach, Lane, Site
from .utdf_lanes import BEARINGS_DEG
from .utdf_parse import FOOT_M, MPH_MPS
from .utdf_table import TITLES, Record, Section, UtdfFile, with_records
from .yielding import bearing_deg

_HEADING_DEG = {"U": 180.0, "L": -90.0, "T": 0.0, "R": 90.0}
# Length of a drawn leg; the links have their own distances.
LEG_M = 300.0


@dataclass(frozen=True)
class _Leg:
    """Where a link leaves the node, with the external node at its end."""

    toward_deg: float
    node: str


def new_file(site: Site, phf: float) -> UtdfFile:
    """The file of one node without its timing: external nodes, links and lane groups.

    Lengths in feet, speeds in mph. Several through lanes that share with one turn become one:
    UTDF has a single code for it.
    """
    legs = _legs(site)
    sections = {
        "Network": [Record(n, "", {"DATA": c}) for n, c in _settings(site).items()],
        "Nodes": [_node_record(site.id, "0", 0.0, 0.0, site), *_external_records(legs)],
        "Links": _link_records(site, legs),
        "Lanes": _lane_records(site, legs, phf),
        "Timeplans": [],
        "Phases": [],
    }
    empty = tuple(Section(name, (), ()) for name in TITLES)
    file = UtdfFile(f"site {site.id}", empty)
    for name, records in sections.items():
        file = with_records(file, name, records)
    return file


def _settings(site: Site) -> dict[str, str]:
    flow = f"{site.area.base_saturation_flow_veh_h:g}"
    return {"UTDFVERSION": "8", "Metric": "0", "DefFlow": flow, "PedSpeed": "3.5"}


def _legs(site: Site) -> list[_Leg]:
    """A leg for every approach and every exit; directions within 45 degrees are one leg."""
    toward = [(_bearing(site, a.id) + 180) % 360 for a in site.approaches]
    for movement in site.movements:
        heading = _heading(site, movement.id)
        if all(_apart(heading, other) > 45 for other in toward):
            toward.append(heading)
    return [_Leg(deg, f"{site.id}{k:02d}") for k, deg in enumerate(toward, start=1)]


def _bearing(site: Site, approach: str) -> float:
    known = bearing_deg(site, approach)
    return known if known is not None else BEARINGS_DEG.get(approach, 0.0)


def _heading(site: Site, movement: str) -> float:
    own = site.movement(movement)
    return (_bearing(site, own.approach) + _HEADING_DEG[own.turn]) % 360


def _apart(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


def _leg_toward(legs: list[_Leg], toward_deg: float) -> _Leg:
    return min(legs, key=lambda leg: _apart(leg.toward_deg, toward_deg))


def _external_records(legs: list[_Leg]) -> list[Record]:
    return [
        _node_record(
            leg.node, "1",
            LEG_M / FOOT_M * math.sin(math.radians(leg.toward_deg)),
            LEG_M / FOOT_M * math.cos(math.radians(leg.toward_deg)),
            None,
        )
        for leg in legs
    ]  # fmt: skip


def _node_record(node: str, kind: str, x_ft: float, y_ft: float, site: Site | None) -> Record:
    cells = {"TYPE": kind, "X": f"{x_ft:.0f}", "Y": f"{y_ft:.0f}", "Z": "0"}
    cells["DESCRIPTION"] = site.name if site else ""
    cells["CBD"] = "1" if site and site.area.cbd else ""
    return Record("", node, cells)


def _link_records(site: Site, legs: list[_Leg]) -> list[Record]:
    fields: dict[str, dict[str, str]] = {}
    for approach in site.approaches:
        up = _leg_toward(legs, _bearing(site, approach.id) + 180)
        cells = {
            "Up ID": up.node,
            "Lanes": str(len(approach.lanes)),
            "Name": approach.name,
            "Distance": f"{max(lane.length_m for lane in approach.lanes) / FOOT_M:.0f}",
            "Speed": f"{approach.speed_mps / MPH_MPS:.0f}",
            "Grade": f"{approach.grade_percent:g}",
        }
        for name, cell in cells.items():
            fields.setdefault(name, {})[approach.id] = cell
    return [Record(name, site.id, cells) for name, cells in fields.items()]


def _lane_records(site: Site, legs: list[_Leg], phf: float) -> list[Record]:
    fields: dict[str, dict[str, str]] = {}
    for approach in site.approaches:
        up = _leg_toward(legs, _bearing(site, approach.id) + 180)
        for movement in (m for m in site.movements if m.approach == approach.id):
            cells = {
                "Up Node": up.node,
                "Dest Node": _leg_toward(legs, _heading(site, movement.id)).node,
                **_lane_group(approach, movement.id),
                "PHF": f"{phf:.2f}",
                "Growth": "100",
                "HeavyVehicles": f"{_heavy(approach, movement.heavy_vehicles_percent):g}",
                "IdealFlow": f"{site.area.base_saturation_flow_veh_h:g}",
                "BusStops": f"{approach.bus_stops_h:g}",
                "Peds": f"{approach.pedestrians_ped_h:g}" if movement.turn == "R" else "0",
                "Bicycles": f"{approach.bicycles_bike_h:g}" if movement.turn == "R" else "0",
                "Allow RTOR": "1",
            }
            for name, cell in cells.items():
                fields.setdefault(name, {})[movement.id] = cell
    return [Record(name, site.id, cells) for name, cells in fields.items()]


def _heavy(approach: Approach, own: float | None) -> float:
    return approach.heavy_vehicles_percent if own is None else own


def _lane_group(approach: Approach, movement: str) -> dict[str, str]:
    """Lanes that UTDF codes with a movement, and with which turns it shares them.

    Shared lanes are the through movement's, else the left turn's.
    """
    lanes = [lane for lane in approach.lanes if _coded_with(lane) == movement]
    others = {name[2] for lane in lanes for name in lane.movements if name != movement}
    left = (movement[2] != "L" and "L" in others) or "U" in others
    right = movement[2] != "R" and "R" in others
    whole_m = max(lane.length_m for lane in approach.lanes)
    bays = [lane for lane in lanes if lane.length_m < whole_m and movement[2] != "T"]
    return {
        "Lanes": str(len(lanes)),
        "Shared": str((1 if left else 0) + (2 if right else 0)),
        "Width": f"{lanes[0].width_m / FOOT_M:.1f}" if lanes else "",
        "Storage": f"{bays[0].length_m / FOOT_M:.0f}" if bays else "",
        "StLanes": str(len(bays)) if bays else "",
    }


def _coded_with(lane: Lane) -> str:
    """The movement that a lane counts for: through, else left, right, U."""
    return min(lane.movements, key=lambda name: ("TLRU".index(name[2]), name))
