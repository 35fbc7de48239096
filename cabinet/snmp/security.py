"""How a client's messages are dressed: communities of versions 1 and 2c, or a user of version 3."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .ber import BerError
from .engine import WINDOW_S
from .errors import SecurityError
from .message import GET, REPORT, SET, Pdu, decode_message, encode_message, encode_pdu
from .usm import AUTHENTIC, Keys, User
from .v3 import (
    NOT_IN_TIME,
    REASONS,
    REPORTABLE,
    UNKNOWN_ENGINE,
    Envelope,
    Sealed,
    parse,
    report_reason,
    seal,
)


@dataclass(frozen=True, repr=False)
class Community:
    """The names of a controller's versions 1 (`version` 0) and 2c (1). Never printed."""

    version: int
    read: bytes
    write: bytes

    def __repr__(self) -> str:
        return f"Community(version={self.version}, withheld)"


class Security(Protocol):
    """Dresses requests and judges what comes back."""

    version: int

    def wrap(self, pdu: Pdu, binds: bytes) -> bytes:
        """The message to send; of version 3, first those that ask who and how late it is."""
        ...

    def unwrap(self, datagram: bytes) -> Pdu | None:
        """The PDU of an answer; None where it isn't one to us, or isn't genuine."""
        ...

    def learn(self) -> None:
        """Take from the report that came last what the next `wrap` needs; else SecurityError."""
        ...


class Plain:
    """Versions 1 and 2c."""

    def __init__(self, access: Community) -> None:
        self.version, self._access = access.version, access

    def wrap(self, pdu: Pdu, binds: bytes) -> bytes:
        """As `Security.wrap`."""
        name = self._access.write if pdu.kind == SET else self._access.read
        return encode_message(self.version, name, encode_pdu(pdu, binds))

    def unwrap(self, datagram: bytes) -> Pdu | None:
        """As `Security.unwrap`."""
        try:
            version, _, pdu = decode_message(datagram)
        except BerError:
            return None
        return pdu if version == self.version and pdu.kind != REPORT else None

    def learn(self) -> None:
        """As `Security.learn`: there is nothing to learn."""
        raise SecurityError("a report without version 3")


class UserSecurity:
    """Version 3: learns the agent's identity, starts and clock as it goes.

    The clock is taken from authentic messages only. With `engine_id` another identity than this
    is refused.
    """

    version = 3

    def __init__(
        self,
        user: User,
        engine_id: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._user, self._pinned, self._clock = user, engine_id, clock
        self.engine_id = b""
        self._keys: Keys | None = None
        self._boots, self._time_s, self._at = 0, 0, clock()
        self._salt = secrets.randbits(64)
        self._ids: dict[int, None] = {}
        self._report: tuple[int, Envelope] | None = None
        if engine_id:
            self._meet(engine_id)

    def __repr__(self) -> str:
        return f"UserSecurity({self._user!r})"

    def wrap(self, pdu: Pdu, binds: bytes) -> bytes:
        """As `Security.wrap`."""
        message_id = secrets.randbits(31)
        self._ids[message_id] = None
        while len(self._ids) > 8:
            self._ids.pop(next(iter(self._ids)))
        if not self.engine_id:
            hello = encode_pdu(Pdu(GET, pdu.request_id))
            return seal(Envelope(message_id, REPORTABLE, b"", 0, 0, b""), hello, None, b"")
        envelope = Envelope(
            message_id,
            self._user.level | REPORTABLE,
            self.engine_id,
            self._boots,
            self._now_s() if self._boots else 0,
            self._user.name.encode(),
        )
        self._salt = (self._salt + 1) % 2**64
        return seal(envelope, encode_pdu(pdu, binds), self._keys, self._salt.to_bytes(8, "big"))

    def unwrap(self, datagram: bytes) -> Pdu | None:
        """As `Security.unwrap`."""
        try:
            sealed = parse(datagram)
            if sealed.envelope.message_id not in self._ids:
                return None
            genuine = self._genuine(sealed)
            pdu = sealed.open(self._keys)[2]
        except BerError:
            return None
        if pdu.kind == REPORT:
            return self._judge_report(sealed, pdu, genuine=genuine)
        return pdu if genuine and self._fresh(sealed.envelope) else None

    def learn(self) -> None:
        """As `Security.learn`."""
        reason, envelope = self._report or (0, None)
        self._report = None
        if envelope is not None and reason == UNKNOWN_ENGINE:
            if self._pinned and envelope.engine_id != self._pinned:
                raise SecurityError("the agent has another engine than the one that is known")
            self._meet(envelope.engine_id)
        elif envelope is not None and reason == NOT_IN_TIME:
            self._boots, self._time_s, self._at = envelope.boots, envelope.time_s, self._clock()
        else:
            raise SecurityError(REASONS.get(reason, "a report of another kind"))

    def _meet(self, engine_id: bytes) -> None:
        if not 5 <= len(engine_id) <= 32:
            raise SecurityError("an engine's identity has 5 to 32 octets")
        self.engine_id, self._boots, self._time_s = engine_id, 0, 0
        self._keys = Keys(self._user, engine_id) if self._user.level else None

    def _now_s(self) -> int:
        return self._time_s + int(self._clock() - self._at)

    def _genuine(self, sealed: Sealed) -> bool:
        envelope = sealed.envelope
        if not self._user.level:
            return envelope.engine_id == self.engine_id
        return (
            self._keys is not None
            and envelope.engine_id == self.engine_id
            and bool(envelope.flags & AUTHENTIC)
            and sealed.authentic(self._keys)
        )

    def _judge_report(self, sealed: Sealed, pdu: Pdu, *, genuine: bool) -> Pdu | None:
        """A clock must be vouched for; other reports come from who can't prove anything."""
        reason = report_reason(pdu)
        envelope = sealed.envelope
        if reason == NOT_IN_TIME and not (genuine and envelope.boots >= self._boots):
            return None
        self._report = (reason, envelope)
        return pdu

    def _fresh(self, envelope: Envelope) -> bool:
        """RFC 3414 section 3.2, 7b: not from before a restart, not older than the window."""
        if envelope.flags & 3 != self._user.level or envelope.boots < self._boots:
            return False
        if not self._user.level:
            return True
        if envelope.boots > self._boots or envelope.time_s > self._time_s:
            self._boots, self._time_s, self._at = envelope.boots, envelope.time_s, self._clock()
            return True
        return envelope.time_s >= self._now_s() - WINDOW_S
