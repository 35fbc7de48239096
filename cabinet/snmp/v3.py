"""Messages of version 3: what is around the PDU, its digest and its cipher (RFC 3412, 3414)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from . import ber
from .ber import BerError
from .message import V3, Pdu, decode_pdu, version_of
from .usm import AUTHENTIC, PRIVATE, Keys

REPORTABLE = 4
_USM = 3
STATISTICS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
"""Where the counters live that a report names; the arc below says what was wrong."""
UNSUPPORTED_LEVEL, NOT_IN_TIME, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, UNDECIPHERABLE = (
    1, 2, 3, 4, 5, 6,
)  # fmt: skip
REASONS = {
    UNSUPPORTED_LEVEL: "security level not supported for this user",
    NOT_IN_TIME: "not in the time window",
    UNKNOWN_USER: "unknown user",
    UNKNOWN_ENGINE: "unknown engine",
    WRONG_DIGEST: "wrong key",
    UNDECIPHERABLE: "can't be deciphered",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a message says outside its PDU; `time_s` is the engine's clock, in whole seconds."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    max_size: int = 65507


@dataclass(frozen=True, slots=True)
class Sealed:
    """A received message: its envelope, and where in it digest and content lie."""

    data: bytes
    envelope: Envelope
    digest_at: tuple[int, int]
    salt: bytes
    body_at: int

    def authentic(self, keys: Keys) -> bool:
        """Whether who sent it has the keys."""
        start, stop = self.digest_at
        if stop - start != keys.size:
            return False
        blank = self.data[:start] + bytes(stop - start) + self.data[stop:]
        return hmac.compare_digest(keys.digest(blank), self.data[start:stop])

    def open(self, keys: Keys | None) -> tuple[bytes, bytes, Pdu]:
        """Context engine, context name and PDU; BerError where the content makes no sense."""
        if not self.envelope.flags & PRIVATE:
            return _scoped(self.data, self.body_at, len(self.data))
        if keys is None or len(self.salt) != 8:
            raise BerError("no key, or no salt")
        text, end = ber.read_octets(self.data, self.body_at, len(self.data))
        if end != len(self.data):
            raise BerError("octets after the message")
        e = self.envelope
        plain = keys.cipher(text, e.boots, e.time_s, self.salt, undo=True)
        return _scoped(plain, 0, len(plain))


def seal(envelope: Envelope, pdu: bytes, keys: Keys | None, salt: bytes) -> bytes:
    """A message around an encoded PDU; `salt` (8 octets) must never repeat under one key."""
    e = envelope
    body = ber.tlv(ber.OCTETS, e.engine_id) + ber.tlv(ber.OCTETS, b"") + pdu
    body = ber.tlv(ber.SEQUENCE, body)
    private = bool(e.flags & PRIVATE) and keys is not None
    if private and keys is not None:
        body = ber.tlv(ber.OCTETS, keys.cipher(body, e.boots, e.time_s, salt, undo=False))
    size = keys.size if keys is not None and e.flags & AUTHENTIC else 0
    after = ber.tlv(ber.OCTETS, salt if private else b"")
    security = (
        ber.tlv(ber.OCTETS, e.engine_id)
        + ber.integer(e.boots)
        + ber.integer(e.time_s)
        + ber.tlv(ber.OCTETS, e.user)
        + ber.tlv(ber.OCTETS, bytes(size))
        + after
    )
    head = (
        ber.integer(e.message_id)
        + ber.integer(e.max_size)
        + ber.tlv(ber.OCTETS, bytes((e.flags,)))
        + ber.integer(_USM)
    )
    head = ber.integer(V3) + ber.tlv(ber.SEQUENCE, head)
    whole = ber.tlv(
        ber.SEQUENCE, head + ber.tlv(ber.OCTETS, ber.tlv(ber.SEQUENCE, security)) + body
    )
    if not size or keys is None:
        return whole
    stop = len(whole) - len(body) - len(after)
    return whole[: stop - size] + keys.digest(whole) + whole[stop:]


def parse(data: bytes) -> Sealed:
    """A message of version 3, its content still closed; BerError where it is none."""
    version, at, end = version_of(data)
    if version != V3:
        raise BerError("another version")
    at, stop = ber.expect(data, at, end, ber.SEQUENCE)
    message_id, at = ber.read_integer(data, at, stop)
    max_size, at = ber.read_integer(data, at, stop)
    flags, at = ber.read_octets(data, at, stop)
    model, at = ber.read_integer(data, at, stop)
    if at != stop or len(flags) != 1 or model != _USM or message_id < 0 or max_size < 484:
        raise BerError("no header of version 3 with the user-based security model")
    if flags[0] & (AUTHENTIC | PRIVATE) == PRIVATE:
        raise BerError("privacy without authentication")
    at, body_at = ber.expect(data, at, end, ber.OCTETS)
    at, stop = ber.expect(data, at, body_at, ber.SEQUENCE)
    if stop != body_at:
        raise BerError("octets after the security parameters")
    engine_id, at = ber.read_octets(data, at, stop)
    boots, at = ber.read_integer(data, at, stop)
    time_s, at = ber.read_integer(data, at, stop)
    user, at = ber.read_octets(data, at, stop)
    start, digest_stop = ber.expect(data, at, stop, ber.OCTETS)
    salt, at = ber.read_octets(data, digest_stop, stop)
    if at != stop or boots < 0 or time_s < 0:
        raise BerError("no security parameters")
    envelope = Envelope(message_id, flags[0] & 7, engine_id, boots, time_s, user, max_size)
    return Sealed(data, envelope, (start, digest_stop), salt, body_at)


def report_reason(pdu: Pdu) -> int:
    """Which of `REASONS` a report names; 0 where it is another one."""
    if not pdu.binds:
        return 0
    oid = pdu.binds[0][0]
    known = oid[: len(STATISTICS)] == STATISTICS and len(oid) == len(STATISTICS) + 2
    return oid[len(STATISTICS)] if known else 0


def _scoped(data: bytes, at: int, end: int) -> tuple[bytes, bytes, Pdu]:
    at, stop = ber.expect(data, at, end, ber.SEQUENCE)
    if stop != end:
        raise BerError("octets after the content")
    engine_id, at = ber.read_octets(data, at, stop)
    name, at = ber.read_octets(data, at, stop)
    return engine_id, name, decode_pdu(data, at, stop)
