"""The same work on a cluster through Ray, an optional package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from time import monotonic
from typing import Any

from greenband.engine.errors import InputError, MissingPartError

from .workers import Answer, Done, Job

LOOK_EVERY_S = 1.0


def in_ray(
    work: Callable[[Job], Answer],
    jobs: Sequence[Job],
    *,
    address: str,
    workers: int,
    limit_s: float,
) -> Iterator[Done[Answer]]:
    """`workers.in_processes` on the Ray cluster at `address`; "local" starts one here.

    Every machine needs Greenband at the same version. Raises MissingPartError without Ray,
    InputError where no cluster answers.
    """
    ray = _ray()
    if address == "local":
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    else:
        try:
            ray.init(address=address, log_to_driver=False)
        except Exception as error:  # Ray raises what it likes
            raise InputError(
                f"--ray {address}",
                f"no cluster answers: {error}",
                "the address of a running Ray cluster, or local",
                "Start one with `ray start --head`, and give the address that it prints.",
            ) from None
    try:
        yield from _run(ray, work, jobs, workers, limit_s)
    finally:
        ray.shutdown()


def _ray() -> Any:
    if find_spec("ray") is None:
        raise MissingPartError(
            "--ray",
            "the package ray is not installed",
            "ray, on this machine and on those of the cluster",
            "Install the extra: pip install 'greenband[ray]'.",
        )
    import ray

    return ray


class _Servant:
    """What a Ray actor is made of: a process that does one job after the other."""

    def do(self, work: Callable[[Any], Any], job: Any) -> Any:
        """The job's answer."""
        return work(job)


def _run(
    ray: Any, work: Callable[[Job], Answer], jobs: Sequence[Job], workers: int, limit_s: float
) -> Iterator[Done[Answer]]:
    """Every actor has one job at a time; one that fails or hangs is replaced."""
    actor = ray.remote(num_cpus=1, max_restarts=0)(_Servant)
    ahead = iter(enumerate(jobs))
    busy: dict[Any, tuple[Any, int, float]] = {}

    def give(servant: Any) -> None:
        for index, job in ahead:
            busy[servant.do.remote(work, job)] = (servant, index, monotonic() + limit_s)
            return

    for _ in range(min(workers, len(jobs))):
        give(actor.remote())
    while busy:
        ready, _ = ray.wait(list(busy), timeout=LOOK_EVERY_S)
        late = [r for r, (_, _, until_s) in busy.items() if monotonic() >= until_s]
        for reference in ready:
            servant, index, _ = busy.pop(reference)
            done = _done(ray, reference, index)
            give(servant if done.answer is not None else actor.remote())
            yield done
        for reference in set(late) - set(ready):
            servant, index, _ = busy.pop(reference)
            ray.kill(servant)
            give(actor.remote())
            yield Done(index, None, f"not over within {limit_s:g} s")


def _done(ray: Any, reference: Any, index: int) -> Done[Any]:
    try:
        return Done(index, ray.get(reference))
    except Exception as error:  # a job's own error, or its process's end
        last = (str(error).strip() or type(error).__name__).splitlines()[-1]
        return Done(index, None, f"{type(error).__name__}: {last}")
