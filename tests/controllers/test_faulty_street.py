"""Loops that lie: which, how, and that everything else stays true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenband.benchmarks.run import simulate
from greenband.controllers.disturbance import Disturbance
from greenband.controllers.faulty_street import FaultyStreet, draw_faults
from greenband.engine.errors import InputError
from greenband.engine.rules import STREET
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_street import SumoStreet


def street(folder: Path) -> SumoStreet:
    scenario = load_scenario("junction")
    signals, _ = read_signals(scenario)
    return SumoStreet(scenario, signals, rules=STREET, folder=folder)


def test_faults_are_drawn_in_thirds_without_repetition() -> None:
    faults = draw_faults(60, 0.1, np.random.default_rng(1))
    parts = [faults.dead, faults.stuck, faults.chattering]
    assert [len(p) for p in parts] == [2, 2, 2]
    assert len(np.unique(np.concatenate(parts))) == 6
    assert not draw_faults(60, 0.0, np.random.default_rng(1)).dead.size


def test_broken_loops_lie_and_the_others_don_t(tmp_path: Path) -> None:
    with street(tmp_path) as true:
        faulty = FaultyStreet(true, Disturbance(name="x", detectors_ratio=0.5), seed=3)
        broken = np.zeros(len(true.arrays.counts_veh), bool)
        for loops in (faulty.faults.dead, faulty.faults.stuck, faulty.faults.chattering):
            broken[loops] = True
        seen, chattered = 0, 0
        for _ in range(300):
            frames = faulty.read()
            assert frames["J"].time_s == true.time_s
            assert np.array_equal(
                faulty.arrays.counts_veh[~broken], true.arrays.counts_veh[~broken]
            )
            assert not faulty.arrays.presence[faulty.faults.dead].any()
            assert faulty.arrays.presence[faulty.faults.stuck].all()
            assert np.array_equal(frames["J"].colour, true.frames["J"].colour)
            seen += int(true.arrays.counts_veh[broken].sum())
            chattered += int(faulty.arrays.counts_veh[faulty.faults.chattering].sum())
        assert seen > 0
        assert chattered > 0


def test_late_data_are_those_of_two_seconds_ago(tmp_path: Path) -> None:
    with street(tmp_path) as true:
        faulty = FaultyStreet(true, Disturbance(name="late", latency_s=2), seed=1)
        reported, happened = [], []
        for _ in range(120):
            faulty.read()
            reported.append(faulty.arrays.counts_veh.copy())
            happened.append(true.arrays.counts_veh.copy())
    assert sum(c.sum() for c in happened) > 0
    assert np.array_equal(np.array(reported[2:]), np.array(happened[:-2]))


def test_a_run_with_failing_loops_differs_and_repeats(small_scenario: Path) -> None:
    broken = Disturbance(name="broken", detectors_ratio=0.5)
    sound = simulate(small_scenario, "actuated").measures
    first = simulate(small_scenario, "actuated", disturbance=broken).measures
    assert first == simulate(small_scenario, "actuated", disturbance=broken).measures
    assert first.delay_s != sound.delay_s


def test_failing_loops_and_full_sight_don_t_go_together(small_scenario: Path) -> None:
    with pytest.raises(InputError, match="more than loops"):
        simulate(
            small_scenario,
            "max-pressure",
            info="full",
            disturbance=Disturbance(name="late", latency_s=1),
        )
