"""Other people's controllers: trained and run by their own code, judged by our measures.

They live in a Python of their own, since they need versions that we don't; docs/bench.md has
them. What SUMO writes about trips is measured as ours is; what their code doesn't write
(gridlock, delay by movement) isn't there.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

from greenband.benchmarks.demand import played
from greenband.benchmarks.measures import Measures, departures, measures
from greenband.benchmarks.run import sumo_version
from greenband.benchmarks.trips import read_totals, read_trips
from greenband.controllers.disturbance import NONE
from greenband.engine.errors import InputError, MissingPartError
from greenband.networks.scenario import Scenario

from .names import Asked, Package

HERE = Path(__file__).parent
RUNNERS: Mapping[Package, Path] = {
    "sumo-rl": HERE / "sumo_rl_runner.py",
    "RESCO": HERE / "resco_runner.py",
}
NEEDS: Mapping[Package, tuple[str, ...]] = {
    "sumo-rl": ("sumo-rl", "pettingzoo", "stable-baselines3", "libsumo", "eclipse-sumo"),
    "RESCO": ("gym", "torch", "pfrl", "libsumo", "eclipse-sumo"),
}
TRAINED = "training.json"
"""Beside a policy, once its training is over: what was done."""
OPTIONS: Mapping[Package, str] = {
    "sumo-rl": "--sumo-rl PYTHON",
    "RESCO": "--resco FOLDER --resco-python PYTHON",
}


@dataclass(frozen=True)
class Pythons:
    """Where other people's code is; None where the user has not said.

    Attributes
    ----------
    sumo_rl : a Python with sumo-rl. resco : a clone of RESCO's repository; resco_python : a
        Python with what it needs.
    """

    sumo_rl: Path | None = None
    resco: Path | None = None
    resco_python: Path | None = None

    def of(self, package: Package) -> Path | None:
        """The Python of a package, once all that it needs is known."""
        if package == "sumo-rl":
            return self.sumo_rl
        return self.resco_python if self.resco is not None else None


@dataclass(frozen=True)
class PeerRun:
    """Measures of one episode, its seconds without the start, and the versions that made it.

    `decisions` are those of its training, 0 where it had none; `episode_cpu_s` is the episode in
    processor time, where the package's runner says it.
    """

    measures: Measures
    episode_s: float
    wall_s: float
    versions: dict[str, str]
    decisions: int = 0
    episode_cpu_s: float | None = None


def train_peer(
    scenario: Scenario,
    asked: Asked,
    *,
    pythons: Pythons,
    policies: Path,
    folder: Path,
    demand: str = "published",
) -> dict[str, Any]:
    """Have a peer learn on the training seeds, unless its policy is there; what was done.

    An interrupted training goes on where sumo-rl's was last kept; RESCO's begins anew.

    Parameters and errors as for `run_peer`.
    """
    policy = policy_folder(scenario, asked, policies, demand)
    if is_trained(policy):
        return {}
    python = _python(asked, pythons)
    draws = [_draw(scenario, demand, seed, folder / str(seed)) for seed in asked.seeds]
    spec = _spec(scenario, asked, pythons, policy, folder) | {"train": True, "draws": draws}
    done = _ask(scenario, asked, python, spec, folder, None)
    (policy / TRAINED).write_text(json.dumps({**done, "seeds": asked.seeds}))
    return done


def run_peer(
    scenario: Scenario,
    asked: Asked,
    *,
    pythons: Pythons,
    policies: Path,
    folder: Path,
    seed: int = 1,
    demand: str = "published",
    limit_s: float | None = None,
    lean: bool = False,
) -> PeerRun:
    """One hour of a scenario under a peer; one that learns was trained by `train_peer`.

    Parameters
    ----------
    pythons : where their code is. policies : a folder in which trained policies are kept.
    folder : for SUMO's files. limit_s : seconds after which it is ended. lean : sumo-rl leaves
        out the figures about all vehicles that it collects beside what a controller observes.

    Raises MissingPartError where their code isn't, InputError where it can't run the scenario.
    """
    began = perf_counter()
    python = _python(asked, pythons)
    policy = policy_folder(scenario, asked, policies, demand)
    decisions = 0
    if asked.peer.learns:
        if not is_trained(policy):
            raise _unfit(scenario, asked, f"no policy in {policy}", "a trained one")
        decisions = int(json.loads((policy / TRAINED).read_text())["decisions"])
    given = played(scenario, [], demand, NONE, seed, folder)
    draws = [{"seed": seed, "routes": [str(path) for path in given.routes]}]
    spec = _spec(scenario, asked, pythons, policy, folder)
    spec |= {"train": False, "draws": draws, "lean": lean}
    done = _ask(scenario, asked, python, spec, folder, limit_s)
    took_s = perf_counter() - began
    found = _measures(given, folder, spec["end_s"])
    return PeerRun(
        measures=found,
        episode_s=float(done["episode_s"]),
        wall_s=took_s,
        versions=dict(done["versions"]),
        decisions=decisions,
        episode_cpu_s=done.get("episode_cpu_s"),
    )


def policy_folder(scenario: Scenario, asked: Asked, policies: Path, demand: str) -> Path:
    """Where the policy of a scenario is kept."""
    agent = f"{asked.peer.package}-{asked.peer.agent}-{asked.episodes}"
    return policies / f"{agent}.{scenario.name}.{scenario.digest}.{demand}"


def is_trained(policy: Path) -> bool:
    """Whether the training of this folder's policy came to its end."""
    return (policy / TRAINED).is_file()


