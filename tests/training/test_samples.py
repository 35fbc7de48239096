"""Samples come back from their file, and are padded without a trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from greenband.training.samples import Sample, batch_of, load, save

from ..controllers.policies import drawn_seen  # noqa: TID252

SAMPLES = [
    Sample(drawn_seen(lanes, stages, k), np.array([0.0, 4.0] + [np.nan] * (stages - 2)))
    for k, (lanes, stages) in enumerate([(3, 2), (9, 5), (4, 3)])
]


def test_they_come_back(tmp_path: Path) -> None:
    save(SAMPLES, tmp_path / "s.npz")
    again = load(tmp_path / "s.npz")
    assert len(again) == 3
    for a, b in zip(SAMPLES, again, strict=True):
        for name in ("lanes", "relations", "stages", "cost_veh_s", "choices"):
            assert np.array_equal(getattr(a.seen, name), getattr(b.seen, name)), name
        assert np.array_equal(a.cost_veh_s, b.cost_veh_s, equal_nan=True)
    assert [p.name for p in tmp_path.iterdir()] == ["s.npz"]


def test_a_street_without_samples_has_a_file_too(tmp_path: Path) -> None:
    save([], tmp_path / "none.npz")
    assert load(tmp_path / "none.npz") == []


def test_padding_is_marked() -> None:
    batch = batch_of(SAMPLES)
    assert len(batch) == 3
    assert batch.lanes.shape[:2] == (3, 9)
    assert batch.has_lane.sum(axis=1).tolist() == [3, 9, 4]
    assert batch.known.sum(axis=1).tolist() == [2, 2, 2]
    assert batch.choices[0].tolist() == [True, True, False, False, False]
    assert not batch.lanes[0, 3:].any()
    assert not batch.relations[0, :, 2:].any()
