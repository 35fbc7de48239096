"""Names of movements, crossings and heavy-vehicle columns in the spellings that are about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.movement_names import (
    APPROACHES,
    TURNS,
    approach_of,
    classify,
    movement_name,
    pedestrian_leg,
    turn_of,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NBL", "NBL"),
        ("nbt", "NBT"),
        ("NB-Left", "NBL"),
        ("Northbound_Through", "NBT"),
        ("SB Thru", "SBT"),
        ("EBTH", "EBT"),
        ("WB Right Turn", "WBR"),
        ("EBU", "EBU"),
        ("Eastbound U-Turn", "EBU"),
        ("NBL2", "NBL2"),
        ("SWR2", "SWR2"),
        ("Northeastbound Left", "NEL"),
    ],
)
def test_movements(text: str, name: str) -> None:
    assert movement_name(text) == name
    assert classify(text) == ("vehicles", name)


@pytest.mark.parametrize("text", ["", "Total", "NB", "L", "NBX", "NL", "start", "NBT3", "TNB"])
def test_what_is_no_movement(text: str) -> None:
    assert movement_name(text) is None
    assert classify(text) is None


@pytest.mark.parametrize(
    ("text", "leg"),
    [
        ("PED_N", "N"),
        ("PED_S", "S"),
        ("Ped South", "S"),
        ("Pedestrians South", "S"),
        ("N_PED", "N"),
        ("Peds North", "N"),
        ("Pedestrians West", "W"),
        ("NB_PED", "S"),
        ("EB Peds", "W"),
        ("Southbound Pedestrians", "N"),
        ("PED_WB", "E"),
    ],
)
def test_a_crossing_is_named_by_its_leg(text: str, leg: str) -> None:
    assert pedestrian_leg(text) == leg
    assert classify(text) == ("pedestrians", leg)


@pytest.mark.parametrize(
    ("text", "name"),
    [("NBT_HV", "NBT"), ("HV_NBL", "NBL"), ("NB Thru Trucks", "NBT"), ("EBL Heavy", "EBL")],
)
def test_heavy_vehicles(text: str, name: str) -> None:
    assert classify(text) == ("heavy", name)


@given(st.sampled_from(APPROACHES), st.sampled_from(TURNS))
def test_every_plain_name_is_itself_and_comes_apart(approach: str, turn: str) -> None:
    name = movement_name(approach + turn)
    assert name == approach + turn
    assert (approach_of(name), turn_of(name)) == (approach, turn)
