"""sumo-rl in its own Python: its fixed programs are the network's, so both must agree."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from greenband.benchmarks.disturbance import Disturbance
from greenband.benchmarks.peers.episodes import AGENTS, run_sumo_rl
from greenband.benchmarks.peers.rows import peer_row
from greenband.benchmarks.rows import Code
from greenband.benchmarks.run import simulate
from greenband.benchmarks.suite import RunSpec
from greenband.engine.errors import InputError, MissingPartError
from greenband.networks.scenario import load_scenario

PYTHON = os.environ.get("GREENBAND_SUMO_RL_PYTHON", "")
needs_sumo_rl = pytest.mark.skipif(
    not PYTHON, reason="needs a Python with sumo-rl, named by GREENBAND_SUMO_RL_PYTHON"
)


def test_a_python_without_sumo_rl_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="sumo-rl"):
        run_sumo_rl(
            load_scenario("junction"),
            "sumo-rl-fixed",
            python=Path(sys.executable).with_name("no-such-python"),
            policies=tmp_path,
            folder=tmp_path,
        )


def test_a_scenario_without_an_end_is_refused(small_scenario: Path, tmp_path: Path) -> None:
    endless = replace(load_scenario(small_scenario), end_s=None)
    with pytest.raises(InputError, match="no end"):
        run_sumo_rl(
            endless, "sumo-rl-fixed", python=Path(PYTHON), policies=tmp_path, folder=tmp_path
        )


@needs_sumo_rl
def test_fixed_programs_give_the_same_delay_there_and_here(tmp_path: Path) -> None:
    scenario = load_scenario("cologne1")
    there = run_sumo_rl(
        scenario, "sumo-rl-fixed", python=Path(PYTHON), policies=tmp_path, folder=tmp_path
    )
    here = simulate(scenario, "program").measures
    assert there.measures.delay_s == pytest.approx(here.delay_s)
    assert there.measures.delay_resco_s == pytest.approx(here.delay_resco_s)
    assert set(AGENTS) == {"sumo-rl-fixed", "sumo-rl-dqn"}


def test_a_suite_without_that_python_has_the_reason_in_its_row(tmp_path: Path) -> None:
    spec = RunSpec("junction", "sumo-rl-fixed", "full", "resco", "published", 1)
    row = peer_row(spec, Code("", ""), None, tmp_path)
    assert row["status"] == "failed"
    assert "--sumo-rl PYTHON" in row["reason"]
    harder = replace(spec, disturbance=Disturbance(name="more", demand_ratio=1.1))
    assert "the disturbance more" in peer_row(harder, Code("", ""), Path("x"), tmp_path)["reason"]
