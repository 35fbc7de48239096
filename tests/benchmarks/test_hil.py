"""Cabinets in the loop: safe, in step, and no worse than the same control in SUMO directly."""

from __future__ import annotations

import pytest

from greenband.benchmarks.hil import hil
from greenband.benchmarks.run import simulate
from greenband.engine.errors import InputError


def test_a_cabinet_runs_a_junction_by_itself() -> None:
    found = hil("junction", "free", seed=101)
    assert not found.monitor_faults
    assert not found.measures.gridlock
    direct = simulate("junction", "actuated", league="street", seed=101).measures
    assert direct.delay_s is not None
    assert found.measures.delay_s is not None
    assert found.measures.delay_s < 1.3 * direct.delay_s


def test_a_plan_that_was_sent_over_snmp_is_run_in_step() -> None:
    found = hil("junction", "pattern", seed=101)
    assert not found.monitor_faults
    assert found.in_step_ratio == pytest.approx(1.0, abs=0.02)
    assert all(settled is not None and settled < 400 for settled in found.settled_s.values())


def test_signals_without_rings_are_refused(small_scenario: object) -> None:
    with pytest.raises(InputError, match=r"no rings|numbered"):
        hil(str(small_scenario))
