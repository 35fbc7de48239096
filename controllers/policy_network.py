"""A network that prices the stages of a site of any shape; a forward pass in numpy.

Each lane's row becomes an embedding by a small network that all lanes share. A stage is the sum of
the embeddings of the lanes that it serves, of those that give way in it and of those that stay
green on the way to it, beside all lanes' and those of the present stage, and its own row. A second
network, shared by all stages, makes of it what the stage is worth by itself, and a third, which
also sees the best of all stages, its price. After FRAP (Zheng et al. 2019, "Learning phase
competition for traffic signal control", CIKM), in that stages compete and share all weights. What
the look ahead says of a stage is added to the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .stage_features import (
    COST_VEH_S,
    LANE_FEATURES,
    OF_LOOK_AHEAD,
    RELATIONS,
    STAGE_FEATURES,
    Seen,
)

Array = NDArray[np.float32]
LANE_WIDTH = 32
STAGE_WIDTH = 48
POOLED = len(RELATIONS) + 2
"""Sums of lanes' embeddings: by relation, of all lanes, and of those of the present stage."""
SHAPES: dict[str, tuple[int, ...]] = {
    "lane_mean": (len(LANE_FEATURES),),
    "lane_scale": (len(LANE_FEATURES),),
    "stage_mean": (len(STAGE_FEATURES),),
    "stage_scale": (len(STAGE_FEATURES),),
    "lane1_w": (len(LANE_FEATURES), LANE_WIDTH),
    "lane1_b": (LANE_WIDTH,),
    "lane2_w": (LANE_WIDTH, LANE_WIDTH),
    "lane2_b": (LANE_WIDTH,),
    "stage1_w": (POOLED * LANE_WIDTH + len(STAGE_FEATURES), STAGE_WIDTH),
    "stage1_b": (STAGE_WIDTH,),
    "stage2_w": (2 * STAGE_WIDTH, STAGE_WIDTH),
    "stage2_b": (STAGE_WIDTH,),
    "price_w": (STAGE_WIDTH, 1),
    "price_b": (1,),
    "cost_weight": (1,),
}
"""Of each array of a network."""


@dataclass(frozen=True)
class Network:
    """The weights, by the names and shapes of `SHAPES`.

    Without `looks_ahead` it is shown nothing of what the look ahead says.
    """

    lane_mean: Array
    lane_scale: Array
    stage_mean: Array
    stage_scale: Array
    lane1_w: Array
    lane1_b: Array
    lane2_w: Array
    lane2_b: Array
    stage1_w: Array
    stage1_b: Array
    stage2_w: Array
    stage2_b: Array
    price_w: Array
    price_b: Array
    cost_weight: Array
    looks_ahead: bool = True

    def prices(self, seen: Seen) -> Array:
        """(n_stages,) what each stage costs, in units of `COST_VEH_S`; the least is best.

        Only their differences mean something, and only where `seen.choices`.
        """
        own, cost = seen.stages, (seen.cost_veh_s / COST_VEH_S).astype(np.float32)
        if not self.looks_ahead:
            own, cost = own.copy(), np.zeros_like(cost)
            own[:, -OF_LOOK_AHEAD:] = 0.0
        lanes = (seen.lanes - self.lane_mean) / self.lane_scale
        lanes = np.maximum(lanes @ self.lane1_w + self.lane1_b, 0.0)
        lanes = np.maximum(lanes @ self.lane2_w + self.lane2_b, 0.0)
        n_stages = len(seen.stages)
        pooled = np.empty((n_stages, self.stage1_w.shape[0]), np.float32)
        width = lanes.shape[1]
        for r, relation in enumerate(seen.relations):
            pooled[:, r * width : (r + 1) * width] = relation @ lanes
        pooled[:, 3 * width : 4 * width] = lanes.sum(axis=0)
        pooled[:, 4 * width : 5 * width] = seen.lanes[:, -1] @ lanes
        pooled[:, POOLED * width :] = (own - self.stage_mean) / self.stage_scale
        stages = np.maximum(pooled @ self.stage1_w + self.stage1_b, 0.0)
        both = np.empty((n_stages, 2 * stages.shape[1]), np.float32)
        both[:, : stages.shape[1]] = stages
        both[:, stages.shape[1] :] = np.where(seen.choices[:, None], stages, 0.0).max(axis=0)
        hidden = np.maximum(both @ self.stage2_w + self.stage2_b, 0.0)
        price = (hidden @ self.price_w)[:, 0] + self.price_b
        return np.asarray(price + self.cost_weight * cost)

    def as_arrays(self) -> dict[str, Array]:
        """By name, as they are kept in a file."""
        arrays = {name: getattr(self, name) for name in SHAPES}
        return {**arrays, "looks_ahead": np.array([self.looks_ahead], np.float32)}


def network_of(arrays: Mapping[str, NDArray[np.generic]]) -> Network:
    """The network of these arrays. Raises ValueError where one is missing or of another shape."""
    for name, shape in SHAPES.items():
        if name not in arrays or arrays[name].shape != shape:
            found = arrays[name].shape if name in arrays else "nothing"
            raise ValueError(f"{name}: {found}, not an array of shape {shape}")
    weights = {name: arrays[name].astype(np.float32) for name in SHAPES}
    return Network(**weights, looks_ahead=bool(np.all(arrays.get("looks_ahead", True))))
