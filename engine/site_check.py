"""Does a Site hold together? Every cross reference and every pair of statements that must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from math import inf

from .crossing import collide
from .preempt_check import preempts
from .site import Site
from .site_problem import Problem, references, unknown
from .stages import conflict_matrix


def problems_of(site: Site) -> list[Problem]:
    """All that does not hold together, in the order of the file."""
    found = [*_duplicates(site), *_approaches(site), *_movements(site), *_phases(site)]
    found += [*_rings(site), *_stages(site), *_conflicts(site), *_yields(site)]
    found += _detectors(site)
    if not found:  # these need the references to be sound
        found = [*_stage_conflicts(site), *_ring_conflicts(site)]
        found += [*_never_green(site), *_never_served(site), *_collisions(site)]
        found += preempts(site)
    if not found and "longest_red_s" in site.model_fields_set:
        found = _longest_red(site)
    return found


def _duplicates(site: Site) -> Iterator[Problem]:
    lanes = [
        (f"approaches[{a}].lanes[{i}].id", lane.id)
        for a, approach in enumerate(site.approaches)
        for i, lane in enumerate(approach.lanes)
    ]
    lists = {
        "approach": [(f"approaches[{i}].id", v.id) for i, v in enumerate(site.approaches)],
        "lane": lanes,
        "movement": [(f"movements[{i}].id", v.id) for i, v in enumerate(site.movements)],
        "phase": [(f"phases[{i}].id", v.id) for i, v in enumerate(site.phases)],
        "stage": [(f"stages[{i}].id", v.id) for i, v in enumerate(site.stages)],
        "detector": [(f"detectors[{i}].id", v.id) for i, v in enumerate(site.detectors)],
        "preempt": [(f"preempts[{i}].id", v.id) for i, v in enumerate(site.preempts)],
    }
    for kind, entries in lists.items():
        seen: set[str] = set()
        for path, name in entries:
            if name in seen:
                yield Problem(
                    path, f"a second {kind} {name}", "each id once", "Give it another id."
                )
            seen.add(name)


def _approaches(site: Site) -> Iterator[Problem]:
    approach_of = {m.id: m.approach for m in site.movements}
    for a, approach in enumerate(site.approaches):
        for i, lane in enumerate(approach.lanes):
            path = f"approaches[{a}].lanes[{i}].movements"
            yield from references(path, "movement", lane.movements, approach_of)
            for k, name in enumerate(lane.movements):
                if approach_of.get(name, approach.id) != approach.id:
                    yield Problem(
                        f"{path}[{k}]",
                        f"movement {name}, which belongs to approach {approach_of[name]}",
                        f"movements of approach {approach.id}",
                        "Move it to a lane of its own approach.",
                    )


def _movements(site: Site) -> Iterator[Problem]:
    approaches = [a.id for a in site.approaches]
    on_lanes = {m for lane in site.lanes for m in lane.movements}
    known = [m.id for m in site.movements]
    for i, m in enumerate(site.movements):
        path = f"movements[{i}]"
        if m.approach not in approaches:
            yield unknown(f"{path}.approach", "approach", m.approach, approaches)
        elif m.id not in on_lanes:
            yield Problem(
                f"{path}.id",
                f"movement {m.id}, which no lane allows",
                "a movement with a lane",
                "Add it to a lane of its approach, or leave it out.",
            )
        yield from references(f"{path}.yields_to", "movement", m.yields_to or (), known)


def _phases(site: Site) -> Iterator[Problem]:
    known = [m.id for m in site.movements]
    for i, p in enumerate(site.phases):
        path = f"phases[{i}]"
        yield from references(f"{path}.protected", "movement", p.protected, known)
        yield from references(f"{path}.permitted", "movement", p.permitted, known)
        for name in sorted(set(p.protected) & set(p.permitted)):
            yield Problem(
                f"{path}.permitted",
                f"movement {name} of phase {p.id}, which is protected in it too",
                "protected or permitted",
                "Leave it in one of the two.",
            )
        if p.kind == "vehicle" and not p.protected and not p.permitted:
            yield Problem(
                path,
                f"vehicle phase {p.id} without a movement",
                "protected or permitted movements",
                'Add them, or say kind = "pedestrian".',
            )
        if (p.min_green_s or 0.0) > (inf if p.max_green_s is None else p.max_green_s):
            yield Problem(
                f"{path}.min_green_s",
                f"{p.min_green_s:g} s for phase {p.id}",
                f"at most its max_green_s of {p.max_green_s:g} s",
                "Lower the one or raise the other.",
            )


def _rings(site: Site) -> Iterator[Problem]:
    known = [p.id for p in site.phases]
    counts = Counter(p for ring in site.rings for group in ring for p in group)
    for r, ring in enumerate(site.rings):
        path = f"rings[{r}]"
        if len(ring) != len(site.rings[0]):
            yield Problem(
                path,
                f"{len(ring)} groups between barriers where ring 1 has {len(site.rings[0])}",
                "the same number in each ring",
                "Add an empty group [] where a ring has no phase between two barriers.",
            )
        if not any(ring):
            yield Problem(path, "a ring without a phase", "at least one phase", "Leave it out.")
        for g, group in enumerate(ring):
            yield from references(f"{path}[{g}]", "phase", group, known)
    for name, count in counts.items():
        if count > 1:
            yield Problem(
                "rings",
                f"phase {name} {count} times",
                "each phase in one ring, once",
                "Leave it in one place.",
            )


def _stages(site: Site) -> Iterator[Problem]:
    known = [p.id for p in site.phases]
    for i, stage in enumerate(site.stages):
        yield from references(f"stages[{i}].phases", "phase", stage.phases, known)
        for name, count in Counter(stage.phases).items():
            if count > 1:
                yield Problem(
                    f"stages[{i}].phases",
                    f"phase {name} {count} times",
                    "each phase once",
                    "Leave it once.",
                )


def _conflicts(site: Site) -> Iterator[Problem]:
    known = [p.id for p in site.phases]
    seen: dict[frozenset[str], float | None] = {}
    for i, c in enumerate(site.conflicts or ()):
        path = f"conflicts[{i}]"
        for side, name in (("a", c.a), ("b", c.b)):
            if name not in known:
                yield unknown(f"{path}.{side}", "phase", name, known)
        if c.a == c.b:
            yield Problem(
                path, f"phase {c.a} with itself", "two different phases", "Name the other phase."
            )
        pair = frozenset((c.a, c.b))
        if seen.get(pair, c.clearance_s) != c.clearance_s:
            yield Problem(
                f"{path}.clearance_s",
                f"phases {c.a} and {c.b} again, with another clearance",
                "one clearance for a pair, in both directions",
                "Leave the longer one.",
            )
        seen[pair] = c.clearance_s


def _yields(site: Site) -> Iterator[Problem]:
    known = [p.id for p in site.phases]
    apart = {frozenset((c.a, c.b)) for c in site.conflicts or ()}
    for i, y in enumerate(site.yields):
        for side, name in (("phase", y.phase), ("to", y.to)):
            if name not in known:
                yield unknown(f"yields[{i}].{side}", "phase", name, known)
        if frozenset((y.phase, y.to)) in apart:
            yield Problem(
                f"yields[{i}]",
                f"phase {y.phase} yields to {y.to}, and the two are in conflict",
                "either: what yields may be green together, what is in conflict never",
                "Leave out one of the two statements.",
            )


def _detectors(site: Site) -> Iterator[Problem]:
    lanes, phases = list(site.lane_index), [p.id for p in site.phases]
    for i, d in enumerate(site.detectors):
        yield from references(f"detectors[{i}].lanes", "lane", d.lanes, lanes)
        yield from references(f"detectors[{i}].phases", "phase", d.phases, phases)


def _stage_conflicts(site: Site) -> Iterator[Problem]:
    matrix = conflict_matrix(site)
    for i, stage in enumerate(site.stages):
        index = [site.phase_index[p] for p in stage.phases]
        for k, a in enumerate(index):
            for b in index[k + 1 :]:
                if matrix[a, b]:
                    one, other = site.phases[a].id, site.phases[b].id
                    yield Problem(
                        f"stages[{i}].phases",
                        f"phases {one} and {other} in stage {stage.id}, which are in conflict",
                        "phases without a conflict in one stage",
                        "Take one of them out of the stage, or the conflict out of the file.",
                    )


def _ring_conflicts(site: Site) -> Iterator[Problem]:
    """Phases of two rings between the same barriers are green together."""
    matrix = conflict_matrix(site)
    for r, g, one, other in _beside(site):
        if matrix[site.phase_index[one], site.phase_index[other]]:
            yield Problem(
                f"rings[{r}][{g}]",
                f"phases {one} and {other} between the same barriers, which are in conflict",
                "phases without a conflict beside each other",
                "Move one across the barrier, or take the conflict out.",
            )


def _beside(site: Site) -> Iterator[tuple[int, int, str, str]]:
    for r, ring in enumerate(site.rings):
        for other in site.rings[r + 1 :]:
            for g, (group, facing) in enumerate(zip(ring, other, strict=True)):
                yield from ((r, g, a, b) for a in group for b in facing)


def _collisions(site: Site) -> Iterator[Problem]:
    """Protected movements that are green together and would collide.

    Whoever states the conflicts knows better than compass and turn.
    """
    if site.conflicts is not None:
        return
    places = [(f"phases[{i}].protected", p.id, p.id) for i, p in enumerate(site.phases)]
    places += [(f"rings[{r}][{g}]", one, other) for r, g, one, other in _beside(site)]
    for i, stage in enumerate(site.stages):
        places += [(f"stages[{i}].phases", a, b) for a, b in combinations(stage.phases, 2)]
    for path, one, other in places:
        pairs = product(site.phase(one).protected, site.phase(other).protected)
        for a, b in pairs:
            if collide(site, site.movement(a), site.movement(b)):
                yield Problem(
                    path,
                    f"{a} (phase {one}) and {b} (phase {other}) are green together with right of "
                    "way, and their paths cross",
                    "protected movements whose paths don't cross",
                    "Make one of them permitted or give it a green of its own; if their paths "
                    "really don't cross, state the site's conflicts.",
                )
                break


def _never_green(site: Site) -> Iterator[Problem]:
    """Phases that no stage and no ring holds."""
    if site.stages:
        served = {p for stage in site.stages for p in stage.phases}
        place, do = "stage", "Add it to a stage, or leave it out."
    elif site.rings:
        served = {p for ring in site.rings for group in ring for p in group}
        if site.conflicts is not None:  # it is green along with what it has no conflict with
            matrix = conflict_matrix(site)
            beside = [site.phase_index[p] for p in served]
            served |= {p.id for i, p in enumerate(site.phases) if not matrix[i, beside].all()}
        place, do = "ring", "Add it to a ring, or list all conflicts so that it may go beside one."
    else:
        return
    for i, p in enumerate(site.phases):
        if p.id not in served:
            found = f"phase {p.id}, which is in no {place}"
            yield Problem(f"phases[{i}].id", found, f"phases that a {place} serves", do)


def _never_served(site: Site) -> Iterator[Problem]:
    """Movements without a phase; a right turn may run free of the signal."""
    served = {m for p in site.phases for m in (*p.protected, *p.permitted)}
    for i, m in enumerate(site.movements):
        shared = any(m.id in lane.movements and len(lane.movements) > 1 for lane in site.lanes)
        if m.id not in served and (m.turn in ("L", "T") or shared):
            yield Problem(
                f"movements[{i}].id",
                f"movement {m.id}, which no phase serves",
                "a movement with a phase (a right turn in a lane of its own may do without)",
                "Add it to the protected or permitted movements of a phase.",
            )


def _longest_red(site: Site) -> list[Problem]:
    """A stated longest red against the minimums that the street's rules give the phases."""
    from .gate_limits import limits_of
    from .gate_order import make_order
    from .rules import STREET, with_limits

    limited = with_limits(site, STREET)
    needed_s = make_order(limited, STREET, limits_of(limited, STREET)).longest_wait_s
    if site.longest_red_s >= needed_s:
        return []
    return [
        Problem(
            "longest_red_s",
            f"{site.longest_red_s:g} s, while minimum greens, pedestrian times and clearances "
            f"take up to {needed_s:g} s",
            f"at least {needed_s:g} s",
            "Raise it, or lower the minimums.",
        )
    ]
