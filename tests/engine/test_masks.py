"""Sets of phases as bits, against Python's own sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.masks import bits, mask_of, mask_of_bytes, spread


@given(st.sets(st.integers(0, 40)))
def test_a_mask_holds_what_was_put_in(positions: set[int]) -> None:
    assert list(bits(mask_of(positions))) == sorted(positions)


@given(st.lists(st.booleans(), max_size=40))
def test_an_array_of_booleans_is_a_mask(flags: list[bool]) -> None:
    expected = mask_of(i for i, flag in enumerate(flags) if flag)
    assert mask_of_bytes(np.array(flags, np.bool_).tobytes()) == expected


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_the_first_set_that_holds_a_position_gives_its_number(a: set[int], b: set[int]) -> None:
    expected = tuple(2 if p in a else 1 if p in b else 0 for p in range(10))
    assert spread(10, (2, mask_of(a)), (1, mask_of(b)), 0) == expected
