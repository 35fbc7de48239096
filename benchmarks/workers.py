"""Work in processes of their own: many side by side, a fresh one for each job.

A fresh one, since libsumo keeps something of a simulation: the first run of another scenario in
the same process comes out a little different. And since then one crash or one endless run costs
that run only, unlike in a pool of concurrent.futures.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any, Generic, TypeVar

from greenband.engine.errors import GreenbandError

Job = TypeVar("Job")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Done(Generic[Answer]):
    """Job number `index` is over: its `answer`, or the `error` why there is none."""

    index: int
    answer: Answer | None
    error: Exception | None = None

    @property
    def reason(self) -> str:
        """The error in words, empty where there is none."""
        if self.error is None:
            return ""
        own = isinstance(self.error, GreenbandError | EndedError)
        return str(self.error) if own else f"{type(self.error).__name__}: {self.error}"


class EndedError(RuntimeError):
    """A job's process ended before it had an answer."""


@dataclass(frozen=True)
class _Running:
    index: int
    process: BaseProcess
    until_s: float


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
    workers : how many run at a time. limit_s : after so many seconds a job's process is ended.

    Call it under ``if __name__ == "__main__"``.
    """
    context = _context(work.__module__)
    count = min(workers, 4 * (os.cpu_count() or 1))
    ahead = iter(enumerate(jobs))
    running: dict[Connection, _Running] = {}

    def start() -> None:
        for index, job in ahead:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_serve, args=(work, job, theirs), daemon=True)
            process.start()
            theirs.close()
            running[ours] = _Running(index, process, monotonic() + limit_s)
            return

    try:
        for _ in range(count):
            start()
        while running:
            soonest_s = min(r.until_s for r in running.values()) - monotonic()
            wait(list(running), timeout=max(soonest_s, 0.0) if isfinite(soonest_s) else None)
            for pipe in list(running):
                done = _look(running[pipe], pipe, limit_s)
                if done is not None:
                    del running[pipe]
                    start()
                    yield done
    finally:
        for pipe, left in running.items():
            _end(left.process, pipe)


def _context(module: str | None) -> Any:
    """Where there is one, a server that has imported everything and is copied for each job."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module] if module else [])
    return context


def _serve(work: Callable[[Any], Any], job: Any, pipe: Connection) -> None:
    """In the other process."""
    try:
        pipe.send((work(job), None))
    except KeyboardInterrupt:
        pass
    except Exception as error:  # whatever goes wrong there has to be told here
        pipe.send((None, error))


def _look(running: _Running, pipe: Connection, limit_s: float) -> Done[Any] | None:
    """What became of a job; None while it goes on."""
    if pipe.poll():
        try:
            answer, error = pipe.recv()
        except (EOFError, ConnectionResetError):
            running.process.join()
            code = running.process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            answer, error = None, EndedError(f"the process ended ({how})")
    elif monotonic() >= running.until_s:
        answer, error = None, EndedError(f"not over within {limit_s:g} s")
    else:
        return None
    _end(running.process, pipe)
    return Done(running.index, answer, error)


def _end(process: BaseProcess, pipe: Connection) -> None:
    """By force: who has answered has nothing left to do."""
    pipe.close()
    process.kill()
    process.join()
