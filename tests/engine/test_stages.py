"""Conflicts and stages against known answers, and against trying every set of phases."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.site import Approach, Conflict, Lane, Movement, Phase, Site, Stage
from greenband.engine.stages import conflict_matrix, maximal_stages, stage_matrix, stages_of

RINGS = ((("1", "2"), ("3", "4")), (("5", "6"), ("7", "8")))


def site_of(phases: str, **more: Any) -> Site:
    return Site(
        id="X",
        approaches=(Approach(id="a", lanes=(Lane(id="l", movements=("m",)),)),),
        movements=(Movement(id="m", approach="a", turn="T"),),
        phases=tuple(Phase(id=p, protected=("m",)) for p in phases),
        **more,
    )


def test_two_rings_give_eight_stages_and_the_nema_conflicts() -> None:
    site = site_of("12345678", rings=RINGS)
    assert [s.id for s in stages_of(site)] == [
        "1+5", "1+6", "2+5", "2+6", "3+7", "3+8", "4+7", "4+8",
    ]  # fmt: skip
    matrix = conflict_matrix(site)
    compatible = {(i + 1, j + 1) for i, j in zip(*np.nonzero(~matrix), strict=True) if i < j}
    assert compatible == {(1, 5), (1, 6), (2, 5), (2, 6), (3, 7), (3, 8), (4, 7), (4, 8)}


def test_a_ring_without_a_phase_between_two_barriers_leaves_the_other_alone() -> None:
    site = site_of("1245", rings=((("1", "2"), ("4",)), (("5",), ())))
    assert [s.id for s in stages_of(site)] == ["1+5", "2+5", "4"]


def test_a_crossing_outside_the_rings_goes_along_where_it_has_no_conflict() -> None:
    pairs = [("1", "2"), ("1", "4"), ("2", "4"), ("9", "2"), ("9", "1")]
    conflicts = tuple(Conflict(a=a, b=b) for a, b in pairs)
    site = site_of("1249", rings=((("1", "2"), ("4",)),), conflicts=conflicts)
    assert [s.phases for s in stages_of(site)] == [("1",), ("2",), ("4", "9")]


def test_without_conflicts_what_shares_no_stage_is_in_conflict() -> None:
    stages = (Stage(id="a", phases=("1", "2")), Stage(id="b", phases=("2", "3")))
    site = site_of("123", stages=stages)
    assert stages_of(site) == stages
    assert conflict_matrix(site).tolist() == [
        [False, False, True], [False, False, False], [True, False, False],
    ]  # fmt: skip
    assert stage_matrix(site).tolist() == [[True, True, False], [False, True, True]]


@given(st.integers(1, 7), st.data())
def test_maximal_stages_are_all_sets_that_nothing_can_be_added_to(
    n: int, data: st.DataObject
) -> None:
    names = "ABCDEFG"[:n]
    pairs = list(combinations(names, 2))
    apart = data.draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    site = site_of(names, conflicts=tuple(Conflict(a=a, b=b) for a, b in sorted(apart)))

    def compatible(group: tuple[str, ...]) -> bool:
        return not any(pair in apart for pair in combinations(group, 2))

    sets = [g for k in range(1, n + 1) for g in combinations(names, k) if compatible(g)]
    expected = {g for g in sets if not any(set(g) < set(other) for other in sets)}
    assert {s.phases for s in maximal_stages(site)} == expected
