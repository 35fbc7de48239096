"""Other people's controllers: a time limit for decisions, and requests that can be followed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import cast

from greenband.controllers.base import Controller
from greenband.controllers.catalogue import Entry, find
from greenband.engine.frame import Request, State
from greenband.engine.plan import Plan
from greenband.engine.site import Site
from greenband.engine.stages import stages_of

FIRST_DECISION_S = 60.0
"""The first time a controller is asked it may compile, or load a policy."""


def found_in_time(controller: str) -> Entry:
    """`find`, stopped where the user's file goes on for longer than FIRST_DECISION_S."""
    with _alarm(FIRST_DECISION_S):
        return find(controller)


def guarded(entry: Entry, limit_s: float) -> Entry:
    """The same controller; it fails where it decides too late, or for what the site doesn't have.

    The limit works where the system has alarms (not on Windows) and in the main thread;
    elsewhere, and for a loop inside compiled code, only the limit of the whole run ends it.
    """

    def make(
        site: Site, plan: Plan | None = None, values: Mapping[str, float] | None = None
    ) -> Controller:
        with _alarm(FIRST_DECISION_S):
            controller = entry.make(site, plan, values or entry.given)
        # errors name a controller by its class
        kind = type(type(controller).__name__, (_Guarded,), {})
        return cast(Controller, kind(controller, limit_s, len(stages_of(site))))

    return replace(entry, make=make)


class _Guarded:
    """Asks another controller, and stops waiting for it."""

    def __init__(self, controller: Controller, limit_s: float, stages: int) -> None:
        self.needs = controller.needs
        self.interval_s = controller.interval_s
        self._controller = controller
        self._limit_s = limit_s
        self._stages = stages
        self._first = True

    def decide(self, state: State) -> Request:
        """What the controller decides. Raises ValueError for what is no request."""
        limit_s = max(self._limit_s, FIRST_DECISION_S) if self._first else self._limit_s
        self._first = False
        with _alarm(limit_s):
            request = self._controller.decide(state)
        if not isinstance(request, Request):
            raise ValueError(f"{request!r} was returned where a Request is needed")
        if request.plan is None and not 0 <= request.stage < self._stages:
            raise ValueError(f"stage {request.stage} was requested; the site has {self._stages}")
        return request


def _possible() -> bool:
    main = threading.current_thread() is threading.main_thread()
    return main and hasattr(signal, "setitimer")


@contextmanager
def _alarm(limit_s: float) -> Iterator[None]:
    if not _possible():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer within {limit_s:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
