"""A site as planning sees it: counted pedestrians, turns that give way, change intervals."""

from __future__ import annotations

from collections.abc import Mapping

from .rules import Rules, with_limits
from .site import Phase, Site

CROSSED_BY_RIGHT = {"NB": "E", "EB": "S", "SB": "W", "WB": "N"}
"""The leg whose crosswalk the right turns of an approach drive over."""


def with_pedestrians(site: Site, pedestrians_ped_h: Mapping[str, float] | None) -> Site:
    """The site with counted pedestrians by leg in the crosswalks that right turns drive over."""
    if not pedestrians_ped_h:
        return site
    approaches = tuple(
        a.model_copy(update={"pedestrians_ped_h": float(pedestrians_ped_h[leg])})
        if (leg := CROSSED_BY_RIGHT.get(a.id[:2].upper(), "")) in pedestrians_ped_h
        else a
        for a in site.approaches
    )
    changed = site.model_copy(update={"approaches": approaches})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})


def with_yields(site: Site) -> Site:
    """The site with the turns of phases that give way to another as permitted ones.

    A phase of a net may be green alone in one stage and give way in the next: a permitted turn
    against nobody is as free as a protected one, so that this holds in both.
    """
    gives_way = {y.phase for y in site.yields}
    if not gives_way:
        return site
    phases = [
        p.model_copy(update={"protected": (), "permitted": (*p.protected, *p.permitted)})
        if p.id in gives_way
        else p
        for p in site.phases
    ]
    return with_phases(site, phases)


def with_stated_changes(site: Site, rules: Rules) -> Site:
    """Limits by the rules, but for the change intervals that the site states."""
    own = {"yellow_s", "red_clearance_s"}
    bare = [p.model_copy(update=dict.fromkeys(own)) for p in site.phases]
    limited = with_limits(with_phases(site, bare), rules)
    restored = [
        filled.model_copy(update=stated.model_dump(include=own, exclude_none=True))
        for filled, stated in zip(limited.phases, site.phases, strict=True)
    ]
    return with_phases(limited, restored)


def with_phases(site: Site, phases: list[Phase]) -> Site:
    """The site with other phases, whatever was looked up in it before forgotten."""
    changed = site.model_copy(update={"phases": tuple(phases)})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})
