"""A timing plan for one site: cycle, splits, offset with its reference point, sequence.

A plan for a site with rings gives each phase a split (green + yellow + red clearance); a plan
for a site without rings gives each stage of its sequence a duration, the change interval at its
end included. `green_windows` turns either into seconds of the cycle.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .errors import InputError
from .site import Id, Model, Phase, Site

SUM_TOLERANCE_S = 0.05
"""Rings may differ by this much: published plans are rounded to a tenth of a second."""


class Split(Model):
    """The share of a cycle that a phase (rings) or a stage (no rings) gets."""

    id: Id
    split_s: float = Field(ge=0)


class Plan(Model):
    """Cycle, splits, offset and sequence of one site.

    Exactly one of `phases` (a site with rings) and `stages` (in the order served) is given.
    """

    site: Id
    cycle_s: float = Field(gt=0)
    offset_s: float = Field(default=0.0, ge=0)
    reference_phase: Id | None = None
    """The coordinated phase; without it the offset refers to the first phase or stage."""
    reference_point: Literal["start_of_green", "start_of_yellow"] = "start_of_green"
    phases: tuple[Split, ...] = ()
    rings: tuple[tuple[tuple[Id, ...], ...], ...] = ()
    """The order of the phases where it differs from the site's (lagging lefts)."""
    stages: tuple[Split, ...] = ()


class Window(Model):
    """One green of a phase within the cycle, with its change interval.

    Times run from the local start of the cycle; `end_s` may exceed the cycle where the green
    runs over its end. `split_s` is green + yellow + red clearance.
    """

    phase: str
    start_s: float
    green_s: float
    yellow_s: float
    red_clearance_s: float

    @property
    def end_s(self) -> float:
        """Where the green ends and the yellow begins."""
        return self.start_s + self.green_s

    @property
    def split_s(self) -> float:
        """Green + yellow + red clearance."""
        return self.green_s + self.yellow_s + self.red_clearance_s


def green_windows(site: Site, plan: Plan) -> tuple[Window, ...]:
    """When each phase is green in a cycle, in the order of their starts.

    The site must have its yellow and red clearance filled in (`rules.with_limits`).
    Raises InputError where the plan does not fit the site.
    """
    windows = _ring_windows(site, plan) if plan.phases else _stage_windows(site, plan)
    return tuple(sorted(windows, key=lambda w: (w.start_s, site.phase_index[w.phase])))


def change_s(phase: Phase) -> tuple[float, float]:
    """Yellow and red clearance of a phase, in seconds.

    A pedestrian phase's flashing don't-walk stands in the place of the yellow.
    """
    if phase.kind == "pedestrian":
        return phase.ped_clearance_s or 0.0, phase.red_clearance_s or 0.0
    return phase.yellow_s or 0.0, phase.red_clearance_s or 0.0


def _ring_windows(site: Site, plan: Plan) -> list[Window]:
    splits = {s.id: s.split_s for s in plan.phases}
    _known(site, splits, set(site.phase_index), "phase")
    rings = plan.rings or site.rings
    if not rings:
        raise InputError(
            f"plan of site {site.id}",
            "splits for phases, but the site has no rings",
            "phases only where the site has rings, else stages",
            "Give the durations of the stages, or rings in site.toml.",
        )
    _check_rings(site, plan, splits, rings)
    windows = []
    barrier_s = 0.0
    for groups in zip(*rings, strict=True):
        for group in groups:
            start_s = barrier_s
            for phase_id in group:
                if splits.get(phase_id, 0.0) > 0:
                    windows.append(_window(site, site.phase(phase_id), start_s, splits[phase_id]))
                start_s += splits.get(phase_id, 0.0)
        barrier_s += max(_sum_s(splits, group) for group in groups)
    return windows


def _sum_s(splits: dict[str, float], group: tuple[str, ...]) -> float:
    return sum(splits.get(phase, 0.0) for phase in group)


