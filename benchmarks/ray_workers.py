"""The same work on a cluster through Ray, an optional package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from time import monotonic
from typing import Any

from greenband.engine.errors import InputError, MissingPartError

from .workers import Answer, Done, EndedError, Job

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


def _run(
    ray: Any, work: Callable[[Job], Answer], jobs: Sequence[Job], workers: int, limit_s: float
) -> Iterator[Done[Answer]]:
    """A fresh process for each job, as many at a time as there are workers."""
    task = ray.remote(num_cpus=1, max_retries=0, max_calls=1)(work)
    ahead = iter(enumerate(jobs))
    running: dict[Any, tuple[int, float]] = {}

    def start() -> None:
        for index, job in ahead:
            running[task.remote(job)] = (index, monotonic() + limit_s)
            return

    for _ in range(workers):
        start()
    while running:
        ready, _ = ray.wait(list(running), timeout=LOOK_EVERY_S)
        late = {r for r, (_, until_s) in running.items() if monotonic() >= until_s}
        for reference in {*ready, *late}:
            index, _ = running.pop(reference)
            start()
            if reference in ready:
                yield _done(ray, reference, index)
            else:
                ray.cancel(reference, force=True)
                yield Done(index, None, EndedError(f"not over within {limit_s:g} s"))


def _done(ray: Any, reference: Any, index: int) -> Done[Any]:
    try:
        return Done(index, ray.get(reference))
    except ray.exceptions.RayTaskError as error:
        return Done(index, None, error.cause)
    except ray.exceptions.RayError as error:  # its process or its machine went away
        return Done(index, None, EndedError(str(error).strip().splitlines()[0]))
