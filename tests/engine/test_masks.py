"""Sets of phases as bits, against Python's own sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.masks import bits, mask_of, mask_of_bytes


@given(st.sets(st.integers(0, 40)))
def test_a_mask_holds_what_was_put_in(positions: set[int]) -> None:
    assert list(bits(mask_of(positions))) == sorted(positions)


@given(st.lists(st.booleans(), max_size=40))
def test_an_array_of_booleans_is_a_mask(flags: list[bool]) -> None:
    expected = mask_of(i for i, flag in enumerate(flags) if flag)
    assert mask_of_bytes(np.array(flags, np.bool_).tobytes()) == expected
