"""Rows of other people's controllers."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from greenband.benchmarks.disturbance import NONE
from greenband.benchmarks.rows import Code, Row, row_of
from greenband.benchmarks.run import sumo_version
from greenband.benchmarks.suite import RunSpec
from greenband.engine.errors import GreenbandError, InputError, MissingPartError
from greenband.networks.scenario import load_scenario

from .episodes import run_sumo_rl


def peer_row(spec: RunSpec, code: Code, python: Path | None, policies: Path) -> Row:
    """One run of a peer; what it can't do is the row's reason.

    It has no gridlock (None), no audit and no delays by movement: they need what only our street
    writes down.
    """
    try:
        if python is None:
            raise MissingPartError(
                f"controller {spec.controller}",
                "no Python with sumo-rl was given",
                "--sumo-rl PYTHON",
                "Give the path of one; docs/bench.md has its versions.",
            )
        if spec.disturbance != NONE:
            raise InputError(
                f"controller {spec.controller}",
                f"the disturbance {spec.disturbance.name}",
                "none: sumo-rl's environment is not disturbed",
                "Leave the peer out of this suite.",
            )
        with tempfile.TemporaryDirectory(prefix="greenband-") as name:
            scenario = load_scenario(spec.scenario)
            run = run_sumo_rl(
                scenario,
                spec.controller,
                python=python,
                policies=policies,
                folder=Path(name),
                seed=spec.seed,
                demand=spec.demand,
            )
    except GreenbandError as error:
        return row_of(spec, code, reason=str(error))
    result = {
        **asdict(run.measures),
        "gridlock": None,
        "audit": {"violations": None},
        "wait_by_edge": {},
        "scenario": scenario.name,
        "scenario_digest": scenario.digest,
        "sumo_version": sumo_version(),
        "wall_s": run.wall_s,
        "episode_s": run.episode_s,
        "decide_ms": None,
    }
    return row_of(spec, code, result=result)
