"""Networks with drawn weights, and situations of any shape."""

from __future__ import annotations

import numpy as np

from greenband.controllers.policy_network import SHAPES, Network, network_of
from greenband.controllers.stage_features import (
    LANE_FEATURES,
    RELATIONS,
    SLACK_VEH_S,
    STAGE_FEATURES,
    Seen,
)


def drawn_network(seed: int = 1) -> Network:
    """Weights of a size with which all layers matter."""
    rng = np.random.default_rng(seed)
    arrays = {name: rng.normal(0.0, 0.3, shape) for name, shape in SHAPES.items()}
    for name in ("lane_scale", "stage_scale"):
        arrays[name] = rng.uniform(0.5, 2.0, SHAPES[name])
    return network_of(arrays)


def drawn_seen(lanes: int, stages: int, seed: int = 1) -> Seen:
    """A situation; one of the stages may not be chosen, where there are more than two."""
    rng = np.random.default_rng(seed)
    choices = np.ones(stages, np.bool_)
    choices[stages - 1] = stages < 3
    return Seen(
        rng.uniform(0.0, 1.0, (lanes, len(LANE_FEATURES))).astype(np.float32),
        rng.uniform(0.0, 1.0, (len(RELATIONS), stages, lanes)).astype(np.float32),
        rng.uniform(0.0, 1.0, (stages, len(STAGE_FEATURES))).astype(np.float32),
        rng.uniform(0.0, SLACK_VEH_S, stages),
        choices,
    )
