"""What is learned from: what a policy saw in a second, and what each step costs; kept in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from greenband.controllers.stage_features import (
    LANE_FEATURES,
    RELATIONS,
    STAGE_FEATURES,
    Seen,
)


@dataclass(frozen=True)
class Sample:
    """What was seen, and what steps cost: (n_stages,) vehicle-seconds, NaN where not known."""

    seen: Seen
    cost_veh_s: NDArray[np.float64]


def save(samples: Sequence[Sample], path: Path) -> None:
    """Keep samples of one street in a file, which is whole or not there."""
    seen = [s.seen for s in samples]
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        allow_pickle=False,
        n_lanes=np.array([len(s.lanes) for s in seen], np.int32),
        n_stages=np.array([len(s.stages) for s in seen], np.int32),
        lanes=_joined([s.lanes for s in seen], (0, len(LANE_FEATURES))),
        stages=_joined([s.stages for s in seen], (0, len(STAGE_FEATURES))),
        relations=_joined([s.relations.ravel() for s in seen], (0,)),
        seen_cost=_joined([s.cost_veh_s for s in seen], (0,)),
        choices=_joined([s.choices for s in seen], (0,)).astype(np.bool_),
        cost=_joined([s.cost_veh_s for s in samples], (0,)),
    )
    part.rename(path)


def _joined(arrays: Sequence[NDArray[np.generic]], empty: tuple[int, ...]) -> NDArray[np.generic]:
    return np.concatenate(arrays) if arrays else np.zeros(empty, np.float32)


def load(path: Path) -> list[Sample]:
    """The samples of a file."""
    with np.load(path) as file:
        kept = {name: file[name] for name in file.files}
    samples, lane, stage, relation = [], 0, 0, 0
    for n, s in zip(kept["n_lanes"].tolist(), kept["n_stages"].tolist(), strict=True):
        of_stages, size = slice(stage, stage + s), len(RELATIONS) * s * n
        seen = Seen(
            kept["lanes"][lane : lane + n],
            kept["relations"][relation : relation + size].reshape(-1, s, n),
            kept["stages"][of_stages],
            kept["seen_cost"][of_stages],
            kept["choices"][of_stages],
        )
        samples.append(Sample(seen, kept["cost"][of_stages]))
        lane, stage, relation = lane + n, stage + s, relation + size
    return samples


@dataclass(frozen=True)
class Batch:
    """Samples of any shape in arrays of one: n samples, as many lanes and stages as the most.

    Attributes
    ----------
    lanes (n, lanes, features), relations (n, kinds, stages, lanes), stages (n, stages, features),
    seen_cost, cost (n, stages) in vehicle-seconds, choices, known (n, stages), has_lane (n, lanes).
    What isn't there is 0 and False.
    """

    lanes: NDArray[np.float32]
    relations: NDArray[np.float32]
    stages: NDArray[np.float32]
    seen_cost: NDArray[np.float32]
    cost: NDArray[np.float32]
    choices: NDArray[np.bool_]
    known: NDArray[np.bool_]
    has_lane: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.lanes)


def batch_of(samples: Sequence[Sample]) -> Batch:
    """All samples, padded."""
    n = len(samples)
    most_lanes = max((len(s.seen.lanes) for s in samples), default=0)
    most_stages = max((len(s.seen.stages) for s in samples), default=0)
    batch = Batch(
        lanes=np.zeros((n, most_lanes, len(LANE_FEATURES)), np.float32),
        relations=np.zeros((n, len(RELATIONS), most_stages, most_lanes), np.float32),
        stages=np.zeros((n, most_stages, len(STAGE_FEATURES)), np.float32),
        seen_cost=np.zeros((n, most_stages), np.float32),
        cost=np.zeros((n, most_stages), np.float32),
        choices=np.zeros((n, most_stages), np.bool_),
        known=np.zeros((n, most_stages), np.bool_),
        has_lane=np.zeros((n, most_lanes), np.bool_),
    )
    for i, sample in enumerate(samples):
        seen = sample.seen
        k, s = len(seen.lanes), len(seen.stages)
        batch.lanes[i, :k] = seen.lanes
        batch.relations[i, :, :s, :k] = seen.relations
        batch.stages[i, :s] = seen.stages
        batch.seen_cost[i, :s] = seen.cost_veh_s
        batch.known[i, :s] = known = np.isfinite(sample.cost_veh_s)
        batch.cost[i, :s] = np.where(known, sample.cost_veh_s, 0.0)
        batch.choices[i, :s] = seen.choices
        batch.has_lane[i, :k] = True
    return batch
