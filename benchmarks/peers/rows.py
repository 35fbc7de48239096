"""Rows of other people's controllers."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from greenband.benchmarks.rows import Code, Row, row_of
from greenband.benchmarks.run import sumo_version
from greenband.benchmarks.suite import RunSpec
from greenband.controllers.disturbance import NONE
from greenband.engine.errors import GreenbandError, InputError
from greenband.networks.scenario import load_scenario

from .episodes import Pythons, policy_folder, run_peer, train_peer
from .names import Asked, find_peer


def peer_row(
    spec: RunSpec, code: Code, pythons: Pythons, policies: Path, limit_s: float | None = None
) -> Row:
    """One run of a peer; what it can't do is the row's reason.

    It has no gridlock (None), no audit and no delays by movement: they need what only our street
    writes down.
    """
    try:
        asked = _asked(spec)
        with tempfile.TemporaryDirectory(prefix="greenband-") as name:
            scenario = load_scenario(spec.scenario)
            run = run_peer(
                scenario,
                asked,
                pythons=pythons,
                policies=policies,
                folder=Path(name),
                seed=spec.seed,
                demand=spec.demand,
                limit_s=limit_s,
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
        "peer": {
            "text": asked.peer.text,
            "episodes": asked.episodes,
            "decisions": run.decisions,
            "training_seeds": list(asked.seeds),
            "versions": run.versions,
        },
    }
    return row_of(spec, code, result=result)


def trained(spec: RunSpec, pythons: Pythons, policies: Path) -> str:
    """The policy that a run needs, made where it isn't there.

    Returns its folder. Raises what `train_peer` raises.
    """
    asked = _asked(spec, training=True)
    scenario = load_scenario(spec.scenario)
    with tempfile.TemporaryDirectory(prefix="greenband-") as name:
        train_peer(
            scenario,
            asked,
            pythons=pythons,
            policies=policies,
            folder=Path(name),
            demand=spec.demand,
        )
    return str(policy_folder(scenario, asked, policies, spec.demand))


def _asked(spec: RunSpec, *, training: bool = False) -> Asked:
    """What the run asks for. Raises InputError for what no peer can do."""
    asked = find_peer(spec.controller)
    if asked is None:
        raise _unfit(spec, "no peer of this name", "a name that docs/bench.md has")
    if spec.disturbance != NONE:
        raise _unfit(
            spec,
            f"the disturbance {spec.disturbance.name}",
            f"none: {asked.peer.package}'s environment is not disturbed",
        )
    if spec.league != "resco":
        raise _unfit(spec, f"{spec.league} rules", "resco rules: their code keeps no others")
    if spec.seed in asked.seeds and not training:
        raise _unfit(spec, f"seed {spec.seed}, on which it was trained", "other seeds")
    return asked


def _unfit(spec: RunSpec, found: str, allowed: str) -> InputError:
    return InputError(
        f"controller {spec.controller}", found, allowed, "Leave the peer out of this suite."
    )
