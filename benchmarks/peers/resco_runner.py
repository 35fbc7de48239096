"""Run by another Python, one with what RESCO's code needs: its agents in its environment.

    PYTHON resco_runner.py SPEC.json

SPEC has `folder` (a clone of RESCO's repository, which is imported from there), `map` (its name
of the scenario), and else what sumo_rl_runner.py says. Their environment draws seeds at random
and has its own networks; here SUMO is started with the files, the seed and the outputs that SPEC
asks for. The loop over an episode and the values that agents are made with are those of its
main.py, which decays exploration over four fifths of the training. The last policy is the one
that plays, and it explores no more; RESCO reports the best episode of the training instead.
"""

import hashlib
import json
import os
import random
import sys
import threading
import time
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Any

DECAYS_OVER_RATIO = 0.8
DIGITS = 12
NEVER = 10**9
"""Episodes between two policies that agents save: playing writes none."""

os.environ["LIBSUMO_AS_TRACI"] = "1"  # before traci is imported


def options(spec: dict[str, Any], draw: dict[str, Any]) -> list[str]:
    """SUMO's for one start."""
    found = ["--net-file", spec["net"], "--route-files", ",".join(draw["routes"])]
    if spec["additional"]:
        found += ["--additional-files", ",".join(spec["additional"])]
    found += ["--begin", f"{spec['begin_s']:g}", "--end", f"{spec['end_s']:g}"]
    found += ["--seed", str(draw["seed"]), "--time-to-teleport", "-1", "--max-depart-delay", "-1"]
    found += ["--collision.action", "warn", "--no-step-log", "--no-warnings"]
    if not spec["train"]:
        found += ["--tripinfo-output", spec["trips"], "--statistic-output", spec["totals"]]
        found += ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted"]
    return found


def environment(spec: dict[str, Any], config: dict[str, Any]) -> Any:
    """Their environment. It looks at the net once before the first episode."""
    import traci
    from resco_benchmark.config.map_config import map_configs
    from resco_benchmark.multi_signal import MultiSignal

    if spec["map"] not in map_configs:
        sys.exit(f"RESCO's code knows no scenario {spec['map']}, only {', '.join(map_configs)}")
    here = map_configs[spec["map"]]
    if (here["start_time"], here["end_time"]) != (spec["begin_s"], spec["end_s"]):
        sys.exit(f"RESCO's {spec['map']} is from {here['start_time']} to {here['end_time']} s")
    start, draws = traci.start, cycle(spec["draws"])

    def start_ours(command: list[str], **_: Any) -> Any:
        draw = next(draws) if "--random" in command else spec["draws"][0]
        return start([command[0], *options(spec, draw)])

    traci.start = start_ours
    return MultiSignal(
        spec["agent"],
        spec["map"],
        spec["net"],
        config["state"],
        config["reward"],
        end_time=here["end_time"],
        step_length=here["step_length"],
        yellow_length=here["yellow_length"],
        step_ratio=here["step_ratio"],
        max_distance=config["max_distance"],
        lights=here["lights"],
        log_dir=str(Path(spec["trips"]).parent) + os.sep,
        libsumo=True,
        warmup=here["warmup"],
    )


def prepared(spec: dict[str, Any]) -> tuple[Any, Any, int]:
    """Their environment, an agent for it, and the decisions in an hour."""
    from resco_benchmark.config.agent_config import agent_configs

    seed = spec["draws"][0]["seed"]
    seed_everything(seed)
    config = dict(agent_configs[spec["agent"]])
    env = environment(spec, config)
    decisions = int((spec["end_s"] - spec["begin_s"]) / env.step_length)
    episodes = int(spec["episodes"] * DECAYS_OVER_RATIO)
    config |= {
        "episodes": episodes,
        "steps": max(episodes * decisions, 1),
        "log_dir": str(Path(spec["policy"])) + os.sep,
        "num_lights": len(env.all_ts_ids),
        "save_freq": spec["episodes"] if spec["train"] else NEVER,
        "load": not spec["train"],
    }
    shapes = {name: [shape, len(env.phases[name])] for name, shape in env.obs_shape.items()}
    agent = config["agent"](config, shapes, spec["map"], seed)
    refuse_other_stages(spec["map"], env, getattr(agent, "valid_acts", None) or {})
    return env, agent, decisions


def refuse_other_stages(name: str, env: Any, acts: dict[str, dict[int, int]]) -> None:
    """What their tables choose from must be there: else they show a yellow as if it were green."""
    for signal, stages in ((s, len(env.phases[s])) for s in env.all_ts_ids if s in acts):
        wanted = 1 + max(acts[signal].values())
        if wanted > stages:
            sys.exit(
                f"RESCO's code chooses from {wanted} stages of signal {signal}, and here are "
                f"{stages}: give the path of its own {name}.sumocfg as the scenario"
            )


def seed_everything(seed: int) -> None:
    """What agents draw from."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  the one that they draw from
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the nets are too small for more


def episode(env: Any, agent: Any) -> None:
    """Decide, step, learn, until the hour is over. After the last hour of training it saves."""
    observed, done = env.reset(), False
    while not done:
        observed, reward, done, info = env.step(agent.act(observed))
        agent.observe(observed, reward, done, info)


def run(spec: dict[str, Any]) -> dict[str, Any]:
    """All hours of training, or one that is played; its seconds are without the start."""
    env, agent, decisions = prepared(spec)
    hours = spec["episodes"] if spec["train"] else 1
    began = time.perf_counter()
    for _ in range(hours):
        episode(env, agent)
    took_s = time.perf_counter() - began
    env.close()
    return {"episode_s": took_s, "decisions": hours * decisions}


def source_digest(folder: Path) -> str:
    """Of their code: it has no version."""
    digest = hashlib.sha256()
    for path in sorted((folder / "resco_benchmark").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:DIGITS]


def end_with_the_parent() -> None:
    """Nobody waits for this any more once the other end of standard input is closed."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        asked = json.load(file)
    import sumo

    os.environ["SUMO_HOME"] = str(Path(sumo.SUMO_HOME))  # resco_benchmark won't do without
    sys.path.insert(0, asked["folder"])
    made = run(asked)
    made["versions"] = {name: version(name) for name in ("libsumo", "torch", "pfrl", "gym")}
    made["versions"]["RESCO's code"] = source_digest(Path(asked["folder"]))
    sys.stdout.write("\n" + json.dumps(made) + "\n")
