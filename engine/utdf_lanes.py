"""Lanes of a UTDF node: groups with counts and sharing codes become single lanes."""

from __future__ import annotations

from .site import Approach, Lane
from .utdf import UtdfMovement, UtdfNode
from .utdf_parse import FOOT_M

# Approaches that the Site doesn't know by name; UTDF's NE is traffic going north-east.
BEARINGS_DEG = {"NE": 45.0, "SE": 135.0, "SW": 225.0, "NW": 315.0}
# From the kerb to the middle of the road, as the Site lists lanes.
_FROM_KERB = ("R2", "R", "T", "L", "L2", "U")
# Shorter than a car with its gap would be no bay.
MIN_BAY_M = 7.6


def approach_of_node(node: UtdfNode, direction: str, open_turns: set[str]) -> Approach | None:
    """One approach of a node with its lanes from the kerb; None where it has no lane.

    ``open_turns``: the movements that exist. A bay is as long as its storage, another lane as
    its link. The edge lanes of a group are open to the turn that it is coded to share with.
    """
    own = {n: m for n, m in node.movements.items() if n[:2] == direction and n in open_turns}
    lanes = _lanes(node, direction, own)
    if not lanes:
        return None
    link = node.links.get(direction)
    heavy = [m.heavy_vehicles_percent for m in own.values()]
    rights = [m for n, m in own.items() if n[2] == "R"] or list(own.values())
    return Approach(
        id=direction,
        name=link.name if link else "",
        bearing_deg=BEARINGS_DEG.get(direction),
        lanes=tuple(lanes),
        heavy_vehicles_percent=max(heavy),
        bus_stops_h=max(m.bus_stops_h for m in own.values()),
        pedestrians_ped_h=max(m.peds_h for m in rights),
        bicycles_bike_h=max(m.bicycles_h for m in rights),
        **_of_link(node, direction),
    )


def _of_link(node: UtdfNode, direction: str) -> dict[str, float]:
    link = node.links.get(direction)
    known = {}
    if link and link.speed_mps:
        known["speed_mps"] = link.speed_mps
    if link:
        known["grade_percent"] = min(max(link.grade_percent, -15.0), 15.0)
    return known


def _lanes(node: UtdfNode, direction: str, own: dict[str, UtdfMovement]) -> list[Lane]:
    """Lanes from the kerb; the edge lanes of a group are open to the turn that it shares with."""
    order = [f"{direction}{turn}" for turn in _FROM_KERB if f"{direction}{turn}" in own]
    groups = [[{name} for _ in range(own[name].lanes)] for name in order]
    for k, name in enumerate(order):
        if not groups[k]:
            _share_edge(name, k, groups)
            continue
        if own[name].shared_right and k:
            groups[k][0].add(order[k - 1])
        if own[name].shared_left and k + 1 < len(order):
            groups[k][-1].add(order[k + 1])
    lengths_m = [_lengths_m(node, own[name]) for name in order]
    flat = [
        (turns, own[name], length_m)
        for name, group, lengths in zip(order, groups, lengths_m, strict=True)
        for turns, length_m in zip(group, lengths, strict=True)
    ]
    return [
        Lane(
            id=f"{direction}{k}",
            movements=tuple(n for n in own if n in turns),
            length_m=length_m,
            width_m=group.width_m or 12 * FOOT_M,
        )
        for k, (turns, group, length_m) in enumerate(flat, start=1)
    ]


def _share_edge(name: str, k: int, groups: list[list[set[str]]]) -> None:
    """Opens the nearest lane beside to a turn that has none of its own."""
    for j in [*range(k + 1, len(groups)), *range(k - 1, -1, -1)]:
        if groups[j]:
            groups[j][0 if j > k else -1].add(name)
            return


def _lengths_m(node: UtdfNode, movement: UtdfMovement) -> list[float]:
    """Length of each lane of a group; the bay's lanes are those away from the through lanes."""
    link = node.links.get(movement.name[:2])
    whole_m = max(link.distance_m or 300.0, MIN_BAY_M) if link else 300.0
    if movement.storage_m is None or movement.name[2] == "T":
        return [whole_m] * movement.lanes
    bay = min(movement.storage_lanes or movement.lanes, movement.lanes)
    bay_m = max(movement.storage_m, MIN_BAY_M)
    whole = [whole_m] * (movement.lanes - bay)
    return [bay_m] * bay + whole if movement.name[2] == "R" else whole + [bay_m] * bay
