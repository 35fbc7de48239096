"""Situations like those of the training data pass, others don't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from greenband.controllers.policy_guard import SIZE, Guard, described, guard_for, guard_of
from greenband.controllers.stage_features import Seen

from .policies import drawn_seen


@pytest.fixture(scope="module")
def guard() -> Guard:
    return guard_for(drawn_seen(4 + k % 9, 2 + k % 5, k) for k in range(400))


def test_what_is_like_the_data_passes(guard: Guard) -> None:
    strange = [guard.is_strange(drawn_seen(6, 4, 1000 + k)) for k in range(200)]
    assert sum(strange) <= 2


@pytest.mark.parametrize("size", [40.0, -40.0, float("nan"), float("inf")])
def test_what_is_far_from_it_is_strange(size: float, guard: Guard) -> None:
    seen = drawn_seen(6, 4)
    lanes = seen.lanes.copy()
    lanes[0, 0] = size
    assert guard.is_strange(replace(seen, lanes=lanes))


def test_a_site_of_quite_another_size_is_strange(guard: Guard) -> None:
    assert guard.is_strange(drawn_seen(6, 60))


def test_a_description_has_one_size_and_no_order() -> None:
    seen = drawn_seen(6, 4)
    back = Seen(
        seen.lanes[::-1],
        seen.relations[:, ::-1, ::-1],
        seen.stages[::-1],
        seen.cost_veh_s[::-1],
        seen.choices[::-1],
    )
    assert described(seen).shape == described(drawn_seen(3, 9)).shape == (SIZE,)
    assert described(back) == pytest.approx(described(seen))


def test_arrays_make_the_same_guard_again(guard: Guard) -> None:
    again, seen = guard_of(guard.as_arrays()), drawn_seen(5, 3)
    assert again.limit == guard.limit
    assert again.distance(seen) == guard.distance(seen)
    with pytest.raises(ValueError, match="guard_root"):
        guard_of({**guard.as_arrays(), "guard_root": np.eye(3)})
