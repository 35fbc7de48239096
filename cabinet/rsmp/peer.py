"""One end of a connection, without a socket and without a thread: octets in, octets out.

Handshake (RSMP core, communication establishment): the site says its Version, the supervisor
checks it and says its own, the site checks that and says a Watchdog, and so does the supervisor.
Every message is acknowledged; one that isn't in time is a broken connection.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from math import inf

from .errors import MessageError
from .framing import Deframer, framed
from .messages import (
    Message,
    MessageAck,
    MessageNotAck,
    Numbered,
    RsmpRow,
    SiteRow,
    Version,
    Watchdog,
    decode,
    encode,
    timestamp,
)

LOG = logging.getLogger("greenband.cabinet.rsmp")
CORES = ("3.1.3", "3.1.4", "3.1.5", "3.2.0", "3.2.1", "3.2.2")
"""Versions of the core that are spoken."""
_MOST_ANSWERS = 256


class Role(Enum):
    """Which end."""

    SITE = "site"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Identity:
    """Who we are, or whom we expect.

    `site_id` is the site's id, at both ends. `sxls`: the versions of the signal exchange list
    that are spoken; a site has exactly one.
    """

    site_id: str
    sxls: tuple[str, ...] = ("1.1.0",)
    cores: tuple[str, ...] = CORES


@dataclass(frozen=True)
class Timing:
    """Seconds of patience.

    `watchdog_s`: between Watchdogs of our own (infinite: only when told). `acknowledge_s`: for an
    acknowledgement, 30 by RSMP core. `silence_s`: after which the connection counts as broken.
    """

    watchdog_s: float = 60.0
    acknowledge_s: float = 30.0
    silence_s: float = 90.0


class Peer:
    """One end. `ready` after the handshake; `closed` says why it ended, and then nothing is sent.

    `check` says why a message is not acknowledged, or nothing. `heard_s` is when the last message
    came that could be read. `core` and `sxl` are the versions agreed on.
    """

    def __init__(
        self,
        role: Role,
        identity: Identity,
        *,
        timing: Timing | None = None,
        check: Callable[[Message], str] = lambda message: "",
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.role, self.identity, self.timing = role, identity, timing or Timing()
        self._check, self._clock, self._wall = check, clock, wall
        self._deframer = Deframer()
        self._out = bytearray()
        self._waiting: dict[str, float] = {}
        self._version_id = ""
        self._met = self._said_watchdog = self._heard_watchdog = False
        self.heard_s = self._watchdog_s = clock()
        self.answers: dict[str, str | None] = {}
        self.core = self.sxl = self.closed = ""
        if role is Role.SITE:
            self._say_version()

    @property
    def ready(self) -> bool:
        """Whether anything may be asked and told."""
        shaken = self._met and self._said_watchdog and self._heard_watchdog
        return shaken and not self.closed and self._version_id not in self._waiting

    def send(self, message: Message) -> str:
        """Put a message on its way; its id is returned, `answers` says later what came of it."""
        if self.closed:
            return ""
        self._out += framed(encode(message))
        if not isinstance(message, Numbered):
            return ""
        self._waiting[message.mId] = self._clock() + self.timing.acknowledge_s
        return message.mId

    def watchdog(self) -> str:
        """Say that we are there."""
        self._said_watchdog, self._watchdog_s = True, self._clock()
        return self.send(Watchdog(wTs=timestamp(self._wall())))

    def take(self) -> bytes:
        """The octets that are to be sent."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def tick(self) -> None:
        """What is due by the clock: a Watchdog, or the end of patience."""
        now_s = self._clock()
        if self.closed:
            return
        if any(due_s <= now_s for due_s in self._waiting.values()):
            self.close(f"no acknowledgement in {self.timing.acknowledge_s:g} s")
        elif now_s - self.heard_s >= self.timing.silence_s:
            self.close(f"nothing heard in {self.timing.silence_s:g} s")
        elif self.ready and now_s - self._watchdog_s >= self.timing.watchdog_s:
            self.watchdog()

    def close(self, reason: str) -> None:
        """Nothing more is sent or taken but what is on its way."""
        self.closed = self.closed or reason

    def receive(self, data: bytes) -> Iterator[Message]:
        """The messages in what arrived that are the owner's to answer; acknowledged already."""
        for text in self._deframer.feed(data):
            if self.closed:
                return
            message = self._read(text)
            if message is not None and self._is_for_owner(message):
                yield message

    def _read(self, text: bytes) -> Message | None:
        try:
            message = decode(text)
        except MessageError as error:
            LOG.warning("what was read is no message: %s", error)
            if self._met and error.message_id:
                self.send(MessageNotAck(oMId=error.message_id, rea=str(error)))
            return None
        self.heard_s = self._clock()
        return message

    def _is_for_owner(self, message: Message) -> bool:
        if isinstance(message, MessageAck | MessageNotAck):
            self._answered(message)
            return False
        if isinstance(message, Version):
            self._meet(message)
            return False
        if not self._met:
            # Unacknowledged: the other end shall begin anew (RSMP core, acknowledgement).
            self.close(f"a {type(message).__name__} before the versions")
            return False
        reason = self._check(message)
        if isinstance(message, Numbered):
            if reason:
                self.send(MessageNotAck(oMId=message.mId, rea=reason))
            else:
                self.send(MessageAck(oMId=message.mId))
        if isinstance(message, Watchdog):
            self._heard_watchdog = True
            if not self._said_watchdog:
                self.watchdog()
            return False
        return not reason

    def _answered(self, message: MessageAck | MessageNotAck) -> None:
        if self._waiting.pop(message.oMId, inf) is inf:
            return
        reason = None
        if isinstance(message, MessageNotAck):
            reason = message.rea or "no reason given"
        if len(self.answers) >= _MOST_ANSWERS:
            self.answers.pop(next(iter(self.answers)))
        self.answers[message.oMId] = reason
        if reason is not None and message.oMId == self._version_id:
            self.close(f"our version was refused: {reason}")

    def _meet(self, theirs: Version) -> None:
        reason = "the versions have been exchanged" if self._met else self._mismatch(theirs)
        if reason:
            self.send(MessageNotAck(oMId=theirs.mId, rea=reason))
            if not self._met:
                self.close(reason)
            return
        self.send(MessageAck(oMId=theirs.mId))
        common = {row.vers for row in theirs.RSMP} & set(self.identity.cores)
        self.core, self.sxl = max(common, key=_release), theirs.SXL
        self._met = True
        if self.role is Role.SUPERVISOR:
            self._say_version()
        else:
            self.watchdog()

    def _mismatch(self, theirs: Version) -> str:
        known, wanted = self.identity, [row.vers for row in theirs.RSMP]
        if not set(wanted) & set(known.cores):
            return (
                f"RSMP versions {_list(wanted)} requested, but only {_list(known.cores)} supported"
            )
        if theirs.SXL not in known.sxls:
            return f"SXL {theirs.SXL} requested, but only {_list(known.sxls)} supported"
        if known.site_id not in {row.sId for row in theirs.siteId}:
            return f"site id {known.site_id!r} expected"
        return ""

    def _say_version(self) -> None:
        known = self.identity
        self._version_id = self.send(
            Version(
                RSMP=[RsmpRow(vers=core) for core in known.cores],
                siteId=[SiteRow(sId=known.site_id)],
                SXL=self.sxl or known.sxls[0],
            )
        )


def _release(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _list(names: list[str] | tuple[str, ...]) -> str:
    return "[" + ",".join(names[:20]) + "]"
