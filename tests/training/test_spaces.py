"""Gymnasium's spaces of a site fit what a policy is given and may answer."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from greenband.controllers.observations import observation_names
from greenband.engine.errors import MissingPartError
from greenband.engine.site import Site
from greenband.training.spaces import spaces_of


def test_the_spaces_have_a_number_for_each_name_and_an_action_for_each_stage(
    crossroads: Callable[..., Site],
) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is in the extra train")
    seen, actions = spaces_of(crossroads())
    assert seen.shape == (len(observation_names(crossroads())),)
    assert seen.dtype == np.float32
    assert (seen.low.min(), seen.high.max()) == (0.0, 1.0)
    assert actions.n == 4


def test_without_gymnasium_it_says_how_to_get_it(
    crossroads: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium.spaces", None)
    with pytest.raises(MissingPartError, match="pip install"):
        spaces_of(crossroads())
