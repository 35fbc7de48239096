"""Work in processes of their own: many side by side, each replaced when it dies or hangs.

Unlike a pool of concurrent.futures one crash or one endless run costs that run only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import monotonic
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Done(Generic[Answer]):
    """Job number `index` is over: its `answer`, or the `reason` why there is none."""

    index: int
    answer: Answer | None
    reason: str = ""


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    index: int = -1
    until_s: float = 0.0


def in_processes(
    work: Callable[[Job], Answer],
    jobs: Sequence[Job],
    *,
    workers: int,
    limit_s: float,
) -> Iterator[Done[Answer]]:
    """Do all jobs, and tell of each when it is over, in the order in which they end.

    Parameters
    ----------
    work : a function of a module, so that another process can import it.
    limit_s : after so many seconds a job's process is ended.

    The processes are spawned: libsumo has one simulation per process. Call it under
    ``if __name__ == "__main__"``.
    """
    count = min(workers, len(jobs), 4 * (os.cpu_count() or 1))
    crew = [_hire(work) for _ in range(count)]
    ahead = iter(enumerate(jobs))
    try:
        busy = [w for w in crew if _next(w, ahead, limit_s)]
        while busy:
            soonest_s = min(w.until_s for w in busy) - monotonic()
            wait([w.pipe for w in busy], timeout=max(soonest_s, 0.0))
            for worker in list(busy):
                done = _look(worker, limit_s)
                if done is None:
                    continue
                if not worker.process.is_alive():
                    busy.remove(worker)
                    crew.remove(worker)
                    worker = _hire(work)
                    crew.append(worker)
                    busy.append(worker)
                if not _next(worker, ahead, limit_s):
                    busy.remove(worker)
                yield done
    finally:
        for worker in crew:
            _end(worker)


def _hire(work: Callable[[Any], Any]) -> _Worker:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(work: Callable[[Any], Any], pipe: Connection) -> None:
    """The other process: one job after the other until the pipe is closed."""
    try:
        while True:
            job = pipe.recv()
            try:
                pipe.send((work(job), ""))
            except Exception as error:  # whatever goes wrong there has to be told here
                pipe.send((None, f"{type(error).__name__}: {error}"))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        pass


def _next(worker: _Worker, ahead: Iterator[tuple[int, Any]], limit_s: float) -> bool:
    """Give the worker the next job, if there is one."""
    for index, job in ahead:
        worker.index, worker.until_s = index, monotonic() + limit_s
        worker.pipe.send(job)
        return True
    return False


def _look(worker: _Worker, limit_s: float) -> Done[Any] | None:
    """What became of the worker's job; None while it goes on."""
    if worker.pipe.poll():
        try:
            answer, reason = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            worker.process.join()
            code = worker.process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            return Done(worker.index, None, f"the process ended ({how})")
        return Done(worker.index, answer, reason)
    if monotonic() >= worker.until_s:
        worker.process.kill()
        worker.process.join()
        return Done(worker.index, None, f"not over within {limit_s:g} s")
    return None


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    if worker.index >= 0:
        worker.process.kill()
    worker.process.join()
