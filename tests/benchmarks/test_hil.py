"""Cabinets in the loop: safe, in step, and no worse than the same control in SUMO directly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenband.benchmarks.hil import hil
from greenband.benchmarks.run import simulate
from greenband.engine.errors import InputError
from greenband.networks.scenario import Scenario, load_scenario

MINUTES_S = 900.0


def short(name: str) -> Scenario:
    """The first minutes of a scenario's traffic."""
    scenario = load_scenario(name)
    return replace(scenario, end_s=scenario.begin_s + MINUTES_S)


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


def test_rolling_horizon_drives_a_cabinets_phases() -> None:
    found = hil(short("junction"), "phase", seed=101, controller="rolling-horizon")
    driven = found.driven
    assert not found.monitor_faults
    assert driven is not None
    assert driven.whole
    assert driven.refused == 0
    assert driven.adaptive > 0.9 * driven.seconds
    assert 50 < driven.orders <= driven.decisions
    free = hil(short("junction"), "free", seed=101).measures.delay_s
    direct = simulate(short("junction"), "rolling-horizon", league="street", seed=101).measures
    delay_s = found.measures.delay_s
    assert delay_s is not None
    assert free is not None
    assert direct.delay_s is not None
    assert delay_s < 1.25 * direct.delay_s
    assert delay_s != free


def test_rolling_horizons_greens_become_patterns() -> None:
    found = hil(short("junction"), "pattern", seed=101, controller="rolling-horizon")
    driven = found.driven
    assert not found.monitor_faults
    assert driven is not None
    assert driven.whole
    assert driven.refused == 0
    assert driven.orders == 0
    assert 2 <= driven.plans <= 4


@pytest.mark.slow
def test_an_hour_of_a_corridor_by_phases_is_near_the_same_control_in_sumo() -> None:
    found = hil("corridor", "phase", seed=101, controller="rolling-horizon")
    direct = simulate("corridor", "rolling-horizon", league="street", seed=101).measures
    assert not found.monitor_faults
    assert found.measures.delay_s is not None
    assert direct.delay_s is not None
    assert found.measures.delay_s < 1.12 * direct.delay_s


def test_signals_without_rings_are_refused(small_scenario: object) -> None:
    with pytest.raises(InputError, match=r"no rings|numbered"):
        hil(str(small_scenario))


def test_a_tier_of_phases_needs_a_controller() -> None:
    with pytest.raises(InputError, match="no controller"):
        hil("junction", "phase")
    with pytest.raises(InputError, match="rolling-horizon"):
        hil("junction", "free", controller="rolling-horizon")
