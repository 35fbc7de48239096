"""A site that leaves out its rings is timed one phase after another, and that is said."""

from __future__ import annotations

import pytest

from greenband.engine.site_assumed import assumptions_of
from greenband.engine.site_toml import parse_site

CROSS = """
id = "X"
approaches = [
  {id = "NB", lanes = ["TR"]}, {id = "SB", lanes = ["TR"]},
  {id = "EB", lanes = ["TR"]}, {id = "WB", lanes = ["TR"]},
]
phases = [
  {id = 2, protected = ["NBT", "NBR"]}, {id = 6, protected = ["SBT", "SBR"]},
  {id = 4, protected = ["EBT", "EBR"]}, {id = 8, protected = ["WBT", "WBR"]},
]
"""
NAMED = CROSS.replace("id = 2", 'id = "north"')
ONE_WAY = """
id = "X"
approaches = [{id = "NB", lanes = ["T"]}, {id = "EB", lanes = ["T"]}]
phases = [{id = 2, protected = ["NBT"]}, {id = 4, protected = ["EBT"]}]
"""


def test_what_was_assumed_and_how_to_write_rings() -> None:
    (text,) = assumptions_of(parse_site(CROSS))
    assert "timed one after another (2, 6, 4, 8)" in text
    assert "not even 2 and 6" in text
    assert "rings = [[[2], [4]], [[6], [8]]]" in text


def test_the_rings_that_it_proposes_are_taken() -> None:
    (text,) = assumptions_of(parse_site(CROSS))
    rings = text[text.index("rings = ") : text.index(", if the phases")]
    assert assumptions_of(parse_site(f"{rings}\n{CROSS}")) == []


def test_phases_with_names_get_stages() -> None:
    (text,) = assumptions_of(parse_site(NAMED))
    assert 'stages = [[...], [...]], each with phases out of "north", "6", "4", "8"' in text


@pytest.mark.parametrize(
    "stated",
    [
        "rings = [[[2], [4]], [[6], [8]]]",
        "stages = [[2, 6], [4, 8]]",
        "conflicts = [[2, 4], [2, 8], [6, 4], [6, 8]]",
    ],
)
def test_who_states_it_is_not_told(stated: str) -> None:
    assert assumptions_of(parse_site(f"{stated}\n{CROSS}")) == []


def test_phases_that_can_only_follow_each_other_need_no_word() -> None:
    assert assumptions_of(parse_site(ONE_WAY)) == []
