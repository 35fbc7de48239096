"""Lanes of a UTDF node: counts and sharing codes become lanes from the kerb."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenband.engine.utdf import UtdfLink, UtdfMovement, UtdfNode
from greenband.engine.utdf_checks import lanes_open_to
from greenband.engine.utdf_lanes import approach_of_node


def movement(name: str, lanes: int, left: bool = False, right: bool = False) -> UtdfMovement:
    return UtdfMovement(
        name=name, up_node=1, dest_node=2, lanes=lanes, shared_left=left, shared_right=right,
        width_m=3.6, storage_m=None, storage_lanes=None, taper_m=None, volume_veh_h=100.0,
        peds_h=0.0, bicycles_h=0.0, phf=0.92, growth_percent=100.0, heavy_vehicles_percent=2.0,
        bus_stops_h=0.0, ideal_flow_veh_h=1900.0, saturation_flow_veh_h=None, phases=(2,),
        permitted_phases=(), detector_phases=(), uncontrolled=False, right_turn_on_red=True,
        channelized=0, lost_time_adjust_s=0.0,
    )  # fmt: skip


def node(*movements: UtdfMovement) -> UtdfNode:
    link = UtdfLink("NB", 1, "Main St", 3, 200.0, 15.0, 0.0, 10.0)
    return UtdfNode(5, "signal", 0.0, 0.0, "", False, {"NB": link}, {m.name: m for m in movements})


def lanes(*movements: UtdfMovement) -> list[tuple[str, ...]]:
    approach = approach_of_node(node(*movements), "NB", {m.name for m in movements})
    assert approach is not None
    return [lane.movements for lane in approach.lanes]


@pytest.mark.parametrize(
    ("coded", "expected"),
    [
        ([("NBL", 1), ("NBT", 2), ("NBR", 1)], ["R", "T", "T", "L"]),
        ([("NBL", 2), ("NBT", 3), ("NBR", 0, "T right")], ["TR", "T", "T", "L", "L"]),
        ([("NBL", 0), ("NBT", 1, "both"), ("NBR", 0)], ["LTR"]),
        ([("NBL", 0), ("NBT", 2, "left"), ("NBR", 1)], ["R", "T", "LT"]),
        ([("NBL", 1, "right"), ("NBR", 0)], ["LR"]),
        ([("NBL", 1, "right"), ("NBR", 1)], ["R", "LR"]),
        ([("NBL", 1), ("NBT", 1), ("NBR", 0)], ["TR", "L"]),  # not coded as shared: the nearest
        ([("NBL", 0), ("NBT", 1), ("NBR", 1)], ["R", "LT"]),
    ],
)
def test_lanes_from_the_kerb(coded: list[tuple[str, ...]], expected: list[str]) -> None:
    through_right = any(len(c) > 2 and c[2] == "T right" for c in coded)
    movements = []
    for name, count, *code in coded:
        how = code[0] if code else ""
        right = how in ("right", "both") or (through_right and name == "NBT")
        movements.append(movement(name, int(count), left=how in ("left", "both"), right=right))
    found = ["".join(m[2] for m in names) for names in lanes(*movements)]
    assert found == expected


def test_a_bay_is_as_long_as_its_storage_and_the_rest_as_the_link() -> None:
    left = replace(movement("NBL", 2), storage_m=60.0, storage_lanes=1)
    right = replace(movement("NBR", 2), storage_m=40.0, storage_lanes=1)
    all_three = (left, movement("NBT", 1), right)
    approach = approach_of_node(node(*all_three), "NB", {m.name for m in all_three})
    assert approach is not None
    assert [lane.length_m for lane in approach.lanes] == [40.0, 200.0, 200.0, 200.0, 60.0]


def test_an_approach_without_lanes_is_none() -> None:
    assert approach_of_node(node(movement("NBT", 0)), "NB", {"NBT"}) is None
    assert approach_of_node(node(movement("NBT", 1)), "NB", set()) is None


def test_u_turns_share_the_lane_by_the_median() -> None:
    assert lanes(movement("NBU", 0), movement("NBL", 1, left=True), movement("NBT", 1)) == [
        ("NBT",),
        ("NBU", "NBL"),
    ]


@pytest.mark.parametrize(("name", "expected"), [("NBL", 1), ("NBT", 2), ("NBR", 1)])
def test_lanes_open_to_a_movement(name: str, expected: int) -> None:
    coded = node(movement("NBL", 1), movement("NBT", 2, right=True), movement("NBR", 0))
    assert lanes_open_to(coded, coded.movements[name]) == expected
