"""An agent's engine of version 3: its identity, how often it started, its clock, its users."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from greenband.engine.errors import InputError

from .ber import COUNTER, BerError
from .message import REPORT, Pdu, encode_pdu
from .refusals import Refusals
from .usm import AUTHENTIC, PRIVATE, Keys, User
from .v3 import (
    NOT_IN_TIME,
    REASONS,
    REPORTABLE,
    STATISTICS,
    UNDECIPHERABLE,
    UNKNOWN_ENGINE,
    UNKNOWN_USER,
    UNSUPPORTED_LEVEL,
    WRONG_DIGEST,
    Envelope,
    Sealed,
    seal,
)

WINDOW_S = 150
"""A message may be this old, and no older (RFC 3414 section 2.2.3)."""
_MOST_BOOTS = 2**31 - 1


def start(path: Path) -> tuple[bytes, int]:
    """Identity and number of starts, kept in a file; each call is one more start.

    Without the file a new identity is drawn, so that no old message can be valid.
    """
    try:
        text = path.read_text(encoding="ascii").split()
        engine_id, boots = bytes.fromhex(text[0]), int(text[1]) + 1
    except FileNotFoundError:
        engine_id, boots = new_engine_id(), 1
    except (ValueError, IndexError):
        raise InputError(
            str(path), "not the state of an engine", "its identity and starts", "Remove the file."
        ) from None
    fresh = path.with_name(path.name + ".tmp")
    with fresh.open("w", encoding="ascii") as file:
        file.write(f"{engine_id.hex()} {min(boots, _MOST_BOOTS)}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return engine_id, min(boots, _MOST_BOOTS)


def new_engine_id() -> bytes:
    """An identity of RFC 3411's form, under the number of NTCIP's standards body."""
    return bytes((0x80, 0x00, 0x04, 0xB6, 0x05)) + secrets.token_bytes(12)


class Engine:
    """Judges messages: user, level, digest, time window, and that none comes twice."""

    def __init__(
        self,
        users: Sequence[User],
        refusals: Refusals,
        clock: Callable[[], float],
        engine_id: bytes | None = None,
        boots: int = 1,
    ) -> None:
        self.engine_id, self.boots = engine_id or new_engine_id(), boots
        self._users = {user.name.encode(): user for user in users}
        self._keys = {
            name: Keys(user, self.engine_id) for name, user in self._users.items() if user.level
        }
        self._clock, self._began, self._refusals = clock, clock(), refusals
        self._salt = secrets.randbits(64)
        self._seen: set[bytes] = set()
        self._order: deque[tuple[float, bytes]] = deque()
        self._statistics = dict.fromkeys(REASONS, 0)

    def __repr__(self) -> str:
        return f"Engine({self.engine_id.hex()}, boots={self.boots})"

    @property
    def time_s(self) -> int:
        """Whole seconds since it started."""
        return int(self._clock() - self._began)

    def admit(self, sealed: Sealed, source: str) -> tuple[User, Pdu] | bytes | None:
        """Who asks what; or the report to answer with; or None where it is to be passed over."""
        wrong = self._wrong(sealed)
        user = self._users.get(sealed.envelope.user)
        if wrong is None and user is not None:
            return self._content(sealed, user, source)
        wrong = UNKNOWN_USER if wrong is None else wrong
        # Asking who one is and what time it is, is how every conversation begins.
        if not (wrong == UNKNOWN_ENGINE and not sealed.envelope.engine_id) and not self._greets(
            sealed, wrong
        ):
            self._refusals.note(REASONS[wrong], source)
        return self._report(sealed, wrong)

    def seal(self, question: Envelope, pdu: bytes) -> bytes:
        """An answer, as safe as its question was."""
        flags = question.flags & (AUTHENTIC | PRIVATE)
        return self._sealed(question, flags, pdu, self._keys.get(question.user))

    def _greets(self, sealed: Sealed, wrong: int) -> bool:
        return wrong == NOT_IN_TIME and sealed.envelope.boots == 0 and sealed.envelope.time_s == 0

    def _wrong(self, sealed: Sealed) -> int | None:
        """RFC 3414 section 3.2, in its order."""
        envelope = sealed.envelope
        if envelope.engine_id != self.engine_id:
            return UNKNOWN_ENGINE
        user = self._users.get(envelope.user)
        if user is None:
            return UNKNOWN_USER
        if envelope.flags & (AUTHENTIC | PRIVATE) != user.level:
            return UNSUPPORTED_LEVEL
        if user.level & AUTHENTIC:
            if not sealed.authentic(self._keys[envelope.user]):
                return WRONG_DIGEST
            late = abs(self.time_s - envelope.time_s) > WINDOW_S
            if envelope.boots != self.boots or self.boots == _MOST_BOOTS or late:
                return NOT_IN_TIME
        return None

    def _content(self, sealed: Sealed, user: User, source: str) -> tuple[User, Pdu] | bytes | None:
        if user.level & AUTHENTIC and self._repeated(sealed):
            self._refusals.note("replayed", source)
            return None
        try:
            context, name, pdu = sealed.open(self._keys.get(sealed.envelope.user))
        except BerError:
            self._refusals.note(REASONS[UNDECIPHERABLE], source)
            return self._report(sealed, UNDECIPHERABLE)
        if context != self.engine_id or name:
            self._refusals.note("unknown context", source)
            return None
        return user, pdu

    def _repeated(self, sealed: Sealed) -> bool:
        """Whether this very message came before, within the window in which it is valid."""
        now = self._clock()
        while self._order and now - self._order[0][0] > 2 * WINDOW_S + 1:
            self._seen.discard(self._order.popleft()[1])
        start, stop = sealed.digest_at
        digest = sealed.data[start:stop]
        if digest in self._seen:
            return True
        self._seen.add(digest)
        self._order.append((now, digest))
        return False

    def _report(self, sealed: Sealed, wrong: int) -> bytes | None:
        self._statistics[wrong] += 1
        envelope = sealed.envelope
        if not envelope.flags & REPORTABLE:
            return None
        count = self._statistics[wrong] & 0xFFFFFFFF
        bind = ((*STATISTICS, wrong, 0), COUNTER, count)
        pdu = encode_pdu(Pdu(REPORT, _request_id(sealed), binds=(bind,)))
        # Only who proved its key may learn the time from us, and must be able to trust it.
        flags, keys = (AUTHENTIC, self._keys[envelope.user]) if wrong == NOT_IN_TIME else (0, None)
        return self._sealed(envelope, flags, pdu, keys)

    def _sealed(self, question: Envelope, flags: int, pdu: bytes, keys: Keys | None) -> bytes:
        self._salt = (self._salt + 1) % 2**64
        own = Envelope(
            question.message_id, flags, self.engine_id, self.boots, self.time_s, question.user
        )
        return seal(own, pdu, keys, self._salt.to_bytes(8, "big"))


def _request_id(sealed: Sealed) -> int:
    """That of the question where it can be read, else 0 (RFC 3412 section 7.1, step 3)."""
    if sealed.envelope.flags & PRIVATE:
        return 0
    try:
        return sealed.open(None)[2].request_id
    except BerError:
        return 0
