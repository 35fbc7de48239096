"""Trains a policy for sites of any shape, from nothing to a file: ``greenband train``.

In rounds. In each, streets that nobody has seen are drawn and driven, by rolling-horizon in the
first and by the policy so far in those that follow, while a teacher that sees every vehicle prices
each step (`taught`). The network is then learned anew from all rounds together (DAgger). What is
collected and learned lies in files in a folder: stopped and started again it goes on where it was,
to the same end.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from greenband.controllers.policy_file import Policy, load_policy, save_policy
from greenband.controllers.policy_guard import guard_for
from greenband.engine.errors import InputError

from .drawn_streets import DrawnStreets
from .learner import Learning, Regret, learn, regret_of
from .samples import Sample, batch_of, load, save
from .taught import taught

GROUP = 10
"""Streets that one process draws: one after another, so that a group is always the same."""
HELD_OUT_EACH = 10
"""Of so many groups one is only measured on."""
LIMITS = (
    "trained in SUMO, with its drivers, on four legs at most; people on foot, buses, preemption "
    "and signals closer than 90 m were not among the streets",
    "the teacher looks a minute ahead: what pays later than that was not learned",
    "when a stage is left is decided by roll-outs, not by the network",
)
"""What its card says of a policy that is trained so."""
APART = 100_000
"""Seeds of one round are so far from those of the next."""


@dataclass(frozen=True)
class Course:
    """What is trained on, and how.

    Attributes
    ----------
    rounds, streets : rounds, and streets in each. seconds : of each street. every_s : seconds from
        one pricing to the next. seed : of everything. workers : processes side by side.
    most_samples : drawn from all that there are, for memory. jammed_veh_s : a street on which the
        look ahead's choices cost more in the mean is left out: there all that waits for the first
        green costs, whatever is decided.
    """

    rounds: int = 2
    streets: int = 150
    seconds: int = 600
    every_s: int = 2
    seed: int = 1
    workers: int = 2
    most_samples: int = 90_000
    jammed_veh_s: float = 15.0
    learning: Learning = field(default_factory=lambda: Learning(epochs=10, rate=1e-3))


@dataclass(frozen=True)
class Trained:
    """The policy's file, its regret on streets that it has not learned from, and what it took."""

    path: Path
    regret: Regret
    samples: int
    streets: int
    wall_s: float


@dataclass(frozen=True)
class _Group:
    """Streets for one process: into which file, from which seed, driven by which policy."""

    path: Path
    first_seed: int
    streets: int
    course: Course
    policy: Path | None


def train_general(folder: Path, course: Course, told: Callable[[str], None]) -> Trained:
    """Train in a folder; the policy is ``policy.npz`` in it. `told` hears what is going on.

    Raises InputError where the folder holds another course's files.
    """
    began = perf_counter()
    _same_course(folder, course)
    policy: Path | None = None
    rows: list[Sample] = []
    held: list[Sample] = []
    regret, streets = Regret(np.inf, np.inf), 0
    for number in range(course.rounds):
        groups = _groups(folder, course, number, policy)
        _collect(groups, course, number, told)
        for k, group in enumerate(groups):
            for samples in _streets_of(group.path):
                if not _jammed(samples, course.jammed_veh_s):
                    (held if k % HELD_OUT_EACH == 0 else rows).extend(samples)
                    streets += 1
        _check(rows, held)
        policy = folder / f"round-{number}.npz"
        regret = _learned(policy, rows, held, course, number, told)
    final = folder / "policy.npz"
    assert policy is not None
    last = load_policy(str(policy))
    wall_s = perf_counter() - began
    card = {
        "title": "general policy",
        "limits": list(LIMITS),
        "trained": {
            "command": _command(course),
            "streets": streets,
            "samples": len(rows),
            "simulated_h": round(course.rounds * course.streets * course.seconds / 3600.0, 1),
            "regret_veh_s": round(regret.policy_veh_s, 3),
            "look_ahead_regret_veh_s": round(regret.look_ahead_veh_s, 3),
            "course": _plain(course),
        },
    }
    save_policy(Policy(last.network, last.guard, card), final)
    return Trained(final, regret, len(rows), streets, wall_s)


def _command(course: Course) -> str:
    return (
        f"greenband train --rounds {course.rounds} --streets {course.streets} "
        f"--seconds {course.seconds} --seed {course.seed}"
    )


