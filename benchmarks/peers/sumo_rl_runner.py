"""Run by another Python, one that has sumo-rl: its environment, with SB3's DQN or fixed programs.

    PYTHON sumo_rl_runner.py SPEC.json

SPEC has `train` (else it plays one episode), `agent` ("fixed" or "dqn"), `net`, `additional`,
`begin_s`, `end_s`, `yellow_s`, `episodes` (hours of training), `policy` (a folder) and `draws`:
seeds with their route files, which training runs through again and again and playing has one
of. Playing writes `trips` and `totals`. The last line on standard output is JSON with what was
done. Nothing of Greenband is imported here, and nothing of sumo-rl elsewhere.
"""

import json
import os
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

DECIDES_EVERY_S = 5
MIN_GREEN_S = 5
KEPT_EVERY = 20
"""Episodes after which training is kept, so that it can go on from there."""

os.environ["LIBSUMO_AS_TRACI"] = "1"  # before sumo_rl is imported


def environment(spec: dict[str, Any]) -> Any:
    """sumo-rl's environment with its default observations and reward, and the first draw."""
    import sumo

    os.environ.setdefault("SUMO_HOME", str(Path(sumo.SUMO_HOME)))  # sumo_rl won't do without
    from sumo_rl import SumoEnvironment

    more = "--collision.action warn --no-step-log"
    if spec["additional"]:
        more += f" --additional-files {','.join(spec['additional'])}"
    if not spec["train"]:
        more += f" --tripinfo-output {spec['trips']} --statistic-output {spec['totals']}"
        more += " --tripinfo-output.write-unfinished --tripinfo-output.write-undeparted"
    return SumoEnvironment(
        net_file=spec["net"],
        route_file=",".join(spec["draws"][0]["routes"]),
        use_gui=False,
        single_agent=spec["agent"] == "dqn",
        fixed_ts=spec["agent"] == "fixed",
        begin_time=int(spec["begin_s"]),
        num_seconds=int(spec["end_s"] - spec["begin_s"]),
        delta_time=DECIDES_EVERY_S,
        yellow_time=int(spec["yellow_s"]),
        min_green=MIN_GREEN_S,
        sumo_seed=spec["draws"][0]["seed"],
        sumo_warnings=False,
        add_system_info=not spec.get("lean"),
        add_per_agent_info=not spec.get("lean"),
        additional_sumo_cmd=more,
    )


def hour_by_hour(env: Any, draws: list[dict[str, Any]], done: int) -> Any:
    """The environment with the next draw each time that it is reset; `done` hours are over."""
    import gymnasium

    class NextDraw(gymnasium.Wrapper[Any, Any, Any, Any]):
        hour = done

        def reset(self, **_: Any) -> Any:
            draw = draws[self.hour % len(draws)]
            self.hour += 1
            self.env.unwrapped._route = ",".join(draw["routes"])  # type: ignore[attr-defined]
            return self.env.reset(seed=draw["seed"])

    return NextDraw(env)


def new_model(env: Any, seed: int) -> Any:
    """SB3's DQN with the parameters of sumo-rl's own example."""
    from stable_baselines3 import DQN

    return DQN(
        "MlpPolicy",
        env,
        learning_rate=1e-3,
        learning_starts=0,
        buffer_size=50_000,
        train_freq=1,
        target_update_interval=500,
        exploration_fraction=0.05,
        exploration_final_eps=0.01,
        seed=seed,
        device="cpu",
    )


def train(spec: dict[str, Any]) -> dict[str, Any]:
    """Learn for so many hours, or go on where an interrupted training was kept."""
    import torch
    from stable_baselines3 import DQN

    torch.set_num_threads(1)  # the net is too small for more
    folder = Path(spec["policy"])
    decisions = int(spec["end_s"] - spec["begin_s"]) // DECIDES_EVERY_S
    env = environment(spec)
    if len(env.ts_ids) != 1:
        sys.exit(f"the DQN controls one signal, and here are {len(env.ts_ids)}")
    kept = folder / "kept.zip"
    if kept.is_file():
        model = DQN.load(kept, device="cpu")
        model.load_replay_buffer(folder / "kept.pkl")
        model.set_env(hour_by_hour(env, spec["draws"], model.num_timesteps // decisions))
    else:
        model = new_model(hour_by_hour(env, spec["draws"], 0), spec["draws"][0]["seed"])
    before = model.num_timesteps
    left = spec["episodes"] * decisions - before
    model.learn(left, callback=keeper(folder, KEPT_EVERY * decisions), reset_num_timesteps=False)
    env.close()
    save(model, folder / "policy.zip")
    for path in (kept, folder / "kept.pkl"):
        path.unlink(missing_ok=True)
    return {"decisions": model.num_timesteps, "kept": before}


def keeper(folder: Path, every: int) -> Any:
    """What keeps a training each so many decisions: the buffer first, the model makes it count."""
    from stable_baselines3.common.callbacks import BaseCallback

    class Keeper(BaseCallback):  # type: ignore[misc]
        def _on_step(self) -> bool:
            if self.num_timesteps % every == 0:
                part = folder / "part.pkl"
                self.model.save_replay_buffer(part)
                part.replace(folder / "kept.pkl")
                save(self.model, folder / "kept.zip")
            return True

    return Keeper()


def save(model: Any, path: Path) -> None:
    """Whole or not at all."""
    part = path.with_name("part.zip")
    model.save(part)
    part.replace(path)


def play(spec: dict[str, Any]) -> dict[str, Any]:
    """One episode; its seconds are without the start."""
    model = None
    if spec["agent"] == "dqn":
        from stable_baselines3 import DQN

        model = DQN.load(Path(spec["policy"]) / "policy.zip", device="cpu")
    env = environment(spec)
    observed = env.reset(seed=spec["draws"][0]["seed"])
    began, cpu = time.perf_counter(), time.process_time()
    over = False
    while not over:
        if model is None:
            _, _, done, _ = env.step({})
            over = done["__all__"]
        else:
            action, _ = model.predict(observed[0], deterministic=True)
            *observed, _, terminated, truncated, _ = env.step(int(action))
            over = terminated or truncated
    took_s, took_cpu_s = time.perf_counter() - began, time.process_time() - cpu
    env.close()
    return {"episode_s": took_s, "episode_cpu_s": took_cpu_s}


def end_with_the_parent() -> None:
    """Nobody waits for this any more once the other end of standard input is closed."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        asked = json.load(file)
    done = train(asked) if asked["train"] else play(asked)
    done["versions"] = {name: version(name) for name in ("sumo-rl", "libsumo", "stable-baselines3")}
    sys.stdout.write("\n" + json.dumps(done) + "\n")
