"""What is learned is less regret, and what is exported is what was learned. Needs torch."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from greenband.engine.errors import MissingPartError
from greenband.training.samples import Sample, batch_of

from ..controllers.policies import drawn_network, drawn_seen  # noqa: TID252


def lessons(n: int, first: int) -> list[Sample]:
    """What a step costs is told by a lane feature of whom it serves, not by the look ahead."""
    samples = []
    for k in range(first, first + n):
        seen = drawn_seen(3 + k % 5, 2 + k % 3, k)
        waiting = seen.relations[0] @ seen.lanes[:, 0]
        cost = 60.0 * (waiting.max() - waiting)
        samples.append(Sample(seen, np.where(seen.choices, cost, np.nan)))
    return samples


def test_without_torch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "greenband.training.learner", raising=False)
    with pytest.raises(MissingPartError, match="pip install"):
        import greenband.training.learner  # noqa: F401


def test_the_exported_network_prices_as_the_one_that_was_trained() -> None:
    torch = pytest.importorskip("torch", reason="torch is in the extra train")
    from greenband.training.learner import Learning, Pricer, _set_weights, _tensors, exported

    network = drawn_network()
    model = Pricer()
    _set_weights(model, network)
    samples = lessons(200, 0)
    with torch.no_grad():
        trained = model(_tensors(batch_of(samples), Learning())).numpy()
    again = exported(model)
    for row, sample in zip(trained, samples, strict=True):
        priced = again.prices(sample.seen)
        may = sample.seen.choices
        assert priced[may] == pytest.approx(row[: len(may)][may], rel=1e-3, abs=1e-3)


def test_it_learns_and_a_seed_gives_the_same_weights() -> None:
    pytest.importorskip("torch", reason="torch is in the extra train")
    from greenband.training.learner import Learning, learn

    data, held = batch_of(lessons(1500, 0)), batch_of(lessons(200, 5000))
    learning = Learning(epochs=6, size=64)
    told: list[float] = []
    network, regret = learn(
        data, held, learning, 1, lambda epoch, loss, r: told.append(r.policy_veh_s)
    )
    assert regret.policy_veh_s < 0.5 * regret.look_ahead_veh_s
    assert regret.policy_veh_s == min(told)
    again, _ = learn(data, held, learning, 1, lambda *_: None)
    for name, array in network.as_arrays().items():
        assert np.array_equal(array, again.as_arrays()[name]), name
    more, better = learn(data, held, learning, 2, lambda *_: None, begin=network)
    assert better.policy_veh_s < 1.2 * regret.policy_veh_s
    assert not np.array_equal(more.lane1_w, network.lane1_w)
