"""How far a situation is from all that a policy was trained on.

A situation is described by a few numbers that don't depend on the site's shape: of each feature
the mean and the largest value over its lanes and over its stages, and how many there are. Their
distance is Mahalanobis', from the mean of the training data by its covariance; what is further than
nearly all of that data was (`LIMIT_QUANTILE`, and `MARGIN` times as far) is strange.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .stage_features import LANE_FEATURES, STAGE_FEATURES, Seen

LIMIT_QUANTILE = 0.9995
MARGIN = 1.3
RIDGE = 1e-3
"""Added to the variances, so that a feature that never varied doesn't decide alone."""
SIZE = 2 * len(LANE_FEATURES) + 2 * len(STAGE_FEATURES) + 2


@dataclass(frozen=True)
class Guard:
    """The training data's mean (SIZE,), its covariance's inverse root (SIZE, SIZE), the limit."""

    mean: NDArray[np.float64]
    root: NDArray[np.float64]
    limit: float

    def distance(self, seen: Seen) -> float:
        """Standard deviations from the mean of the training data."""
        return float(np.linalg.norm((described(seen) - self.mean) @ self.root))

    def is_strange(self, seen: Seen) -> bool:
        """True where a policy should not be asked; so too for what is no number."""
        row = described(seen)
        if not np.isfinite(row).all():
            return True
        return bool(np.linalg.norm((row - self.mean) @ self.root) > self.limit)

    def as_arrays(self) -> dict[str, NDArray[np.float64]]:
        """By name, as they are kept in a file."""
        return {
            "guard_mean": self.mean,
            "guard_root": self.root,
            "guard_limit": np.array([self.limit]),
        }


def described(seen: Seen) -> NDArray[np.float64]:
    """(SIZE,) a situation, whatever its shape."""
    lanes, stages = seen.lanes, seen.stages
    parts = (
        lanes.mean(axis=0),
        lanes.max(axis=0),
        stages.mean(axis=0),
        stages.max(axis=0),
        [len(lanes) / 10.0, len(stages) / 5.0],
    )
    return np.concatenate(parts).astype(np.float64)


def guard_for(situations: Iterable[Seen]) -> Guard:
    """The guard of training data."""
    rows = np.array([described(s) for s in situations])
    mean = rows.mean(axis=0)
    covariance = np.cov(rows, rowvar=False) + RIDGE * np.eye(SIZE)
    root = np.linalg.cholesky(np.linalg.inv(covariance))
    distances = np.linalg.norm((rows - mean) @ root, axis=1)
    return Guard(mean, root, float(MARGIN * np.quantile(distances, LIMIT_QUANTILE)))


def guard_of(arrays: Mapping[str, NDArray[np.generic]]) -> Guard:
    """The guard of these arrays. Raises ValueError where one is missing or of another shape."""
    shapes = {"guard_mean": (SIZE,), "guard_root": (SIZE, SIZE), "guard_limit": (1,)}
    for name, shape in shapes.items():
        if name not in arrays or arrays[name].shape != shape:
            raise ValueError(f"{name} is not an array of shape {shape}")
    mean, root = arrays["guard_mean"].astype(float), arrays["guard_root"].astype(float)
    return Guard(mean, root, float(arrays["guard_limit"].astype(float)[0]))
