"""What is assumed of a site that leaves out how its phases go together."""

from __future__ import annotations

from itertools import combinations, product

from .crossing import collide
from .site import Phase, Site

NEMA_RINGS = ((("1", "2"), ("3", "4")), (("5", "6"), ("7", "8")))
"""The usual eight: lefts odd, throughs even, the main street before the first barrier."""


def assumptions_of(site: Site) -> list[str]:
    """In words, what was taken for granted where a site states no rings, stages and conflicts.

    Empty where nothing was: what is stated holds, and phases whose right of way crosses can only
    go one after another.
    """
    if site.rings or site.stages or site.conflicts is not None:
        return []
    pair = next((p for p in combinations(site.phases, 2) if _may_go_together(site, *p)), None)
    if pair is None:
        return []
    order = ", ".join(p.id for p in site.phases)
    one, other = (p.id for p in pair)
    return [
        f"site {site.id} states neither rings nor stages: its {len(site.phases)} phases are timed "
        f"one after another ({order}), none beside another, not even {one} and {other}. "
        f"Where phases may be green together, say so at the top of site.toml: {_example(site)}"
    ]


def _may_go_together(site: Site, one: Phase, other: Phase) -> bool:
    pairs = product(one.protected, other.protected)
    return not any(collide(site, site.movement(a), site.movement(b)) for a, b in pairs)


def _example(site: Site) -> str:
    """Rings for phases that are numbered as NEMA's, else stages."""
    names = {p.id for p in site.phases}
    rings = [[[p for p in group if p in names] for group in ring] for ring in NEMA_RINGS]
    numbered = names <= {p for ring in NEMA_RINGS for group in ring for p in group}
    if numbered and all(any(ring) for ring in rings):
        used = [g for g in range(2) if any(ring[g] for ring in rings)]
        text = str([[[int(p) for p in ring[g]] for g in used] for ring in rings])
        return f"rings = {text}, if the phases are numbered as NEMA's (see docs/site.md)"
    quoted = ", ".join(f'"{p.id}"' for p in site.phases)
    return f"stages = [[...], [...]], each with phases out of {quoted} (see docs/site.md)"
