"""DQN and PPO for one scenario, as the literature trains them: with stable-baselines3.

For comparison with what people know: a network of its own for each junction, trained on it from
nothing. What comes out is a model of stable-baselines3, which runs as a policy in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from greenband.engine.errors import InputError, MissingPartError

from .environment import SiteEnv
from .streets import ScenarioStreets, Varied

ALGORITHMS = ("ppo", "dqn")
FILE = '''"""Runs {model} as a policy: --controller {file}:policy"""

from pathlib import Path

from {module} import {kind}

MODEL = Path(__file__).with_name("{model}")


def policy(site):
    """The trained model; it was trained for this site alone."""
    return {kind}.load(MODEL, device="cpu")
'''


@dataclass(frozen=True)
class Studied:
    """The model's file, the Python file that runs it as a controller, and what it took."""

    path: Path
    controller: Path
    algorithm: str
    steps: int
    wall_s: float


def study(
    scenario: str,
    algorithm: str,
    folder: Path,
    *,
    steps: int = 50_000,
    interval_s: int = 5,
    seed: int = 1,
    told: Callable[[str], None] = lambda text: None,
) -> Studied:
    """Train on a scenario with one signal, from where the last checkpoint in `folder` is.

    `ppo` heeds the Gate's mask (MaskablePPO of sb3-contrib). Raises InputError for an algorithm
    that isn't there or a scenario with several signals, MissingPartError without
    stable-baselines3.
    """
    kind, options = _kind(algorithm)
    folder.mkdir(parents=True, exist_ok=True)
    began = perf_counter()
    env = SiteEnv(ScenarioStreets(scenario, Varied()), interval_s=interval_s)
    path = folder / f"{algorithm}.zip"
    try:
        if path.exists():
            model = kind.load(path, env=env, device="cpu")
        else:
            model = kind("MlpPolicy", env, seed=seed, device="cpu", **options)
        checkpoint_each = max(steps // 10, 1)
        while model.num_timesteps < steps:
            ahead = min(checkpoint_each, steps - model.num_timesteps)
            model.learn(ahead, reset_num_timesteps=False)
            part = folder / f"{algorithm}.part.zip"
            model.save(part)
            part.rename(path)
            told(f"{algorithm}: {model.num_timesteps} of {steps} steps")
    finally:
        env.close()
    controller = folder / f"{algorithm}_policy.py"
    controller.write_text(
        FILE.format(
            model=path.name, file=controller.name, module=kind.__module__, kind=kind.__name__
        ),
        encoding="utf-8",
    )
    return Studied(path, controller, algorithm, model.num_timesteps, perf_counter() - began)


def _kind(algorithm: str) -> tuple[Any, dict[str, Any]]:
    if algorithm not in ALGORITHMS:
        raise InputError(
            "greenband train --algorithm",
            repr(algorithm),
            ", ".join(ALGORITHMS),
            "Choose one of them.",
        )
    try:
        if algorithm == "ppo":
            from sb3_contrib import MaskablePPO

            return MaskablePPO, {"n_steps": 720, "batch_size": 120, "gamma": 0.98}
        from stable_baselines3 import DQN

        return DQN, {"learning_starts": 1000, "buffer_size": 50_000, "gamma": 0.98}
    except ImportError as error:
        raise MissingPartError(
            "training with stable-baselines3",
            f"{error.name} is not installed",
            "stable-baselines3 and sb3-contrib 2.x",
            "Install them with `pip install 'greenband[train]'`.",
        ) from None
