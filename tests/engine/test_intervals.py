"""Even steps out of the starts that a file has."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.errors import InputError
from greenband.engine.intervals import even_grid, gap_notes, interval_of


def test_the_smallest_step_is_the_interval_unless_a_finer_one_is_given() -> None:
    starts = np.array([420.0, 435.0, 480.0])
    assert interval_of(starts, None, "c.csv") == 15.0
    assert interval_of(starts, 5.0, "c.csv") == 5.0
    with pytest.raises(InputError) as caught:
        interval_of(starts, 30.0, "c.csv")
    assert caught.value.found == "rows 15 min apart"


@pytest.mark.parametrize("given_min", [0.0, -15.0, 1441.0])
def test_an_interval_that_cannot_be_is_refused(given_min: float) -> None:
    with pytest.raises(InputError) as caught:
        interval_of(np.array([420.0]), given_min, "c.csv")
    assert caught.value.where == "interval"


@given(
    first=st.integers(0, 2000),
    step=st.sampled_from([1, 5, 15, 60]),
    kept=st.lists(st.booleans(), min_size=1, max_size=60),
)
def test_a_grid_holds_every_start_and_tells_every_hole(
    first: int, step: int, kept: list[bool]
) -> None:
    present = [True, *kept, True]
    starts = np.array([first + step * k for k, is_there in enumerate(present) if is_there], float)
    grid = even_grid(starts, float(step), "c.csv")
    assert np.isin(starts, grid).all()
    assert len(grid) == len(present)
    holes = sum(a and not b for a, b in pairwise(present))
    assert len(gap_notes(starts, float(step), "c.csv")) == holes
