"""A site's observations and actions as Gymnasium's spaces, which policies are made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from greenband.controllers.observations import observation_names
from greenband.engine.errors import MissingPartError
from greenband.engine.site import Site
from greenband.engine.stages import stages_of

if TYPE_CHECKING:
    from gymnasium.spaces import Box, Discrete


def spaces_of(site: Site) -> tuple[Box, Discrete]:
    """The spaces of `controllers.observation` and of a policy's action, the index of a stage.

    Raises MissingPartError where gymnasium is not installed.
    """
    try:
        from gymnasium.spaces import Box, Discrete
    except ImportError:
        raise MissingPartError(
            "Gymnasium's spaces",
            "gymnasium is not installed",
            "gymnasium 1.x",
            "Install it with `pip install 'greenband[train]'`, or alone.",
        ) from None
    shape = (len(observation_names(site)),)
    return Box(0.0, 1.0, shape, np.float32), Discrete(len(stages_of(site)))
