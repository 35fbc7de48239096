"""How far a run is, for those that take long: a controller may sleep, or never answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from .output import log

EVERY_S = 10.0
"""A run that is over before this says nothing."""


@contextmanager
def run_progress(
    begin_s: float, end_s: float | None, every_s: float = EVERY_S
) -> Iterator[Callable[[Callable[[], float]], None]]:
    """A line on standard error each `every_s` seconds; yields the `begun` of `run.simulate`.

    It counts in a thread of its own, so that it also speaks while a controller decides.
    """
    over, began_s = Event(), monotonic()
    whole = "" if end_s is None else f" of {end_s - begin_s:.0f}"
    reached: list[Callable[[], float]] = []

    def tell() -> None:
        while not over.wait(every_s):
            done_s = reached[0]() - begin_s if reached else 0.0
            log(f"{done_s:.0f}{whole} s simulated in {monotonic() - began_s:.0f} s")

    thread = Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield reached.append
    finally:
        over.set()
        thread.join()