def _python(asked: Asked, pythons: Pythons) -> Path:
    """The package's Python. Raises MissingPartError where it is not said or lacks a part."""
    package = asked.peer.package
    python = pythons.of(package)
    if python is None:
        raise MissingPartError(
            f"{asked.peer.text}",
            f"nobody has said where {package}'s code is",
            OPTIONS[package],
            "Give it; docs/bench.md says what has to be there.",
        )
    asks = "; ".join(f"v('{name}')" for name in NEEDS[package])
    command = [str(python), "-c", f"from importlib.metadata import version as v; {asks}"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingPartError(
            f"{package} in {python}",
            (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1],
            f"a Python with {', '.join(NEEDS[package])}",
            "Give another Python, or install these there; docs/bench.md has the versions.",
        ) from None
    return python


def _spec(
    scenario: Scenario, asked: Asked, pythons: Pythons, policy: Path, folder: Path
) -> dict[str, Any]:
    if scenario.end_s is None:
        raise _unfit(scenario, asked, "no end", "a window with an end")
    if asked.peer.learns:
        policy.mkdir(parents=True, exist_ok=True)
    return {
        "agent": asked.peer.agent,
        "map": scenario.name,
        "folder": str((pythons.resco or Path()).resolve()),
        "net": str(scenario.net),
        "additional": [str(path) for path in scenario.additional],
        "begin_s": scenario.begin_s,
        "end_s": scenario.end_s,
        "yellow_s": scenario.resco_yellow_s,
        "episodes": asked.episodes,
        "policy": str(policy.resolve()),
        "trips": str(folder / "trips.xml"),
        "totals": str(folder / "totals.xml"),
    }


def _draw(scenario: Scenario, demand: str, seed: int, folder: Path) -> dict[str, Any]:
    """A training seed with its route files."""
    folder.mkdir(parents=True, exist_ok=True)
    given = played(scenario, [], demand, NONE, seed, folder)
    return {"seed": seed, "routes": [str(path) for path in given.routes]}


def _ask(
    scenario: Scenario,
    asked: Asked,
    python: Path,
    spec: Mapping[str, Any],
    folder: Path,
    limit_s: float | None,
) -> dict[str, Any]:
    """What the runner says at its end. It ends by itself when this process does."""
    path = folder / "spec.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    command = [str(python), str(RUNNERS[asked.peer.package]), str(path)]
    limit_s = limit_s if limit_s is not None and isfinite(limit_s) else None
    theirs, ours = os.pipe()
    try:
        done = _completed(command, theirs, limit_s, folder)
    except subprocess.TimeoutExpired:
        raise _unfit(scenario, asked, f"not over within {limit_s or 0:g} s", "less time") from None
    finally:
        os.close(theirs)
        os.close(ours)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise _unfit(scenario, asked, f"it ended with: {last}", "a scenario that it can run")
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    _refuse_other_sumo(asked, python, str(said["versions"]["libsumo"]))
    return said


def _completed(
    command: Sequence[str], stdin: int, limit_s: float | None, folder: Path
) -> subprocess.CompletedProcess[str]:
    """The same order of their sets each time, so that a run can be made again."""
    return subprocess.run(
        command,
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=limit_s,
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )


def _refuse_other_sumo(asked: Asked, python: Path, theirs: str) -> None:
    if theirs != sumo_version():
        raise InputError(
            f"{asked.peer.package} in {python}",
            f"SUMO {theirs}",
            f"SUMO {sumo_version()}, as the other runs have",
            f"Install libsumo and eclipse-sumo {sumo_version()} there.",
        )


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


def _unfit(scenario: Scenario, asked: Asked, found: str, allowed: str) -> InputError:
    return InputError(
        f"{asked.peer.text}, scenario {scenario.name}",
        found,
        allowed,
        "Leave the scenario or the peer out.",
    )
