"""Which movements would collide if both had right of way, by compass and turn.

For traffic that drives on the right. Where a site is otherwise, it states its conflicts.
"""

from __future__ import annotations

from .site import Movement, Site
from .yielding import bearing_deg

SIDE_DEG = 5.0
"""On a circle around the junction, a leg's way in and its way out lie this far off its middle."""
TURNED_DEG = {"L": -90.0, "T": 0.0, "R": 90.0}


def collide(site: Site, one: Movement, other: Movement) -> bool:
    """True where two protected movements of different approaches cross or merge.

    A right turn may merge: it has the kerb lane to itself. False where a direction is not known.
    """
    a, b = _way(site, one), _way(site, other)
    if a is None or b is None or one.approach == other.approach:
        return False
    if abs((a[1] - b[1] + 180.0) % 360.0 - 180.0) < SIDE_DEG:
        return "R" not in (one.turn, other.turn)
    return _within(a, b[0]) != _within(a, b[1])


def _way(site: Site, movement: Movement) -> tuple[float, float] | None:
    """Where a movement enters and leaves the junction: degrees clockwise from north."""
    bearing = bearing_deg(site, movement.approach)
    if bearing is None or movement.turn == "U":
        return None
    enters = (bearing + 180.0 - SIDE_DEG) % 360.0
    return enters, (bearing + TURNED_DEG[movement.turn] + SIDE_DEG) % 360.0


def _within(way: tuple[float, float], point_deg: float) -> bool:
    """True for a point on the way round, clockwise, from a movement's entry to its exit."""
    return (point_deg - way[0]) % 360.0 < (way[1] - way[0]) % 360.0
