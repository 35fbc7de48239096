"""A thread for each cabinet, so that a slow one holds up nobody."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Generic, TypeVar

LOG = logging.getLogger("greenband.live")
T = TypeVar("T")


class _Hand(threading.Thread, Generic[T]):
    """Does one thing after the other for one of them."""

    def __init__(self, name: str, one: T) -> None:
        super().__init__(name=f"cabinet {name}", daemon=True)
        self.one = one
        self.todo: SimpleQueue[Callable[[T], None] | None] = SimpleQueue()
        self.idle = threading.Event()
        self.idle.set()

    def run(self) -> None:
        """Until it is told to stop."""
        while (job := self.todo.get()) is not None:
            try:
                job(self.one)
            except Exception as error:  # the thread goes on, whatever a job does
                LOG.error("a job fails", extra={"job_of": self.name}, exc_info=error)
            finally:
                self.idle.set()


class Crew(Generic[T]):
    """Runs a job for each of some things, each in its own thread; who is still busy is left out."""

    def __init__(self, members: Sequence[tuple[str, T]]) -> None:
        self._hands = [_Hand(name, one) for name, one in members]
        self.skipped = 0
        for hand in self._hands:
            hand.start()

    def each(self, job: Callable[[T], None], within_s: float = 0.0) -> int:
        """Begin the job for all that are idle, and wait so long; how many are idle then."""
        for hand in self._hands:
            if hand.idle.is_set():
                hand.idle.clear()
                hand.todo.put(job)
            else:
                self.skipped += 1
        until = time.monotonic() + within_s
        return sum(hand.idle.wait(max(0.0, until - time.monotonic())) for hand in self._hands)

    def close(self, within_s: float = 5.0) -> None:
        """Stop all threads, after what each is doing."""
        until = time.monotonic() + within_s
        for hand in self._hands:
            hand.todo.put(None)
        for hand in self._hands:
            hand.join(max(0.0, until - time.monotonic()))
