"""rolling-horizon in SUMO, from loops alone."""

from __future__ import annotations

import pytest

from greenband.benchmarks import simulate


@pytest.mark.slow
def test_looks_ahead_on_a_corridor_within_the_rules_of_the_street() -> None:
    ahead = simulate("corridor", "rolling-horizon", league="street", seed=101)
    program = simulate("corridor", "program", league="street", seed=101)
    assert ahead.audit["violations"] == 0
    assert ahead.gridlocked == ()
    lost_s, before_s = ahead.measures.delay_s, program.measures.delay_s
    assert lost_s is not None
    assert before_s is not None
    assert lost_s < before_s
