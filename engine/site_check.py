"""Cross references of a Site: what names what, and whether the phases fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from .errors import InputError
from .site import Site
from .stages import conflict_matrix

Problem = tuple[str, str, str, str]
"""Path in the file, what was found, what is allowed, what to do."""


def check_site(site: Site, source: str) -> None:
    """Raise InputError for the first problem of a Site, with its path in the file."""
    for path, found, allowed, do in problems_of(site):
        raise InputError(f"{source}: {path}" if source else path, found, allowed, do)


def problems_of(site: Site) -> Iterator[Problem]:
    """All problems, those that others follow from first."""
    for check in (_duplicates, _references, _served, _limits, _rings, _together, _yields):
        found = list(check(site))
        yield from found
        if found:
            return


def _duplicates(site: Site) -> Iterator[Problem]:
    named: dict[str, Iterable[str]] = {
        "approaches": [a.id for a in site.approaches],
        "approaches.lanes": [lane.id for lane in site.lanes],
        "movements": [m.id for m in site.movements],
        "phases": [p.id for p in site.phases],
        "stages": [s.id for s in site.stages],
        "detectors": [d.id for d in site.detectors],
    }
    for what, ids in named.items():
        for name, times in Counter(ids).items():
            if times > 1:
                yield what, f"{name} {times} times", "each id once", "Rename all but one."


def _references(site: Site) -> Iterator[Problem]:
    movements, phases = site.movement_index, site.phase_index
    yield from _references_of_traffic(site)
    for i, p in enumerate(site.phases):
        yield from _unknown(f"phases[{i}].protected", p.protected, movements)
        yield from _unknown(f"phases[{i}].permitted", p.permitted, movements)
    for r, ring in enumerate(site.rings):
        for b, group in enumerate(ring):
            yield from _unknown(f"rings[{r}][{b}]", group, phases)
    for i, s in enumerate(site.stages):
        yield from _unknown(f"stages[{i}].phases", s.phases, phases)
    for i, c in enumerate(site.conflicts or ()):
        yield from _unknown(f"conflicts[{i}]", (c.a, c.b), phases)
    for i, y in enumerate(site.yields):
        yield from _unknown(f"yields[{i}]", (y.phase, y.to), phases)


def _references_of_traffic(site: Site) -> Iterator[Problem]:
    approaches = {a.id for a in site.approaches}
    for i, a in enumerate(site.approaches):
        for k, lane in enumerate(a.lanes):
            path = f"approaches[{i}].lanes[{k}].movements"
            yield from _unknown(path, lane.movements, site.movement_index)
    for i, m in enumerate(site.movements):
        yield from _unknown(f"movements[{i}].approach", (m.approach,), approaches)
        yield from _unknown(f"movements[{i}].yields_to", m.yields_to or (), site.movement_index)
    for i, d in enumerate(site.detectors):
        yield from _unknown(f"detectors[{i}].lanes", d.lanes, site.lane_index)
        yield from _unknown(f"detectors[{i}].phases", d.phases, site.phase_index)


def _unknown(path: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    allowed = list(known)
    for name in names:
        if name not in allowed:
            yield (
                path,
                f"{name}, which the site does not have",
                f"one of {', '.join(allowed)}",
                "Correct the name, or add what it names.",
            )


def _served(site: Site) -> Iterator[Problem]:
    """Every movement has a lane on its own approach, and a phase."""
    for i, m in enumerate(site.movements):
        lanes = [lane for lane in site.approach(m.approach).lanes if m.id in lane.movements]
        if not lanes:
            yield (
                f"movements[{i}]",
                f"no lane of approach {m.approach} allows {m.id}",
                "at least one lane",
                f"Add {m.id} to a lane's movements, or delete the movement.",
            )
        if not site.phases_of(m.id):
            yield (
                f"movements[{i}]",
                f"no phase serves {m.id}",
                "at least one phase with it in protected or permitted",
                f"Add {m.id} to a phase.",
            )


def _limits(site: Site) -> Iterator[Problem]:
    for i, p in enumerate(site.phases):
        low, high = p.min_green_s, p.max_green_s
        if low is not None and high is not None and low > high:
            yield (
                f"phases[{i}].min_green_s",
                f"{low:g} s, above max_green_s {high:g} s",
                "a minimum that does not exceed the maximum",
                "Lower min_green_s or raise max_green_s.",
            )
        if p.kind == "pedestrian" and (p.protected or p.permitted):
            yield (
                f"phases[{i}].kind",
                "a pedestrian phase that serves movements of vehicles",
                "a pedestrian phase without movements",
                'Set kind = "vehicle" and give it crossing_m, or move the movements.',
            )


def _rings(site: Site) -> Iterator[Problem]:
    if not site.rings and not site.stages and site.conflicts is None:
        yield (
            "rings",
            "no rings, no stages and no conflicts",
            "one of the three, so that it is known what may be green together",
            "Write rings = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]] or [[stages]].",
        )
    if len({len(ring) for ring in site.rings}) > 1:
        yield (
            "rings",
            f"rings with {', '.join(str(len(r)) for r in site.rings)} groups",
            "the same number of barrier groups in all rings",
            "Add an empty group [] where a ring has no phase between two barriers.",
        )
    times = Counter(p for ring in site.rings for group in ring for p in group)
    for phase, n in times.items():
        if n > 1:
            yield "rings", f"phase {phase} {n} times", "each phase once", "Delete all but one."


def _together(site: Site) -> Iterator[Problem]:
    """No stage holds two phases that conflict."""
    matrix = conflict_matrix(site)
    for i, s in enumerate(site.stages):
        index = [site.phase_index[p] for p in s.phases]
        for k, a in enumerate(index):
            for b in index[k + 1 :]:
                if matrix[a, b]:
                    yield (
                        f"stages[{i}].phases",
                        f"phases {site.phases[a].id} and {site.phases[b].id}, which conflict",
                        "phases that may be green together",
                        "Take one of them out of the stage, or delete the conflict.",
                    )


def _yields(site: Site) -> Iterator[Problem]:
    matrix = conflict_matrix(site)
    for i, y in enumerate(site.yields):
        if matrix[site.phase_index[y.phase], site.phase_index[y.to]]:
            yield (
                f"yields[{i}]",
                f"phase {y.phase} yields to {y.to}, and the two conflict",
                "a yield only between phases that may be green together",
                "Delete the yield or the conflict.",
            )
