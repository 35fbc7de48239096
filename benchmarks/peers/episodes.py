"""sumo-rl beside our controllers: its own environment and agents, judged by our measures.

It lives in a Python of its own, since it needs versions that we don't: one with sumo-rl 1.4.5,
PettingZoo below 1.27, stable-baselines3 and SUMO's packages at our version. What it writes about
trips is measured as ours is; what it doesn't write (gridlock, delay by movement) isn't there.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from greenband.benchmarks.demand import played
from greenband.benchmarks.disturbance import NONE
from greenband.benchmarks.measures import Measures, departures, measures
from greenband.benchmarks.trips import read_totals, read_trips
from greenband.engine.errors import InputError, MissingPartError
from greenband.networks.scenario import Scenario

AGENTS: Mapping[str, str] = {"sumo-rl-fixed": "fixed", "sumo-rl-dqn": "dqn"}
"""Our names for the network's own programs under its environment, and for SB3's DQN."""
LEARNERS = frozenset({"sumo-rl-dqn"})
TRAINING_SEED = 101
TRAINING_STEPS = 14_400
"""Decisions, one each 5 s: twenty simulated hours, which take minutes; RESCO's have 100."""
RUNNER = Path(__file__).with_name("sumo_rl_runner.py")


@dataclass(frozen=True)
class PeerRun:
    """Measures of one episode, its seconds without start and training, and SUMO's trip file."""

    measures: Measures
    episode_s: float
    wall_s: float


def run_sumo_rl(
    scenario: Scenario,
    agent: str,
    *,
    python: Path,
    policies: Path,
    folder: Path,
    seed: int = 1,
    demand: str = "published",
    training_steps: int = TRAINING_STEPS,
) -> PeerRun:
    """One hour of a scenario under sumo-rl.

    Parameters
    ----------
    agent : a key of AGENTS. The DQN controls one signal, so the scenario must have one.
    python : the other Python. policies : a folder in which trained policies are kept; training
        takes minutes. folder : for SUMO's files.

    Raises MissingPartError where that Python has no sumo-rl, InputError where sumo-rl can't run
    the scenario.
    """
    began = perf_counter()
    if scenario.end_s is None:
        raise _unfit(scenario, "no end", "a window with an end")
    _check(python)
    given = played(scenario, [], demand, NONE, seed, folder)
    spec = {
        "net": str(scenario.net),
        "routes": [str(path) for path in given.routes],
        "begin_s": scenario.begin_s,
        "end_s": scenario.end_s,
        "yellow_s": scenario.resco_yellow_s,
        "seed": seed,
        "trips": str(folder / "trips.xml"),
        "totals": str(folder / "totals.xml"),
        "agent": AGENTS[agent],
        "training_steps": training_steps,
        "training_seed": TRAINING_SEED,
        "policy": str(policy_path(scenario, policies, training_steps)),
    }
    episode_s = _run(scenario, python, spec, folder)
    return PeerRun(_measures(given, folder, scenario.end_s), episode_s, perf_counter() - began)


def policy_path(scenario: Scenario, policies: Path, training_steps: int = TRAINING_STEPS) -> Path:
    """Where the policy of a scenario is kept; the folder is made."""
    policies.mkdir(parents=True, exist_ok=True)
    return policies / f"{scenario.name}.{scenario.digest}.{training_steps}.zip"


def _check(python: Path) -> None:
    asked = [str(python), "-c", f"from importlib.metadata import version as v; {_ASKS}"]
    try:
        subprocess.run(asked, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingPartError(
            f"sumo-rl in {python}",
            (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1],
            "a Python with sumo-rl 1.4.5, PettingZoo below 1.27 and stable-baselines3",
            "Give another Python, or install these there.",
        ) from None


_ASKS = "; ".join(f"v('{name}')" for name in ("sumo-rl", "pettingzoo", "stable-baselines3"))


def _run(scenario: Scenario, python: Path, spec: Mapping[str, Any], folder: Path) -> float:
    """Its episode in its Python; seconds that it took."""
    path = folder / "spec.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    done = subprocess.run([str(python), str(RUNNER), str(path)], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise _unfit(scenario, f"sumo-rl ended with: {last}", "a scenario that sumo-rl can run")
    return float(json.loads(done.stdout.strip().splitlines()[-1])["episode_s"])


def _measures(scenario: Scenario, folder: Path, end_s: float) -> Measures:
    trips, walks = read_trips(folder / "trips.xml")
    return measures(
        trips,
        walks,
        read_totals(folder / "totals.xml"),
        begin_s=scenario.begin_s,
        end_s=end_s,
        demand=list(departures(scenario.routes)),
    )


def _unfit(scenario: Scenario, found: str, allowed: str) -> InputError:
    return InputError(
        f"sumo-rl, scenario {scenario.name}",
        found,
        allowed,
        "Leave the scenario or the peer out.",
    )
