"""A site's limits as the Gate looks them up: whole seconds, by position of the phase.

Fractions of a second are rounded up, since the Gate acts once a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

from .errors import InputError
from .masks import bits, mask_of
from .rules import Rules
from .site import Movement, Phase, Site
from .stages import conflict_matrix
from .yielding import bearing_deg, yields_to


@dataclass(frozen=True, slots=True)
class Trap:
    """A left turn that a phase permits.

    `through` are the phases that serve the opposing through, `cover` the other phases that serve
    the turn.
    """

    movement: str
    through: int
    cover: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of each phase; sets of phases are masks.

    `clears[q]` holds (p, seconds) for each phase p that must wait that long once q is red.
    `total_s` is yellow and the longest clearance after it, `full_min_s` the minimum green with
    walk and pedestrian clearance. `pedestrians` are pedestrian phases, `walks` vehicle phases
    with a crosswalk beside them; both are in `crossings`.
    """

    n: int
    names: tuple[str, ...]
    conflicts: tuple[int, ...]
    clears: tuple[tuple[tuple[int, int], ...], ...]
    yellow_s: tuple[int, ...]
    total_s: tuple[int, ...]
    min_s: tuple[int, ...]
    max_s: tuple[float, ...]
    walk_s: tuple[int, ...]
    ped_clearance_s: tuple[int, ...]
    full_min_s: tuple[int, ...]
    pedestrians: int
    walks: int
    recall: int
    ped_recall: int
    traps: tuple[tuple[Trap, ...], ...]
    trapped: int
    red_revert_s: int

    @property
    def crossings(self) -> int:
        """Phases with which somebody walks."""
        return self.pedestrians | self.walks

    def trap_of(self, phase: int, staying: int) -> int:
        """Phases among `staying` that would leave a left of this phase in the yellow trap."""
        found = 0
        for trap in self.traps[phase]:
            if not staying & trap.cover:
                found |= staying & trap.through
        return found

    def ends(self, green: int, want: int) -> int:
        """Green phases that end on the way to `want`.

        Those it lacks, and an opposing through that would leave a permissive left in the yellow
        trap.
        """
        ending = green & ~want
        todo = ending & self.trapped
        while todo:
            more = 0
            for p in bits(todo):
                more |= self.trap_of(p, green & ~ending)
            ending |= more
            todo = more & self.trapped
        return ending

    def slowest_s(self, mask: int) -> int:
        """Yellow and clearance of the slowest of these phases."""
        return max((self.total_s[p] for p in bits(mask)), default=0)

    def minimum_s(self, mask: int) -> int:
        """The longest minimum among these phases, with walk and pedestrian clearance."""
        return max((self.full_min_s[p] for p in bits(mask)), default=0)


def limits_of(site: Site, rules: Rules) -> Limits:
    """Look a site up once; its limits must be filled in (`rules.with_limits`).

    Raises InputError where one is missing.
    """
    phases = site.phases
    for phase in phases:
        _check_filled(site, phase)
    matrix = conflict_matrix(site)
    conflicts = tuple(mask_of(row.nonzero()[0].tolist()) for row in matrix)
    clears = _clears(site, conflicts)
    yellow_s = tuple(whole_s(_yellow_s(p)) for p in phases)
    min_s = tuple(max(1, whole_s(_min_s(p))) for p in phases)
    walking = [has_walk(p) for p in phases]
    walk_s = tuple(whole_s(p.walk_s) if w else 0 for p, w in zip(phases, walking, strict=True))
    flash_s = tuple(
        whole_s(p.ped_clearance_s) if w else 0 for p, w in zip(phases, walking, strict=True)
    )
    traps = tuple(_traps(site, p) if rules.no_yellow_trap else () for p in phases)
    return Limits(
        n=len(phases),
        names=tuple(p.id for p in phases),
        conflicts=conflicts,
        clears=clears,
        yellow_s=yellow_s,
        total_s=tuple(
            y + max((s for _, s in c), default=0) for y, c in zip(yellow_s, clears, strict=True)
        ),
        min_s=min_s,
        max_s=tuple(inf if p.max_green_s is None else p.max_green_s for p in phases),
        walk_s=walk_s,
        ped_clearance_s=flash_s,
        full_min_s=tuple(max(m, w + c) for m, w, c in zip(min_s, walk_s, flash_s, strict=True)),
        pedestrians=mask_of(i for i, p in enumerate(phases) if p.kind == "pedestrian"),
        walks=mask_of(i for i, w in enumerate(walking) if w),
        recall=mask_of(i for i, p in enumerate(phases) if p.recall in ("min", "max")),
        ped_recall=mask_of(i for i, p in enumerate(phases) if p.recall == "ped"),
        traps=traps,
        trapped=mask_of(i for i, t in enumerate(traps) if t),
        red_revert_s=max(1, whole_s(rules.red_revert_s)),
    )


