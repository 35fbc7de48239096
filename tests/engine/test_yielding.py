"""Whom a permitted turn gives way to."""

from __future__ import annotations

import pytest

from greenband.engine.site import Approach, Lane, Movement, Phase, Site
from greenband.engine.yielding import bearing_deg, opposes, yields_to


def site_of(*approaches: tuple[str, str, float | None], **left: object) -> Site:
    movements = tuple(
        Movement(id=f"{a}{t}", approach=a, turn=t, **(left if (k, t) == (0, "L") else {}))
        for k, (a, _, _) in enumerate(approaches)
        for t in ("L", "T", "R")
    )
    return Site(
        id="X",
        approaches=tuple(
            Approach(id=a, name=name, bearing_deg=b, lanes=(Lane(id=a, movements=(f"{a}T",)),))
            for a, name, b in approaches
        ),
        movements=movements,
        phases=(Phase(id="1", protected=tuple(m.id for m in movements)),),
    )


def test_a_left_gives_way_to_the_opposing_through_and_right() -> None:
    site = site_of(("NB", "", None), ("SB", "", None), ("EB", "", None))
    assert yields_to(site, site.movement("NBL")) == ("SBT", "SBR")
    assert yields_to(site, site.movement("NBT")) == ()
    assert yields_to(site, site.movement("EBL")) == ()


def test_what_is_stated_wins() -> None:
    site = site_of(("NB", "", None), ("SB", "", None), yields_to=("SBT",))
    assert yields_to(site, site.movement("NBL")) == ("SBT",)
    assert yields_to(site, site.movement("SBL")) == ("NBT", "NBR")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(0, 180, True), (10, 145, True), (10, 144, False), (350, 170, True), (90, 0, False)],
)
def test_approaches_oppose_within_45_degrees(one: float, other: float, expected: bool) -> None:
    assert opposes(site_of(("a", "", one), ("b", "", other)), "a", "b") is expected


def test_directions_are_stated_or_known_by_id_or_name() -> None:
    site = site_of(("NB", "", 20.0), ("x", "wb", None), ("y", "", None))
    assert [bearing_deg(site, a) for a in ("NB", "x", "y")] == [20.0, 270.0, None]
    assert not opposes(site, "NB", "y")
