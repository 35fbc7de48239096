"""Puts a Site that somebody wrote over the signal that a net has: rings, phases, limits.

The net keeps what only it knows (lanes, links, loops, lengths); the written Site gives the
phases with their limits and the rings. The two meet in the movements' names (NBL, EBT), which a
net read by `read_net` uses too.
"""

from __future__ import annotations

from dataclasses import replace

from greenband.engine.errors import InputError
from greenband.engine.site import Approach, Phase, Site
from greenband.engine.site_toml import parse_site

from .net_reader import read_scenario
from .scenario import Scenario
from .sumo_site import Link, SumoSite, Uncontrolled

FROM_NET = frozenset({"id", "name", "bearing_deg", "lanes"})
"""What of an approach the net knows better."""


def read_signals(scenario: Scenario) -> tuple[list[SumoSite], list[Uncontrolled]]:
    """The signals of a scenario: its net's, under the written sites where it has any.

    A written site lies in the folder `sites` beside the .sumocfg, named after its signal.
    Raises InputError with the place in the net or the site file.
    """
    signals, uncontrolled = read_scenario(scenario)
    if scenario.sites is None:
        return signals, uncontrolled
    written = {path.stem: path for path in sorted(scenario.sites.glob("*.toml"))}
    return [
        with_site(s, parse_site(written[s.signal_id].read_text("utf-8"), str(written[s.signal_id])))
        if s.signal_id in written
        else s
        for s in signals
    ], uncontrolled


def with_site(signal: SumoSite, site: Site) -> SumoSite:
    """The signal of a net, controlled by a written Site's phases and rings.

    A crosswalk walks with the phase that serves the approach whose right turns cross it.
    Raises InputError where a movement of the net has no phase in the Site.
    """
    approaches = tuple(_approach(a, site) for a in signal.site.approaches)
    merged = site.model_copy(
        update={
            "id": signal.site.id,
            "name": site.name or signal.site.name,
            "approaches": approaches,
            "movements": signal.site.movements,
            "detectors": signal.site.detectors,
        }
    )
    merged = Site.model_construct(**{name: getattr(merged, name) for name in Site.model_fields})
    return replace(
        signal,
        site=merged,
        links=tuple(_link(merged, signal, link) for link in signal.links),
        stage_states={},
    )


def _approach(read: Approach, site: Site) -> Approach:
    written = next((a for a in site.approaches if a.id == read.id), None)
    if written is None:
        return read
    stated = written.model_fields_set - FROM_NET
    return read.model_copy(update={name: getattr(written, name) for name in stated})


def _link(site: Site, signal: SumoSite, link: Link) -> Link:
    if link.crosses:
        return replace(link, phase="", walk=_walking_phase(site, link), constant="")
    if not link.movement:
        return link
    protected = [p.id for p in site.phases if link.movement in p.protected]
    permitted = [p.id for p in site.phases if link.movement in p.permitted]
    if not protected and not permitted:
        raise InputError(
            f"site {site.id}, movement {link.movement}",
            "the net has this movement and no phase of the site file serves it",
            "every movement of the net in some phase's protected or permitted",
            "Add it to a phase; `greenband scenarios --sites` lists the net's movements.",
        )
    phase = (protected or permitted)[0]
    also = permitted[0] if protected and permitted else ""
    minor = not protected or _turns_over_crosswalk(site, signal, link)
    return replace(link, phase=phase, also=also, minor=minor, constant="", red="r")


def _turns_over_crosswalk(site: Site, signal: SumoSite, link: Link) -> bool:
    """A right turn gives way to people who walk beside it."""
    return site.movement(link.movement).turn == "R" and any(k.crosses for k in signal.links)


def _walking_phase(site: Site, link: Link) -> str:
    """The phase with which people cross a leg.

    People who cross a leg walk beside the traffic whose right turns enter it; in left-hand
    traffic they would be its left turns.
    """
    for phase in site.phases:
        if phase.crossing_m is not None and _enters(site, phase, link.crosses):
            return phase.id
    return ""


def _enters(site: Site, phase: Phase, legs: tuple[str, ...]) -> bool:
    """True where right turns that the phase serves leave by the leg of one of these approaches."""
    headings = {_leaving_deg(site, m) for m in phase.protected if site.movement(m).turn == "R"}
    arriving = [
        a.bearing_deg for a in site.approaches if a.id in legs and a.bearing_deg is not None
    ]
    return any(
        h is not None and abs((h - a + 180.0) % 360.0 - 180.0) > 135.0
        for h in headings
        for a in arriving
    )


def _leaving_deg(site: Site, movement: str) -> float | None:
    """The direction in which a right turn leaves."""
    bearing = site.approach(site.movement(movement).approach).bearing_deg
    return None if bearing is None else (bearing + 90.0) % 360.0
