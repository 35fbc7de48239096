"""The rules of a league, and the limits that they give a site's phases.

`RESCO` is for comparison with the literature; `STREET` is what we promise in the street. A value
that a site states itself wins over a street rule's default; RESCO's rules override the site.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .clearance import ite_red_clearance_s, ite_yellow_s, ped_clearance_s
from .errors import InputError
from .site import Phase, Site

TURNING_SPEED_MPS = 8.9
"""Speed on which a turning phase's clearance is computed (20 mph)."""


@dataclass(frozen=True)
class Rules:
    """Limits by league.

    `yellow_s` and `red_clearance_s` are fixed where given, else by ITE's formulas from the
    approach speed and the junction's width. `order` says which stage may follow which: "any",
    or "field" (the rings and barriers, or the stages in their order, and only what has no call
    is skipped).
    """

    name: str
    order: Literal["any", "field"]
    override: bool
    min_green_through_s: float
    min_green_turn_s: float
    yellow_s: float | None = None
    red_clearance_s: float | None = None
    yellow_range_s: tuple[float, float] = (3.0, 6.0)
    red_clearance_range_s: tuple[float, float] = (1.0, 6.0)
    walk_s: float = 7.0
    walking_speed_mps: float = 1.07
    longest_red: bool = True


RESCO = Rules(
    name="resco",
    order="any",
    override=True,
    min_green_through_s=5.0,
    min_green_turn_s=5.0,
    yellow_s=3.0,
    red_clearance_s=0.0,
    longest_red=False,
)
"""As the eight scenarios are published: yellow 3 s, no red clearance, any stage after any."""

STREET = Rules(
    name="street",
    order="field",
    override=False,
    min_green_through_s=7.0,
    min_green_turn_s=5.0,
)
"""What a controller in the field can run, and what the manuals ask for."""


def resco(yellow_s: float = 3.0) -> Rules:
    """RESCO's rules with the scenario's own yellow (arterial4x4 has 2 s)."""
    return replace(RESCO, yellow_s=yellow_s)


def with_limits(site: Site, rules: Rules) -> Site:
    """The site with each phase's limits filled in by the rules.

    Raises InputError where a stated yellow is outside the rules, or where the minimums of all
    other phases exceed the longest red that the site promises.
    """
    phases = tuple(_phase_with_limits(site, p, rules) for p in site.phases)
    limited = site.model_copy(update={"phases": phases})
    # cached properties hold the old phases' positions only, which have not changed
    return Site.model_construct(**{name: getattr(limited, name) for name in Site.model_fields})


def _phase_with_limits(site: Site, phase: Phase, rules: Rules) -> Phase:
    stated = {} if rules.override else phase.model_dump(exclude_none=True)
    limits: dict[str, float] = {
        "min_green_s": _min_green_s(site, phase, rules),
        "yellow_s": _yellow_s(site, phase, rules),
        "red_clearance_s": _red_clearance_s(site, phase, rules),
    }
    if phase.crossing_m is not None:
        limits["walk_s"] = rules.walk_s
        limits["ped_clearance_s"] = ped_clearance_s(phase.crossing_m, rules.walking_speed_mps)
    update = {name: value for name, value in limits.items() if name not in stated}
    result = phase.model_copy(update=update)
    _check_yellow(site, result, rules)
    return result


def _check_yellow(site: Site, phase: Phase, rules: Rules) -> None:
    low, high = rules.yellow_range_s
    if rules.override or phase.kind == "pedestrian" or phase.yellow_s is None:
        return
    if not low <= phase.yellow_s <= high:
        raise InputError(
            f"{site.name or site.id}, phase {phase.id}",
            f"yellow_s {phase.yellow_s:.1f} s",
            f"{low:.1f} to {high:.1f} s (rules of league {rules.name})",
            "Change it in site.toml, or leave it out to have it computed.",
        )


def _turning(site: Site, phase: Phase) -> bool:
    """True where no movement of the phase goes straight on."""
    served = [site.movement(m) for m in (*phase.protected, *phase.permitted)]
    return bool(served) and all(m.turn != "T" for m in served)


def _min_green_s(site: Site, phase: Phase, rules: Rules) -> float:
    if phase.kind == "pedestrian":
        return phase.walk_s if phase.walk_s is not None else rules.walk_s
    return rules.min_green_turn_s if _turning(site, phase) else rules.min_green_through_s


def _speed_mps(site: Site, phase: Phase) -> float:
    served = (*phase.protected, *phase.permitted)
    speeds = [site.approach(site.movement(m).approach).speed_mps for m in served]
    return max(speeds, default=TURNING_SPEED_MPS)


def _yellow_s(site: Site, phase: Phase, rules: Rules) -> float:
    if rules.yellow_s is not None or phase.kind == "pedestrian":
        return rules.yellow_s or 0.0
    grades = [
        site.approach(site.movement(m).approach).grade_percent
        for m in (*phase.protected, *phase.permitted)
    ]
    yellow = ite_yellow_s(_speed_mps(site, phase), min(grades, default=0.0) / 100.0)
    low, high = rules.yellow_range_s
    return round(min(max(yellow, low), high), 1)


def _red_clearance_s(site: Site, phase: Phase, rules: Rules) -> float:
    if rules.red_clearance_s is not None:
        return rules.red_clearance_s
    if phase.kind == "pedestrian":
        return 0.0
    served = (*phase.protected, *phase.permitted)
    widths = [site.approach(site.movement(m).approach).junction_width_m for m in served]
    width_m = max((w for w in widths if w is not None), default=18.0)
    speed_mps = min(_speed_mps(site, phase), TURNING_SPEED_MPS if _turning(site, phase) else 1e9)
    low, high = rules.red_clearance_range_s
    return round(min(max(ite_red_clearance_s(width_m, speed_mps), low), high), 1)
