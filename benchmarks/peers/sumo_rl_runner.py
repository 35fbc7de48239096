"""Run by another Python, one that has sumo-rl: its environment, with SB3's DQN or fixed programs.

    PYTHON sumo_rl_runner.py SPEC.json

SPEC has `net`, `routes`, `begin_s`, `end_s`, `yellow_s`, `seed`, `trips`, `totals`, `agent`
("fixed" or "dqn"), `training_steps`, `training_seed` and `policy` (a file: made where it is not
there). The last line on standard output is JSON with the seconds that the episode took. Nothing
of Greenband is imported here, and nothing of sumo-rl elsewhere.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

DECIDES_EVERY_S = 5
MIN_GREEN_S = 5

os.environ["LIBSUMO_AS_TRACI"] = "1"  # before sumo_rl is imported


def environment(spec: dict[str, Any], seed: int, outputs: bool) -> Any:
    """sumo-rl's environment with its default observations and reward."""
    import sumo

    os.environ.setdefault("SUMO_HOME", str(Path(sumo.SUMO_HOME)))  # sumo_rl won't do without
    from sumo_rl import SumoEnvironment

    more = "--collision.action warn --no-step-log"
    if outputs:
        more += f" --tripinfo-output {spec['trips']} --statistic-output {spec['totals']}"
        more += " --tripinfo-output.write-unfinished --tripinfo-output.write-undeparted"
    return SumoEnvironment(
        net_file=spec["net"],
        route_file=",".join(spec["routes"]),
        use_gui=False,
        single_agent=spec["agent"] == "dqn",
        fixed_ts=spec["agent"] == "fixed",
        begin_time=int(spec["begin_s"]),
        num_seconds=int(spec["end_s"] - spec["begin_s"]),
        delta_time=DECIDES_EVERY_S,
        yellow_time=int(spec["yellow_s"]),
        min_green=MIN_GREEN_S,
        sumo_seed=seed,
        sumo_warnings=False,
        additional_sumo_cmd=more,
    )


def policy(spec: dict[str, Any]) -> Any:
    """SB3's DQN with the parameters of sumo-rl's own example, trained on the tuning seed."""
    from stable_baselines3 import DQN

    path = Path(spec["policy"])
    if path.is_file():
        return DQN.load(path)
    env = environment(spec, spec["training_seed"], outputs=False)
    model = DQN(
        "MlpPolicy",
        env,
        learning_rate=1e-3,
        learning_starts=0,
        buffer_size=50_000,
        train_freq=1,
        target_update_interval=500,
        exploration_fraction=0.05,
        exploration_final_eps=0.01,
        seed=spec["training_seed"],
    )
    model.learn(spec["training_steps"])
    env.close()
    part = path.with_name(f"{os.getpid()}.{path.name}")
    model.save(part)
    part.replace(path)
    return model


def run(spec: dict[str, Any]) -> float:
    """One episode; returns its seconds without the start."""
    model = policy(spec) if spec["agent"] == "dqn" else None
    env = environment(spec, spec["seed"], outputs=True)
    observed = env.reset(seed=spec["seed"])
    began = time.perf_counter()
    over = False
    while not over:
        if model is None:
            _, _, done, _ = env.step({})
            over = done["__all__"]
        else:
            action, _ = model.predict(observed[0], deterministic=True)
            *observed, _, terminated, truncated, _ = env.step(int(action))
            over = terminated or truncated
    took_s = time.perf_counter() - began
    env.close()
    return took_s


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        took = run(json.load(file))
    sys.stdout.write("\n" + json.dumps({"episode_s": took}) + "\n")
