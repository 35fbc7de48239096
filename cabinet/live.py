"""The live service: cabinets, polled and driven once a second by the loop of the simulations.

It is supervised: where the loop fails it is begun anew, and meanwhile the cabinets fall back by
their ladders. When it is told to stop it gives every cabinet back; when it dies, they take
themselves back.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from greenband.controllers.base import Controller, FallsBack
from greenband.controllers.catalogue import Entry
from greenband.controllers.loop import run
from greenband.engine.frame import Request, State
from greenband.engine.plan import Plan
from greenband.engine.rules import STREET
from greenband.engine.site import Site

from .crew import Crew
from .live_cabinet import LiveCabinet
from .live_record import Record
from .street import CabinetStreet

LOG = logging.getLogger("greenband.live")
POLL_WITHIN_S = 0.7
"""Of each second: who hasn't answered by then is late, and decided on without."""
ACT_WITHIN_S = 20.0
"""At the end: so long may giving back take."""
RESTART_S = 2.0


class Guarded:
    """A controller whose failures stay with its own cabinet."""

    needs: ClassVar[frozenset[str]] = frozenset()
    interval_s: ClassVar[int] = 1

    def __init__(self, controller: Controller, cabinet: LiveCabinet) -> None:
        self._controller, self._cabinet = controller, cabinet
        self._every_s, self._second = controller.interval_s, -1
        self._request: Request | None = None

    def decide(self, state: State) -> Request:
        """What the controller asks for; what is shown, where it fails."""
        self._second += 1
        if self._request is not None and self._second % self._every_s:
            return self._request
        try:
            request = self._controller.decide(state)
            self._cabinet.asked_plan = request.plan
            if isinstance(self._controller, FallsBack):
                self._cabinet.fallback_s = dict(self._controller.fallback_s)
        except Exception as error:  # a controller may be anybody's
            words = f"{type(error).__name__}: {error}"
            if words != self._cabinet.controller_error:
                LOG.error(
                    "controller fails", extra={"site": state.site.id, "reason": words},
                    exc_info=error,
                )  # fmt: skip
            self._cabinet.controller_error = words
            return Request(stage=max(state.stage, 0), reason="the controller fails")
        self._cabinet.controller_error = ""
        self._request = request
        return request


@dataclass
class Pulse:
    """How the loop is doing, for metrics."""

    began: dt.datetime
    seconds: int = 0
    late: int = 0
    restarts: int = 0
    decide_s: float = 0.0
    slowest_s: float = 0.0
    last_s: float = 0.0


class Service:
    """See the module.

    Parameters
    ----------
    cabinets, entry, plans : who is driven, by which controller, with which plan of its own.
    wall : the controllers' wall-clock time. each_second : called at the end of every second.
    """

    def __init__(
        self,
        cabinets: Mapping[str, LiveCabinet],
        entry: Entry,
        record: Record,
        *,
        plans: Mapping[str, Plan] | None = None,
        wall: Callable[[], dt.datetime],
        each_second: Callable[[Service], None] = lambda service: None,
    ) -> None:
        self.cabinets, self.entry, self.record = dict(cabinets), entry, record
        self._plans, self._wall, self._each_second = dict(plans or {}), wall, each_second
        self.stop = threading.Event()
        self.pulse = Pulse(dt.datetime.now(dt.UTC))
        self._crew: Crew[LiveCabinet] = Crew(list(self.cabinets.items()))
        self._began_s, self._trouble = 0.0, ""
        for name, cabinet in self.cabinets.items():
            entry.make(cabinet.site, self._plans.get(name))  # a mistake is said at once

    def run(self) -> None:
        """Until `stop` is set; then every cabinet is given back."""
        while not self.stop.is_set():
            try:
                self._run_once()
            except Exception as error:  # the supervisor's task: begin anew, whatever it was
                self.pulse.restarts += 1
                words = f"{type(error).__name__}: {error}"
                again = words == self._trouble
                LOG.error("loop fails", extra={"reason": words}, exc_info=None if again else error)
                self._trouble = words
                self._wait_and_act()
        self._leave()

    def _run_once(self) -> None:
        street = CabinetStreet(list(self.cabinets.values()), self._second)
        run(
            street,
            self._controller,
            rules=STREET,
            info="loops",
            needs=self.entry.needs,
            each_second=self._seen,
            follow=street.follow,
        )

    def _controller(self, site: Site) -> Controller:
        made = self.entry.make(site, self._plans.get(site.id))
        return Guarded(made, self.cabinets[site.id])

    def _second(self) -> float | None:
        """Await the next whole second, poll all; seconds since midnight there."""
        now = time.time()
        if self.stop.wait(1.0 - now % 1.0):
            return None
        self._began_s = time.monotonic()
        for cabinet in self.cabinets.values():
            cabinet.link.begin_second()
        idle = self._crew.each(LiveCabinet.poll, POLL_WITHIN_S)
        self.pulse.late += len(self.cabinets) - idle
        there = self._wall()
        return float(there.hour * 3600 + there.minute * 60 + there.second)

    def _seen(self, states: Mapping[str, State]) -> None:
        for name, state in states.items():
            self.cabinets[name].saw(state)
        self._crew.each(LiveCabinet.act)
        self._end_second()

    def _end_second(self) -> None:
        self.pulse.seconds += 1
        self.pulse.last_s = time.monotonic() - self._began_s
        self.pulse.slowest_s = max(self.pulse.slowest_s, self.pulse.last_s)
        self.record.tick()
        self._each_second(self)

    def _wait_and_act(self) -> None:
        """While the loop is down, cabinets still see that nobody decides, and fall back."""
        until = time.monotonic() + RESTART_S
        while time.monotonic() < until and not self.stop.wait(0.5):
            self._crew.each(LiveCabinet.poll, POLL_WITHIN_S)
            self._crew.each(LiveCabinet.act, POLL_WITHIN_S)
            self._each_second(self)

    def _leave(self) -> None:
        """Give every cabinet back, as far as it can be reached, and close."""
        self._crew.each(lambda cabinet: None, ACT_WITHIN_S)
        self._crew.each(LiveCabinet.leave, ACT_WITHIN_S)
        self._crew.close()
        LOG.info("stopped", extra={"seconds": self.pulse.seconds})