def whole_s(seconds: float | None) -> int:
    """Seconds rounded up; a hair above a whole second is that second."""
    return ceil((seconds or 0.0) - 1e-6)


def has_walk(phase: Phase) -> bool:
    """True for a vehicle phase with a crosswalk beside it."""
    return phase.kind == "vehicle" and bool(phase.walk_s) and phase.ped_clearance_s is not None


def _check_filled(site: Site, phase: Phase) -> None:
    needed = ("min_green_s", "yellow_s", "red_clearance_s")
    missing = [name for name in needed if getattr(phase, name) is None]
    if phase.kind == "pedestrian":
        missing = [n for n in ("walk_s", "ped_clearance_s") if getattr(phase, n) is None]
    if missing:
        raise InputError(
            f"{site.name or site.id}, phase {phase.id}",
            f"no {', '.join(missing)}",
            "a site with all limits",
            "State them in site.toml, or have them filled in by the rules of a league.",
        )


def _yellow_s(phase: Phase) -> float | None:
    """Flashing don't-walk stands in the place of a pedestrian phase's yellow."""
    return phase.ped_clearance_s if phase.kind == "pedestrian" else phase.yellow_s


def _min_s(phase: Phase) -> float:
    walk_s = (phase.walk_s or 0.0) if phase.kind == "pedestrian" else 0.0
    return max(phase.min_green_s or 0.0, walk_s)


def _clears(site: Site, conflicts: tuple[int, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    pairs = {
        frozenset((c.a, c.b)): c.clearance_s
        for c in site.conflicts or ()
        if c.clearance_s is not None
    }
    return tuple(
        tuple(
            (p, whole_s(pairs.get(frozenset((phase.id, site.phases[p].id)), phase.red_clearance_s)))
            for p in bits(conflicts[q])
        )
        for q, phase in enumerate(site.phases)
    )


def _throughs_given_way(site: Site, phase: Phase, movement: Movement) -> tuple[str, ...]:
    """Where directions are not known, what the phase as a whole gives way to."""
    if movement.yields_to is not None or bearing_deg(site, movement.approach) is not None:
        return ()
    others = {y.to for y in site.yields if y.phase == phase.id}
    return tuple(m for p in site.phases if p.id in others for m in p.protected)


def _traps(site: Site, phase: Phase) -> tuple[Trap, ...]:
    """The permissive lefts of a phase with the opposing throughs that they give way to.

    A protected left is permissive beside the phases that its own yields to.
    """
    if phase.kind == "pedestrian":
        return ()
    beside = {y.to for y in site.yields if y.phase == phase.id}
    traps = []
    for movement_id in (*phase.permitted, *(phase.protected if beside else ())):
        movement = site.movement(movement_id)
        if movement.turn not in ("L", "U"):
            continue
        protected = movement_id in phase.protected
        opposing = {
            m
            for m in (*yields_to(site, movement), *_throughs_given_way(site, phase, movement))
            if site.movement(m).turn == "T" and site.movement(m).approach != movement.approach
        }
        through = mask_of(
            i
            for i, p in enumerate(site.phases)
            if p is not phase and opposing & set(p.protected) and (p.id in beside or not protected)
        )
        cover = mask_of(
            i
            for i, p in enumerate(site.phases)
            if p is not phase and movement_id in (*p.protected, *p.permitted)
        )
        if through:
            traps.append(Trap(movement=movement_id, through=through, cover=cover))
    return tuple(traps)
