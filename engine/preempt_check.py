"""Does a preempt hold together? Its names, phases that may be green together, its times."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from .site import Preempt, Site
from .site_problem import Problem, references, unknown
from .stages import conflict_matrix, stages_of


def preempts(site: Site) -> Iterator[Problem]:
    """What is wrong with a site's preempts."""
    for i, preempt in enumerate(site.preempts):
        wrong = list(_names(site, preempt, f"preempts[{i}]"))
        yield from wrong or _together(site, preempt, f"preempts[{i}]")
        yield from _times(preempt, f"preempts[{i}]")


def _names(site: Site, preempt: Preempt, path: str) -> Iterator[Problem]:
    phases = [p.id for p in site.phases]
    yield from references(f"{path}.phases", "phase", preempt.phases, phases)
    yield from references(f"{path}.track_clear", "phase", preempt.track_clear, phases)
    yield from references(
        f"{path}.movements", "movement", preempt.movements, [m.id for m in site.movements]
    )
    stages = [s.id for s in stages_of(site)]
    if preempt.exit_stage is not None and preempt.exit_stage not in stages:
        yield unknown(f"{path}.exit_stage", "stage", preempt.exit_stage, stages)


def _together(site: Site, preempt: Preempt, path: str) -> Iterator[Problem]:
    matrix = conflict_matrix(site)
    for key in ("phases", "track_clear"):
        for one, other in combinations(getattr(preempt, key), 2):
            if one == other or matrix[site.phase_index[one], site.phase_index[other]]:
                yield Problem(
                    f"{path}.{key}",
                    f"phase {one} twice"
                    if one == other
                    else f"phases {one} and {other}, which are in conflict",
                    "phases that may be green together, each once",
                    "Take one of them out; what may not be green together needs two preempts.",
                )


def _times(preempt: Preempt, path: str) -> Iterator[Problem]:
    least_s = preempt.delay_s + preempt.dwell_s
    if preempt.max_s <= least_s:
        yield Problem(
            f"{path}.max_s",
            f"{preempt.max_s:g} s, and delay_s and dwell_s take {least_s:g} s",
            f"more than {least_s:g} s",
            "Raise it, or lower the others.",
        )
