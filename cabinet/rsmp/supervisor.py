"""The supervisor's end, as calls that return: ask, command, subscribe, watchdog.

There is no thread: what the site says is read and acknowledged while a call runs, and only then.
So a service that hangs falls silent, and the site's dead man sees it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf

from .errors import ClosedError, NotAckedError, RsmpError, SilentError
from .messages import (
    AggregatedStatus,
    Alarm,
    Argument,
    CommandRequest,
    CommandResponse,
    CommandValue,
    Message,
    StatusName,
    StatusRequest,
    StatusResponse,
    StatusSubscribe,
    StatusUpdate,
    StatusValue,
    Subscription,
)
from .peer import Identity, Peer, Role, Timing
from .stream import Listener, Stream
from .sxl import COMMANDS

Name = tuple[str, str]
"""A status code and the name of one of its values."""
_MOST_READS = 64
MOST_ALARMS = 10_000
"""Alarms, by component and code, whose last word is kept."""
_ON_CHANGE_SINCE = (3, 1, 5)


class Supervisor:
    """Waits for one site, and speaks with it.

    `meetings` counts handshakes: subscriptions don't outlive a connection. `updates` has the
    status updates that came, `alarms` the last word on each alarm by component and code.
    Every call may raise ClosedError, SilentError (after `timeout_s`) or NotAckedError.
    """

    def __init__(
        self,
        listener: Listener,
        identity: Identity,
        *,
        timing: Timing | None = None,
        timeout_s: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._listener, self.identity = listener, identity
        # A Watchdog is said by whoever drives this, or not at all: it is the dead man's handle.
        self._timing = replace(timing or Timing(), watchdog_s=inf)
        self._timeout_s, self._clock, self._wall = timeout_s, clock, wall
        self._stream: Stream | None = None
        self._peer: Peer | None = None
        self._answers: deque[StatusResponse | CommandResponse] = deque(maxlen=64)
        self.updates: deque[StatusUpdate] = deque(maxlen=256)
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self.aggregated: AggregatedStatus | None = None
        self.meetings = 0
        self.said_s = -inf

    @property
    def core(self) -> str:
        """The version of the core that was agreed on; empty without a connection."""
        return self._peer.core if self._peer is not None else ""

    @property
    def sxl(self) -> str:
        """The site's version of the signal exchange list."""
        return self._peer.sxl if self._peer is not None else ""

    def connect(self) -> None:
        """Have a connection: the one that is there, or the next site that connects and fits."""
        if self._peer is not None:
            self._drain()
        deadline_s = self._clock() + self._timeout_s
        why: RsmpError = ClosedError("no site has connected")
        while self._peer is None:
            stream = self._listener.accept(max(deadline_s - self._clock(), 0.0))
            if stream is None:
                raise why
            try:
                self._meet(stream, deadline_s)
            except RsmpError as error:
                why = error
                if self._clock() >= deadline_s:
                    raise

    def ask(self, component: str, names: Sequence[Name]) -> dict[Name, StatusValue]:
        """The values of statuses of a component."""
        rows = [StatusName(sCI=code, n=name) for code, name in names]
        wanted = set(names)
        found = self._converse(
            StatusRequest(cId=component, sS=rows),
            lambda answer: (
                isinstance(answer, StatusResponse)
                and answer.cId == component
                and {(row.sCI, row.n) for row in answer.sS} >= wanted
            ),
        )
        assert isinstance(found, StatusResponse)
        return {(row.sCI, row.n): row for row in found.sS}

    def command(self, component: str, code: str, values: Mapping[str, str]) -> list[CommandValue]:
        """Do `code` with these arguments; what the site says of them."""
        order = COMMANDS[code].order
        rows = [Argument(cCI=code, n=name, cO=order, v=value) for name, value in values.items()]
        found = self._converse(
            CommandRequest(cId=component, arg=rows),
            lambda answer: (
                isinstance(answer, CommandResponse)
                and answer.cId == component
                and {row.cCI for row in answer.rvs} == {code}
            ),
        )
        assert isinstance(found, CommandResponse)
        return found.rvs

    def subscribe(
        self, component: str, names: Sequence[Name], every_s: float, *, on_change: bool = False
    ) -> None:
        """Be told these statuses: each `every_s` seconds (0: not so), on each change or both."""
        self.connect()
        since = tuple(map(int, self.core.split("."))) >= _ON_CHANGE_SINCE
        rows = [
            Subscription(sCI=code, n=name, uRt=f"{every_s:g}", sOc=on_change if since else None)
            for code, name in names
        ]
        self._say(StatusSubscribe(cId=component, sS=rows))

    def watchdog(self) -> None:
        """Say that we are there, and have it acknowledged."""
        self.connect()
        self.said_s = self._clock()
        self._acknowledged(self._there.watchdog())

    def close(self) -> None:
        """Leave without a word, and listen no more."""
        self._drop()
        self._listener.close()

    @property
    def _there(self) -> Peer:
        if self._peer is None:
            raise ClosedError("no connection")
        return self._peer

    def _meet(self, stream: Stream, deadline_s: float) -> None:
        peer = Peer(
            Role.SUPERVISOR,
            self.identity,
            timing=self._timing,
            clock=self._clock,
            wall=self._wall,
        )
        self._stream, self._peer = stream, peer
        self._answers.clear()
        # Each site has its own share of patience, so that a silent one doesn't keep others out.
        share_s = (self._clock() + deadline_s) / 2
        self._pump(lambda: peer.ready, share_s)
        self.meetings += 1
        self.said_s = self._clock()

    def _converse(
        self, message: CommandRequest | StatusRequest, fits: Callable[[Message], bool]
    ) -> Message:
        self.connect()
        self._answers.clear()
        self._say(message)
        found: list[Message] = []

        def there() -> bool:
            found.extend(answer for answer in self._answers if fits(answer))
            return bool(found)

        self._pump(there, self._clock() + self._timeout_s)
        return found[0]

    def _say(self, message: Message) -> None:
        self._acknowledged(self._there.send(message))

    def _acknowledged(self, message_id: str) -> None:
        answers = self._there.answers
        self._pump(lambda: message_id in answers, self._clock() + self._timeout_s)
        reason = answers.pop(message_id)
        if reason is not None:
            raise NotAckedError(reason)

    def _pump(self, done: Callable[[], bool], deadline_s: float) -> None:
        """Let the two ends speak until it is done.

        Without an answer the connection is dropped: a late one must not be taken for the next
        question's.
        """
        try:
            while not done():
                self._flush()
                left_s = deadline_s - self._clock()
                if left_s <= 0 or not self._read(left_s):
                    raise SilentError("no answer in time")
            self._flush()
        except RsmpError:
            self._drop()
            raise

    def _drain(self) -> None:
        """What came while nobody asked; a connection that broke meanwhile is dropped."""
        try:
            for _ in range(_MOST_READS):
                if not self._read(0.0):
                    break
            self._there.tick()
            self._raise_closed()
            self._flush()
        except RsmpError:
            self._drop()

    def _read(self, timeout_s: float) -> bool:
        if self._stream is None:
            raise ClosedError("no connection")
        data = self._stream.receive(timeout_s)
        for message in self._there.receive(data):
            self._keep(message)
        self._raise_closed()
        return bool(data)

    def _raise_closed(self) -> None:
        peer = self._there
        if peer.closed:
            self._flush()  # the reason, if there is one to be said
            raise ClosedError(peer.closed)

    def _flush(self) -> None:
        data = self._there.take()
        if data and self._stream is not None:
            self._stream.send(data)

    def _keep(self, message: Message) -> None:
        if isinstance(message, StatusResponse | CommandResponse):
            self._answers.append(message)
        elif isinstance(message, StatusUpdate):
            self.updates.append(message)
        elif isinstance(message, Alarm):
            self._keep_alarm(message)
        elif isinstance(message, AggregatedStatus):
            self.aggregated = message

    def _keep_alarm(self, alarm: Alarm) -> None:
        """The last word on each; of a site that invents alarms without end only so many."""
        key = (alarm.cId, alarm.aCId)
        self.alarms.pop(key, None)
        if len(self.alarms) >= MOST_ALARMS:
            del self.alarms[next(iter(self.alarms))]
        self.alarms[key] = alarm

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = self._peer = None
