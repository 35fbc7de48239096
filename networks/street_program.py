"""The timing that a described street has before anybody improves it, as SUMO programs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from greenband.engine.plan import Plan, Split, Window, change_s, green_windows
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import Phase, Site

from .street_description import Signal, Street
from .street_geometry import Leg
from .street_sites import THROUGH, crossed_by_right_turns

TURN_OF_DIR = {"r": "R", "s": "T", "l": "L"}


def described_plan(signal: Signal) -> Plan:
    """The splits of the description as a Plan."""
    splits = {str(p): s for p, s in signal.splits_s.items()}
    ring = [str(p) for group in signal.rings[0] for p in group]
    return Plan(
        site=signal.id,
        cycle_s=sum(splits[p] for p in ring),
        offset_s=signal.offset_s,
        phases=tuple(Split(id=p, split_s=s) for p, s in splits.items()),
    )


def programs_xml(street: Street, net: Path, sites: Mapping[str, Site], legs: list[Leg]) -> str:
    """A `<tlLogics>` document with one static program a signal."""
    root = ET.parse(net).getroot()
    lines = ["<tlLogics>"]
    for signal in street.signals:
        site = with_limits(sites[signal.id], STREET)
        links = _links(root, signal.id, legs)
        lines.append(
            f'  <tlLogic id="{signal.id}" type="static" programID="0" offset="{signal.offset_s:g}">'
        )
        for state, run in groupby(_states(site, described_plan(signal), links)):
            lines.append(f'    <phase duration="{len(list(run))}" state="{state}"/>')
        lines.append("  </tlLogic>")
    return "\n".join([*lines, "</tlLogics>", ""])


def _links(root: ET.Element, signal: str, legs: list[Leg]) -> list[str]:
    """What each link index is: a movement (NBL), or "walk NB" for the crosswalk over that leg."""
    own = {leg.stop_edge: leg.direction for leg in legs if leg.signal == signal}
    crossings = {
        edge.get("id", ""): edge.get("crossingEdges", "").split()
        for edge in root.iter("edge")
        if edge.get("function") == "crossing"
    }
    names: dict[int, str] = {}
    for c in root.iter("connection"):
        if c.get("tl") != signal:
            continue
        index, start = int(c.get("linkIndex", "-1")), c.get("from", "")
        if start in own:
            names[index] = own[start] + TURN_OF_DIR[c.get("dir", "s").lower()]
        else:
            over = next(own[e] for e in crossings[c.get("to", "")] if e in own)
            names[index] = f"walk {over}"
    return [names[i] for i in range(len(names))]


def _states(site: Site, plan: Plan, links: list[str]) -> list[str]:
    """One state string for each second of the cycle."""
    windows = {w.phase: w for w in green_windows(site, plan)}
    return [
        "".join(_link_colour(site, windows, name, t + 0.5, plan.cycle_s) for name in links)
        for t in range(round(plan.cycle_s))
    ]


def _link_colour(
    site: Site, windows: Mapping[str, Window], name: str, t: float, cycle_s: float
) -> str:
    if name.startswith("walk "):
        return _walk_colour(site, windows, name[5:], t)
    yields_to_people = name[2] == "R" and any(p.crossing_m for p in site.phases)
    best = "r"
    for phase in site.phases_of(name):
        protected = name in phase.protected and not yields_to_people
        colour = _phase_colour(windows[phase.id], t, cycle_s)
        shown = {"G": "G" if protected else "g", "y": "y", "r": "r"}[colour]
        best = max(best, shown, key="rygG".index)
    return best


def _phase_colour(window: Window, t: float, cycle_s: float) -> str:
    into = (t - window.start_s) % cycle_s
    if into < window.green_s:
        return "G"
    return "y" if into < window.green_s + window.yellow_s else "r"


def _walk_colour(site: Site, windows: Mapping[str, Window], leg: str, t: float) -> str:
    """Walk from the start of green for as long as the clearance still fits behind it."""
    beside = next(d for d in THROUGH if crossed_by_right_turns(d) == leg)
    phase = site.phase(THROUGH[beside])
    window = windows[phase.id]
    walking_s = window.green_s - _clearance_s(phase)
    return "G" if 0 <= t - window.start_s < walking_s else "r"


def _clearance_s(phase: Phase) -> float:
    """Part of the clearance that must lie within the green; the rest is yellow and red."""
    return max(0.0, (phase.ped_clearance_s or 0.0) - sum(change_s(phase)))