def _plain(course: Course) -> dict[str, Any]:
    """What decides the result, as it can be compared and printed."""
    plain = asdict(course)
    del plain["workers"]
    return plain


def _same_course(folder: Path, course: Course) -> None:
    """Files of one course only in a folder."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    path, text = folder / "course.json", json.dumps(_plain(course), indent=1, sort_keys=True)
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != text:
        raise InputError(
            str(folder),
            "files of a training with other options",
            "an empty folder, or the same options as before",
            "Name another folder.",
        )


def _groups(folder: Path, course: Course, number: int, policy: Path | None) -> list[_Group]:
    place = folder / f"round-{number}"
    place.mkdir(exist_ok=True)
    # seeds that a round has for itself, and that no other seed of the course has
    first = (course.seed * 100 + number) * APART
    return [
        _Group(place / f"{k:06}.npz", first + k, min(GROUP, course.streets - k), course, policy)
        for k in range(0, course.streets, GROUP)
    ]


def _collect(
    groups: list[_Group], course: Course, number: int, told: Callable[[str], None]
) -> None:
    """Every group that isn't there yet, in processes that each have one."""
    missing = [g for g in groups if not g.path.exists()]
    if len(missing) < len(groups):
        told(f"round {number + 1}: {len(groups) - len(missing)} of {len(groups)} groups are there")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        course.workers, mp_context=context, max_tasks_per_child=1
    ) as processes:
        done = len(groups) - len(missing)
        try:
            for job in as_completed([processes.submit(_collect_group, g) for g in missing]):
                done += 1
                told(
                    f"round {number + 1} of {course.rounds}: {done} of {len(groups)} groups of "
                    f"streets, the last with {job.result()} samples"
                )
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            raise


def _collect_group(group: _Group) -> int:
    """Drive the streets of a group and keep what is to be learned from them."""
    network = None if group.policy is None else load_policy(str(group.policy)).network
    streets = DrawnStreets(seconds=group.course.seconds)
    rows: list[Sample] = []
    marks = []
    for seed in range(group.first_seed, group.first_seed + group.streets):
        rows += taught(streets, seed, network, group.course.every_s)
        marks.append(len(rows))
    np.save(group.path.with_suffix(".streets.npy"), np.array(marks))
    save(rows, group.path)
    return len(rows)


def _streets_of(path: Path) -> Iterator[list[Sample]]:
    """The samples of a group's file, street by street."""
    rows, begin = load(path), 0
    for end in np.load(path.with_suffix(".streets.npy")).tolist():
        yield rows[begin:end]
        begin = end


def _jammed(samples: list[Sample], most_veh_s: float) -> bool:
    if not samples:
        return True
    batch = batch_of(samples)
    return regret_of(batch.seen_cost, batch).look_ahead_veh_s > most_veh_s


def _check(rows: list[Sample], held: list[Sample]) -> None:
    if not rows or not held:
        raise InputError(
            "greenband train",
            f"{len(rows)} samples to learn from and {len(held)} to measure on",
            "some of both",
            f"Take more streets: more than {GROUP} a round, of some minutes each.",
        )


def _learned(
    path: Path,
    rows: list[Sample],
    held: list[Sample],
    course: Course,
    number: int,
    told: Callable[[str], None],
) -> Regret:
    """Learn from all samples so far, unless that was done; the regret on those held out."""
    measured = batch_of(held)
    if path.exists():
        network = load_policy(str(path)).network
        prices = np.zeros_like(measured.cost)
        for i, sample in enumerate(held):
            prices[i, : len(sample.seen.stages)] = network.prices(sample.seen)
        return regret_of(prices, measured)
    chosen = _drawn(rows, course, number)

    def heard(epoch: int, loss: float, regret: Regret) -> None:
        told(
            f"round {number + 1}, epoch {epoch} of {course.learning.epochs}: loss {loss:.3f}; "
            f"regret {regret.policy_veh_s:.2f} veh s, of the look ahead alone "
            f"{regret.look_ahead_veh_s:.2f}"
        )

    network, regret = learn(batch_of(chosen), measured, course.learning, course.seed, heard)
    save_policy(Policy(network, guard_for(s.seen for s in chosen)), path)
    return regret


def _drawn(rows: list[Sample], course: Course, number: int) -> list[Sample]:
    if len(rows) <= course.most_samples:
        return rows
    rng = np.random.default_rng([course.seed, number])
    return [rows[i] for i in rng.choice(len(rows), course.most_samples, replace=False)]
