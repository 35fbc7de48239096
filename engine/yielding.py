"""Which movements a turn gives way to, where the site does not say."""

from __future__ import annotations

from .site import Movement, Site

OPPOSING_WITHIN_DEG = 45.0
"""Two approaches oppose each other where their directions differ by 180 degrees, give or take."""
BEARINGS_DEG = {
    "NB": 0.0,
    "NEB": 45.0,
    "EB": 90.0,
    "SEB": 135.0,
    "SB": 180.0,
    "SWB": 225.0,
    "WB": 270.0,
    "NWB": 315.0,
}


def bearing_deg(site: Site, approach_id: str) -> float | None:
    """Direction of travel of an approach: as stated, else by its name (NB, EB, ...)."""
    approach = site.approach(approach_id)
    if approach.bearing_deg is not None:
        return approach.bearing_deg
    return BEARINGS_DEG.get(approach_id.upper(), BEARINGS_DEG.get(approach.name.upper()))


def opposes(site: Site, one: str, other: str) -> bool:
    """True where two approaches come head on; False too where a direction is not known."""
    a, b = bearing_deg(site, one), bearing_deg(site, other)
    if a is None or b is None or one == other:
        return False
    return abs((a - b) % 360.0 - 180.0) <= OPPOSING_WITHIN_DEG


def yields_to(site: Site, movement: Movement) -> tuple[str, ...]:
    """Movements that a permitted movement gives way to.

    As stated, else for a left or U turn the opposing through and right.
    """
    if movement.yields_to is not None:
        return movement.yields_to
    if movement.turn not in ("L", "U"):
        return ()
    return tuple(
        m.id
        for m in site.movements
        if m.turn in ("T", "R") and opposes(site, movement.approach, m.approach)
    )
