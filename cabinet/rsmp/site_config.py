"""What a virtual site is: groups, stages, plans, detectors; from a site of the engine's."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from math import ceil

from greenband.engine.errors import InputError
from greenband.engine.plan import change_s as change_of
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import Phase, Site
from greenband.engine.stages import stages_of

from .sxl import LARGEST_BAND
from .time_plan import Group, Stage, TimePlan, change_s, durations_s

OWN_PLAN, SLOTS = 1, (10, 11)
"""The controller's own plan, and the two that a supervisor may write."""
_RATIO = 1.3
"""Cycle of the own plan, over what the stages need at least."""


@dataclass(frozen=True)
class SiteConfig:
    """A site. Components: the controller is `component`, its detectors are `detectors` in order."""

    site_id: str
    component: str
    groups: tuple[Group, ...]
    stages: tuple[Stage, ...]
    plans: tuple[TimePlan, ...]
    detectors: tuple[str, ...]
    security_code: str = field(repr=False)
    own_plan: int = OWN_PLAN
    timeout_min: int = 0
    period_s: int = 60
    reconnect_s: float = 10.0


def config_of(site: Site, *, security_code: str, timeout_min: int = 0) -> SiteConfig:
    """A site of the engine's as an RSMP site: a group a phase, in the site's order.

    Raises InputError where it has more stages than there are dynamic bands, and one.
    """
    known = with_limits(site, STREET)
    groups = tuple(_group(phase, known) for phase in known.phases)
    number = {phase.id: i for i, phase in enumerate(known.phases, start=1)}
    members = [frozenset(number[p] for p in phases) for phases in _sequence(known)]
    if len(members) > LARGEST_BAND + 1:
        raise InputError(
            f"site {site.id}",
            f"{len(members)} stages",
            f"at most {LARGEST_BAND + 1}: a dynamic band lengthens each but one",
            "Name fewer stages in site.toml.",
        )
    stages = tuple(
        Stage(_name(known, own), own, _base_s(own, members[(k + 1) % len(members)], groups), k)
        for k, own in enumerate(members)
    )
    need_s = sum(stage.base_s for stage in stages)
    bands = {stage.band: 0 for stage in stages if stage.band}
    plans = tuple(
        TimePlan(plan, min(ceil(need_s * _RATIO), 255), 0, dict(bands))
        for plan in (OWN_PLAN, *SLOTS)
    )
    return SiteConfig(
        site_id=site.id,
        component=f"{site.id}-TC",
        groups=groups,
        stages=stages,
        plans=plans,
        detectors=tuple(f"{site.id}-{detector.id}" for detector in known.detectors),
        security_code=security_code,
        timeout_min=timeout_min,
    )


def own_durations_s(config: SiteConfig) -> list[int]:
    """Seconds of each stage in the site's own plan."""
    own = next(plan for plan in config.plans if plan.number == config.own_plan)
    return durations_s(own, config.stages)


def _group(phase: Phase, site: Site) -> Group:
    """A phase in whole seconds: its longest clearance, and pedestrians beside it in its green."""
    yellow_s, clearance_s = change_of(phase)
    pairs = [c.clearance_s or 0.0 for c in site.conflicts or () if phase.id in (c.a, c.b)]
    walk_s, ped_s = phase.walk_s or 0.0, phase.ped_clearance_s or 0.0
    beside_s = walk_s if phase.kind == "pedestrian" else walk_s + ped_s
    return Group(
        name=phase.id,
        yellow_s=ceil(yellow_s),
        clearance_s=ceil(max(clearance_s, *pairs, 0.0)),
        min_green_s=ceil(max(phase.min_green_s or 0.0, beside_s)),
        pedestrian=phase.kind == "pedestrian",
    )


def _sequence(site: Site) -> list[tuple[str, ...]]:
    """Phases of each stage, in the order served: the site's own, or the rings side by side."""
    if site.stages or not site.rings:
        return [stage.phases for stage in stages_of(site)]
    stages: list[tuple[str, ...]] = []
    for groups in zip(*site.rings, strict=True):
        last = [group[-1] if group else None for group in groups]
        for step in zip_longest(*groups):
            chosen = [p or last[ring] for ring, p in enumerate(step)]
            stages.append(tuple(p for p in chosen if p is not None))
    return stages


def _base_s(own: frozenset[int], following: frozenset[int], groups: tuple[Group, ...]) -> int:
    """The longest least green of the stage's groups, and the change."""
    least = max(groups[number - 1].min_green_s for number in own)
    return max(least, 1) + change_s(own, following, groups)


def _name(site: Site, numbers: frozenset[int]) -> str:
    phases = {site.phases[number - 1].id for number in numbers}
    named = [stage.id for stage in site.stages if set(stage.phases) == phases]
    return named[0] if named else "+".join(sorted(phases))
