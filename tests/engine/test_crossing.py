"""Which protected movements collide, against a crossroads drawn on paper."""

from __future__ import annotations

import pytest

from greenband.engine.crossing import collide
from greenband.engine.errors import InputError
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site

FOUR_LEGS = """
id = "four legs"
rings = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
approaches = [
  { id = "NB", lanes = ["L", "TR"] },
  { id = "SB", lanes = ["L", "TR"] },
  { id = "EB", lanes = ["L", "TR"] },
  { id = "WB", lanes = ["L", "TR"] },
]
phases = [
  { id = 1, protected = ["WBL"] },
  { id = 2, protected = ["EBT", "EBR"] },
  { id = 3, protected = ["NBL"] },
  { id = 4, protected = ["SBT", "SBR"] },
  { id = 5, protected = ["EBL"] },
  { id = 6, protected = ["WBT", "WBR"] },
  { id = 7, protected = ["SBL"] },
  { id = 8, protected = ["NBT", "NBR"] },
]
"""


@pytest.fixture
def site() -> Site:
    return parse_site(FOUR_LEGS, "site.toml")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("NBT", "SBT", False),
        ("NBL", "SBL", False),
        ("NBL", "SBT", True),
        ("NBL", "SBR", False),
        ("NBT", "EBT", True),
        ("NBT", "WBT", True),
        ("NBT", "WBR", False),
        ("NBL", "WBT", True),
        ("NBL", "EBR", False),
        ("NBR", "EBT", False),
        ("NBT", "EBR", False),
        ("NBL", "EBL", True),
    ],
)
def test_paths_that_cross_or_merge(site: Site, one: str, other: str, expected: bool) -> None:
    assert collide(site, site.movement(one), site.movement(other)) is expected
    assert collide(site, site.movement(other), site.movement(one)) is expected


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("[[5, 6], [7, 8]]", "[[5, 8], [7, 6]]", r"rings\[0\]\[0\]"),
        ('protected = ["WBT", "WBR"]', 'protected = ["WBT", "WBR", "EBL"]', r"phases\[5\]"),
    ],
)
def test_a_collision_is_refused_with_its_place(right: str, wrong: str, place: str) -> None:
    with pytest.raises(InputError, match=place) as refused:
        parse_site(FOUR_LEGS.replace(right, wrong), "site.toml")
    assert "paths cross" in refused.value.found


def test_stated_conflicts_are_believed() -> None:
    text = FOUR_LEGS.replace('["WBT", "WBR"]', '["WBT", "WBR", "EBL"]')
    site = parse_site(text.replace("rings =", "conflicts = []\nrings ="), "site.toml")
    assert site.conflicts == ()


def test_a_right_turn_in_a_shared_lane_needs_a_phase() -> None:
    with pytest.raises(InputError, match="EBR, which no phase serves"):
        parse_site(FOUR_LEGS.replace('["EBT", "EBR"]', '["EBT"]'), "site.toml")
