"""The shipped policy prices what was recorded as the network in torch does. Needs torch."""

from __future__ import annotations

import numpy as np
import pytest

from greenband.controllers.policy_file import load_policy
from greenband.training.drawn_streets import DrawnStreets
from greenband.training.samples import batch_of
from greenband.training.taught import taught


def test_on_recorded_observations_both_choose_alike() -> None:
    torch = pytest.importorskip("torch", reason="torch is in the extra train")
    from greenband.training.learner import Learning, Pricer, _set_weights, _tensors

    network, model = load_policy().network, Pricer()
    _set_weights(model, network)
    recorded = [s for seed in (3, 8) for s in taught(DrawnStreets(seconds=300), seed, network)]
    assert len(recorded) > 50
    with torch.no_grad():
        trained = model(_tensors(batch_of(recorded), Learning())).numpy()
    for row, sample in zip(trained, recorded, strict=True):
        may = sample.seen.choices
        prices = network.prices(sample.seen)
        assert prices[may] == pytest.approx(row[: len(may)][may], abs=1e-4)
        expected = np.where(may, row[: len(may)], np.inf).argmin()
        assert np.where(may, prices, np.inf).argmin() == expected
