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
DEFAULT_CROSSING_M = 15.0
"""Length of a crosswalk whose length is not stated: four lanes."""
DEFAULT_JUNCTION_WIDTH_M = 18.0
"""Width to be cleared where it is not stated."""


@dataclass(frozen=True)
class Rules:
    """Limits by league.

    `yellow_s` and `red_clearance_s` are fixed where given, else by ITE's formulas from the
    approach speed and the junction's width. `order` says which stage may follow which: "any",
    or "field" (the rings and barriers, or the stages in their order, and only what has no call
    is skipped).
    `longest_red`: a called phase is green within the site's longest red, whatever is requested.
    `no_yellow_trap`: a permissive left never ends while the opposing through stays green.
    `ped_service`: at a crossing that no pedestrian has ever called, they walk each time their
    stage comes, or every second time. `red_revert_s`: a phase that has ended stays red for so
    long. `plan_rate_s`: another plan is taken up at most so often.
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
    no_yellow_trap: bool = True
    ped_service: Literal["every_time", "every_second_time"] = "every_second_time"
    red_revert_s: float = 2.0
    plan_rate_s: float = 30.0


RESCO = Rules(
    name="resco",
    order="any",
    override=True,
    min_green_through_s=5.0,
    min_green_turn_s=5.0,
    yellow_s=3.0,
    red_clearance_s=0.0,
    longest_red=False,
    no_yellow_trap=False,
    ped_service="every_time",
    red_revert_s=0.0,
    plan_rate_s=0.0,
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

    A vehicle phase with a `crossing_m` gets walk and pedestrian clearance, in a league that
    times crosswalks beside vehicles. Raises InputError where a stated yellow is outside the
    rules. (Whether the longest red can be kept is for the Gate to say: it knows the order.)
    """
    phases = tuple(_phase_with_limits(site, p, rules) for p in site.phases)
    return site.model_copy(update={"phases": phases})


def _phase_with_limits(site: Site, phase: Phase, rules: Rules) -> Phase:
    limits: dict[str, float | None] = {
        "min_green_s": _min_green_s(site, phase, rules),
        "yellow_s": _yellow_s(site, phase, rules),
        "red_clearance_s": _red_clearance_s(site, phase, rules),
    }
    if phase.kind == "pedestrian":
        limits |= _walk(rules, phase.crossing_m or DEFAULT_CROSSING_M)
    elif rules.override:
        limits |= {"walk_s": None, "ped_clearance_s": None}
    elif phase.crossing_m is not None:
        limits |= _walk(rules, phase.crossing_m)
    if not rules.override:
        limits = {name: v for name, v in limits.items() if getattr(phase, name) is None}
    result = phase.model_copy(update=limits)
    _check_yellow(site, result, rules)
    return result


def _walk(rules: Rules, crossing_m: float) -> dict[str, float | None]:
    """Walk and pedestrian clearance; where the yellow is fixed, pedestrians have that too."""
    if rules.override:
        return {"walk_s": rules.min_green_through_s, "ped_clearance_s": rules.yellow_s}
    clearance_s = ped_clearance_s(crossing_m, rules.walking_speed_mps)
    return {"walk_s": rules.walk_s, "ped_clearance_s": round(clearance_s, 1)}


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
    if phase.kind == "pedestrian" and not rules.override:
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
    width_m = max((w for w in widths if w is not None), default=DEFAULT_JUNCTION_WIDTH_M)
    speed_mps = min(_speed_mps(site, phase), TURNING_SPEED_MPS if _turning(site, phase) else 1e9)
    low, high = rules.red_clearance_range_s
    return round(min(max(ite_red_clearance_s(width_m, speed_mps), low), high), 1)
