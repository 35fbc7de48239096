"""A virtual RSMP site: a traffic light controller that connects to its supervisor and obeys it.

`VirtualSite.step` is all it does: in lock step for tests, or again and again in a thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from greenband.cabinet.closing import Closing

from .controller import Controller
from .counting import Counting
from .errors import ClosedError
from .messages import (
    AggregatedStatus,
    AggregatedStatusRequest,
    Alarm,
    CommandRequest,
    CommandResponse,
    Message,
    StatusRequest,
    StatusResponse,
    StatusSubscribe,
    StatusUnsubscribe,
    timestamp,
)
from .peer import Identity, Peer, Role, Timing
from .site_alarms import COMMUNICATION_ERROR, DETECTOR_ERROR, Alarms
from .site_commands import perform
from .site_commands import why_not as command_refused
from .site_config import SiteConfig
from .site_status import Installation, value_of
from .site_status import why_not as status_refused
from .stream import Stream
from .subscriptions import Subscriptions
from .sxl import VERSION

BUFFERED = 10_000
"""Alarms and aggregated statuses that are kept while nobody is connected (RSMP core)."""


class VirtualSite:
    """One site. `dial` connects to the supervisor, or raises ClosedError.

    `controller`, `counting` and `alarms` may be looked at and, for what happens on site, set.
    """

    def __init__(
        self,
        config: SiteConfig,
        dial: Callable[[], Stream],
        *,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.config, self._dial, self._timing = config, dial, timing or Timing()
        self._clock, self._wall = clock, wall
        self.controller = Controller(
            config.groups,
            config.stages,
            {plan.number: plan for plan in config.plans},
            config.own_plan,
            base=int(wall()),
            timeout_min=config.timeout_min,
        )
        self.counting = Counting(len(config.detectors), config.period_s, wall())
        self.alarms = Alarms(config, wall())
        self._site = Installation(config, self.controller, self.counting, wall)
        self._stream: Stream | None = None
        self._peer: Peer | None = None
        self._subscriptions = Subscriptions()
        self._buffer: deque[Message] = deque(maxlen=BUFFERED)
        self._second_s, self._dial_s = clock(), clock()
        self._greeted = False
        self._bits = self._state_bits()

    @property
    def connected(self) -> bool:
        """Whether the handshake with a supervisor is done."""
        return self._peer is not None and self._peer.ready

    def step(self, wait_s: float = 0.0) -> None:
        """Do what is due; wait for the supervisor at most so long."""
        while self._clock() - self._second_s >= 1.0:
            self._second_s += 1.0
            self.controller.tick()
            self.counting.tick(self._wall())
        if self._peer is None and self._clock() >= self._dial_s:
            self._connect()
        if self._stream is None:
            return
        try:
            self._exchange(wait_s)
        except ClosedError:
            self._lose()

    def fail_detector(self, number: int, failed: bool = True) -> None:
        """A detector (from 1) breaks, or is mended."""
        change = self.counting.failed.add if failed else self.counting.failed.discard
        change(number - 1)
        name = self.config.detectors[number - 1]
        for alarm in self.alarms.set(name, DETECTOR_ERROR, failed, self._wall()):
            self._tell(alarm)

    def close(self) -> None:
        """Cut the connection; the controller goes on as long as it is stepped."""
        if self._stream is not None:
            self._lose()

    def _connect(self) -> None:
        self._dial_s = self._clock() + self.config.reconnect_s
        try:
            self._stream = self._dial()
        except ClosedError:
            return
        self._peer = Peer(
            Role.SITE,
            Identity(self.config.site_id, (VERSION,)),
            timing=self._timing,
            check=self._why_not,
            clock=self._clock,
            wall=self._wall,
        )
        self._subscriptions, self._greeted = Subscriptions(), False

    def _exchange(self, wait_s: float) -> None:
        peer, stream = self._peer, self._stream
        if peer is None or stream is None:
            return
        self._flush(peer, stream)
        for message in peer.receive(stream.receive(wait_s)):
            self._answer(message)
        peer.tick()
        if peer.ready:
            self._when_ready(peer)
        self._flush(peer, stream)
        if peer.closed:
            raise ClosedError(peer.closed)

    def _flush(self, peer: Peer, stream: Stream) -> None:
        data = peer.take()
        if data:
            stream.send(data)

    def _when_ready(self, peer: Peer) -> None:
        if not self._greeted:
            self._greeted = True
            self.controller.find()
            self._alarm_connection(broken=False)
            peer.send(self._aggregated())
            for state in self.alarms.known.values():
                peer.send(state.say())
            while self._buffer:
                peer.send(self._buffer.popleft())
        bits = self._state_bits()
        if bits != self._bits:
            self._bits = bits
            peer.send(self._aggregated())
        updates = self._subscriptions.due(
            self._clock(), self._wall(), lambda cid, row: value_of(self._site, cid, row)
        )
        for update in updates:
            peer.send(update)

    def _lose(self) -> None:
        if self._stream is not None:
            self._stream.close()
        if self._peer is not None and self._greeted:
            self.controller.lose(int(self._clock() - self._peer.heard_s))
            self._alarm_connection(broken=True)
        self._stream = self._peer = None
        self._greeted = False
        self._dial_s = self._clock() + self.config.reconnect_s

    def _alarm_connection(self, *, broken: bool) -> None:
        component = self.config.component
        for alarm in self.alarms.set(component, COMMUNICATION_ERROR, broken, self._wall()):
            self._buffer.append(alarm)

    def _tell(self, message: Message) -> None:
        if self._peer is not None and self._peer.ready and self._greeted:
            self._peer.send(message)
        else:
            self._buffer.append(message)

    def _why_not(self, message: Message) -> str:
        if isinstance(message, CommandRequest):
            return command_refused(self._site, message)
        if isinstance(message, StatusRequest | StatusSubscribe | StatusUnsubscribe):
            reasons = (status_refused(self._site, message.cId, row) for row in message.sS)
            reason = next(filter(None, reasons), "")
            if not reason and isinstance(message, StatusSubscribe):
                return self._subscriptions.why_not(message.cId, message.sS)
            return reason
        if isinstance(message, Alarm):
            return self.alarms.why_not(message)
        return ""

    def _answer(self, message: Message) -> None:
        now = timestamp(self._wall())
        if isinstance(message, CommandRequest):
            values = perform(self._site, message)
            self._tell(CommandResponse(cId=message.cId, cTS=now, rvs=values))
        elif isinstance(message, StatusRequest):
            rows = [value_of(self._site, message.cId, row) for row in message.sS]
            self._tell(StatusResponse(cId=message.cId, sTs=now, sS=rows))
        elif isinstance(message, StatusSubscribe):
            for row in message.sS:
                self._subscriptions.add(message.cId, row, self._clock())
        elif isinstance(message, StatusUnsubscribe):
            for name in message.sS:
                self._subscriptions.remove(message.cId, name)
        elif isinstance(message, Alarm):
            self._tell(self.alarms.answer(message, self._wall()))
        elif isinstance(message, AggregatedStatusRequest):
            self._tell(self._aggregated())

    def _state_bits(self) -> list[bool]:
        """Local, no communication, faults of priority 1 to 3, in use, dark, not connected."""
        dark = self.controller.position == "Dark"
        fault = self.alarms.any_active()
        return [self.controller.manual, False, False, False, fault, not dark, dark, False]

    def _aggregated(self) -> AggregatedStatus:
        return AggregatedStatus(
            cId=self.config.component,
            aSTS=timestamp(self._wall()),
            fP=None,
            fS=None,
            se=self._state_bits(),
        )


class SiteThread(Closing):
    """Steps a site in a thread, until it is closed."""

    def __init__(self, site: VirtualSite, *, wait_s: float = 0.05) -> None:
        self.site, self._wait_s = site, wait_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rsmp-site", daemon=True)

    def __enter__(self) -> SiteThread:
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and cut the connection."""
        self._stop.set()
        self._thread.join()
        self.site.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.site.step(self._wait_s)
            if not self.site.connected:
                self._stop.wait(self._wait_s)
