"""Which way each approach goes, and what a permitted turn gives way to."""

from __future__ import annotations

from ..site import Approach, Movement, Site

BEARINGS_DEG = {
    "NB": 0.0,
    "NE": 45.0,
    "EB": 90.0,
    "SE": 135.0,
    "SB": 180.0,
    "SW": 225.0,
    "WB": 270.0,
    "NW": 315.0,
}
OPPOSITE_WITHIN_DEG = 60.0


def bearing_deg(approach: Approach) -> float | None:
    """Direction of travel, clockwise from north: as stated, else by the approach's id."""
    if approach.bearing_deg is not None:
        return approach.bearing_deg
    return BEARINGS_DEG.get(approach.id[:2].upper())


def opposite(site: Site, approach: Approach) -> Approach | None:
    """The approach that comes from ahead: nearest to 180 degrees, 60 off at most."""
    own = bearing_deg(approach)
    if own is None:
        return None
    best, best_off = None, OPPOSITE_WITHIN_DEG
    for other in site.approaches:
        bearing = bearing_deg(other)
        if other.id == approach.id or bearing is None:
            continue
        off = abs((bearing - own) % 360.0 - 180.0)
        if off <= best_off:
            best, best_off = other, off
    return best


def gives_way_to(site: Site, movement: Movement) -> tuple[str, ...]:
    """Movements that this one yields to while permitted: as stated, else what HCM ch. 31 takes.

    A left turn (and a U-turn) yields to the opposing through and right turns; other turns yield
    to pedestrians only.
    """
    if movement.yields_to is not None:
        return tuple(m for m in movement.yields_to if m in site.movement_index)
    if movement.turn not in ("L", "U"):
        return ()
    ahead = opposite(site, site.approach(movement.approach))
    if ahead is None:
        return ()
    return tuple(m.id for m in site.movements if m.approach == ahead.id and m.turn in ("T", "R"))