def _check_rings(
    site: Site, plan: Plan, splits: dict[str, float], rings: tuple[tuple[tuple[str, ...], ...], ...]
) -> None:
    """Equal sums at each barrier, and the cycle at the end; a ring may have no phase in a group."""
    _check_members(site, splits, rings)
    total_s = 0.0
    for barrier, groups in enumerate(zip(*rings, strict=True)):
        sums = {r: _sum_s(splits, group) for r, group in enumerate(groups) if group}
        longest = max(sums, key=lambda r: sums[r])
        for ring, own in sums.items():
            if abs(own - sums[longest]) > SUM_TOLERANCE_S:
                raise InputError(
                    f"plan of site {site.id}, ring {ring + 1}, barrier {barrier + 1}",
                    f"splits sum to {own:.1f} s where ring {longest + 1} has {sums[longest]:.1f} s",
                    "equal sums in all rings at each barrier",
                    "Lengthen or shorten a split on one side.",
                )
        total_s += sums[longest]
    if abs(total_s - plan.cycle_s) > SUM_TOLERANCE_S:
        raise InputError(
            f"plan of site {site.id}",
            f"splits of a ring sum to {total_s:.1f} s and the cycle is {plan.cycle_s:.1f} s",
            "splits of each ring that sum to the cycle",
            "Change the cycle or the splits.",
        )


def _check_members(
    site: Site, splits: dict[str, float], rings: tuple[tuple[tuple[str, ...], ...], ...]
) -> None:
    """Every split belongs to a ring, and rings given by the plan are the site's, reordered."""
    members = {p for ring in rings for group in ring for p in group}
    for phase in splits:
        if phase not in members:
            raise InputError(
                f"plan of site {site.id}, phase {phase}",
                "a split for a phase that is in no ring",
                f"splits for {', '.join(sorted(members))}",
                "Leave it out, or put the phase into a ring in site.toml.",
            )
    own = [[sorted(group) for group in ring] for ring in site.rings]
    if [[sorted(group) for group in ring] for ring in rings] != own:
        raise InputError(
            f"plan of site {site.id}",
            "rings with other phases between the barriers than the site has",
            f"the site's rings {[[list(g) for g in r] for r in site.rings]}, in another order "
            "within a group at most",
            "Change the order of the phases only between two barriers.",
        )


def _window(site: Site, phase: Phase, start_s: float, split_s: float) -> Window:
    yellow_s, red_s = change_s(phase)
    green_s = split_s - yellow_s - red_s
    if green_s <= 0:
        raise InputError(
            f"plan of site {site.id}, phase {phase.id}",
            f"a split of {split_s:.1f} s leaves no green",
            f"more than yellow {yellow_s:.1f} s + red clearance {red_s:.1f} s",
            "Lengthen the split.",
        )
    return Window(
        phase=phase.id, start_s=start_s, green_s=green_s, yellow_s=yellow_s, red_clearance_s=red_s
    )


def _stage_windows(site: Site, plan: Plan) -> list[Window]:
    from .stages import stages_of

    known = {s.id: frozenset(s.phases) for s in stages_of(site)}
    _known(site, {s.id: s.split_s for s in plan.stages}, set(known), "stage")
    total_s = sum(s.split_s for s in plan.stages)
    if abs(total_s - plan.cycle_s) > SUM_TOLERANCE_S:
        raise InputError(
            f"plan of site {site.id}",
            f"stages sum to {total_s:.1f} s and the cycle is {plan.cycle_s:.1f} s",
            "stages that sum to the cycle",
            "Change the cycle or a stage.",
        )
    served = [known[s.id] for s in plan.stages]
    return [
        window
        for phase in site.phases
        for window in _phase_windows(site, phase, served, [s.split_s for s in plan.stages])
    ]


def _phase_windows(
    site: Site, phase: Phase, served: list[frozenset[str]], splits_s: list[float]
) -> list[Window]:
    """Runs of following stages that hold the phase, across the end of the cycle too."""
    n = len(served)
    on = [phase.id in stage for stage in served]
    starts = [sum(splits_s[:i]) for i in range(n)]
    if all(on):  # never ends: the whole cycle is green
        return [
            Window(
                phase=phase.id,
                start_s=0.0,
                green_s=sum(splits_s),
                yellow_s=0.0,
                red_clearance_s=0.0,
            )
        ]
    windows = []
    for i in range(n):
        if on[i] and not on[i - 1]:
            length_s, k = 0.0, i
            while on[k % n]:
                length_s += splits_s[k % n]
                k += 1
            windows.append(_window(site, phase, starts[i], length_s))
    return windows


def _known(site: Site, given: dict[str, float], known: set[str], what: str) -> None:
    if not given:
        raise InputError(
            f"plan of site {site.id}",
            "neither phases nor stages",
            "a split per phase (rings) or a duration per stage",
            "Give one of the two.",
        )
    for name in given:
        if name not in known:
            raise InputError(
                f"plan of site {site.id}",
                f"{what} {name}, which the site does not have",
                f"{what}s {', '.join(sorted(known))}",
                f"Rename the {what} or add it to site.toml.",
            )
