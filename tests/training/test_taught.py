"""A teacher prices what a student sees; a street is branched to see what steps really cost."""

from __future__ import annotations

import os
from itertools import islice

import numpy as np
import pytest

from greenband.controllers.stage_features import SLACK_VEH_S
from greenband.engine.errors import MissingPartError
from greenband.training.branches import Branching, branched
from greenband.training.drawn_streets import DrawnStreets
from greenband.training.samples import Sample
from greenband.training.streets import Varied
from greenband.training.taught import taught

from ..controllers.policies import drawn_network  # noqa: TID252

SEED = 8
"""One junction that never jams."""


def priced(**options: object) -> list[Sample]:
    streets = DrawnStreets(seconds=150, varied=Varied())
    return list(taught(streets, SEED, **options))  # type: ignore[arg-type]


def same(a: list[Sample], b: list[Sample]) -> bool:
    return len(a) == len(b) and all(
        np.array_equal(x.seen.lanes, y.seen.lanes)
        and np.array_equal(x.cost_veh_s, y.cost_veh_s, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def test_costs_are_beyond_the_cheapest_and_of_what_may_be_chosen() -> None:
    samples = priced(every_s=2)
    assert len(samples) > 10
    for sample in samples:
        known = np.isfinite(sample.cost_veh_s)
        assert (known == sample.seen.choices).all()
        assert sample.cost_veh_s[known].min() >= 0.0
        assert sample.cost_veh_s[known].max() <= SLACK_VEH_S
    # teacher and student see different things, but of the same street
    seen = np.concatenate([s.seen.cost_veh_s[s.seen.choices] for s in samples])
    true = np.concatenate([s.cost_veh_s[s.seen.choices] for s in samples])
    assert (seen != true).any()
    assert np.corrcoef(seen, true)[0, 1] > 0.5


def test_a_seed_gives_the_same_samples_and_another_driver_others() -> None:
    first = priced()
    assert same(first, priced())
    assert not same(first, priced(network=drawn_network()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't copy a process")
def test_branches_differ_by_their_step_alone() -> None:
    streets = DrawnStreets(seconds=240, varied=Varied())
    branching = Branching(horizon_s=20, apart_s=5, begin_s=40)
    samples = list(islice(branched(streets, SEED, branching), 5))
    again = list(islice(branched(streets, SEED, branching), 5))
    assert same(samples, again)
    for sample in samples:
        tried = sample.cost_veh_s[np.isfinite(sample.cost_veh_s)]
        assert 2 <= len(tried) <= 3
        assert (tried > 0.0).all()
    assert any(np.ptp(s.cost_veh_s[np.isfinite(s.cost_veh_s)]) > 0.0 for s in samples)


def test_where_a_process_can_not_be_copied_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork", raising=False)
    with pytest.raises(MissingPartError, match="copy a running process"):
        next(branched(DrawnStreets(), 1, Branching()))
