"""``greenband train``: a policy for any site; or DQN and PPO for one, as in the literature."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from greenband.engine.errors import InputError

from .output import Answer, AsJson, log


def train(
    out: Annotated[
        Path, typer.Option(help="Folder for all files; the same one again goes on where it was.")
    ] = Path("training-run"),
    rounds: Annotated[
        int, typer.Option(help="Rounds; from the second on the policy so far drives.", min=1)
    ] = 2,
    streets: Annotated[
        int, typer.Option(help="Streets that are drawn in each round.", min=2)
    ] = 150,
    seconds: Annotated[int, typer.Option(help="Seconds of each street.", min=60)] = 600,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Processes side by side.", min=1)] = 2,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="Instead of a general policy: one for this scenario with one signal, by "
            "--algorithm of stable-baselines3.",
            metavar="SCENARIO",
        ),
    ] = None,
    algorithm: Annotated[
        str, typer.Option(help="With --scenario: ppo or dqn.", metavar="NAME")
    ] = "ppo",
    steps: Annotated[int, typer.Option(help="With --scenario: decisions in all.", min=1)] = 50_000,
    as_json: AsJson = False,
) -> Answer:
    """Train a policy; needs the extra `train` (torch)."""
    if scenario is not None:
        return _study(scenario, algorithm, out, steps, seed)
    if algorithm != "ppo":
        raise InputError(
            f"greenband train --algorithm {algorithm}",
            "without --scenario",
            "an algorithm for one scenario; the general policy has its own way of learning",
            "Add --scenario, or leave out --algorithm.",
        )
    from greenband.training.general import Course, train_general

    course = replace(
        Course(), rounds=rounds, streets=streets, seconds=seconds, seed=seed, workers=workers
    )
    trained = train_general(out, course, log)
    data = {
        "path": str(trained.path),
        "regret_veh_s": trained.regret.policy_veh_s,
        "look_ahead_regret_veh_s": trained.regret.look_ahead_veh_s,
        "samples": trained.samples,
        "streets": trained.streets,
        "wall_s": trained.wall_s,
    }
    words = (
        f"{trained.path}: {trained.samples} samples of {trained.streets} streets, "
        f"{trained.wall_s / 60.0:.0f} min. On streets that it has not learned from its choices "
        f"cost {trained.regret.policy_veh_s:.2f} vehicle-seconds more than the cheapest, those of "
        f"the look ahead alone {trained.regret.look_ahead_veh_s:.2f}."
    )
    return Answer(data, lambda console: console.print(words, highlight=False))


def _study(scenario: str, algorithm: str, out: Path, steps: int, seed: int) -> Answer:
    from greenband.training.literature import study

    done = study(scenario, algorithm, out, steps=steps, seed=seed, told=log)
    data = {
        "path": str(done.path),
        "controller": f"{done.controller}:policy",
        "algorithm": done.algorithm,
        "steps": done.steps,
        "wall_s": done.wall_s,
    }
    words = f"{done.path} after {done.steps} steps; run it as --controller {done.controller}:policy"
    return Answer(data, lambda console: console.print(words, highlight=False))
