"""BER as SNMP uses it: definite lengths, single-byte tags, integers up to 64 bits.

Offsets run over one datagram that is never copied; what is outside it, or longer than SNMP allows,
is a BerError. RFC 3417 section 8 and X.690.
"""

from __future__ import annotations

from functools import lru_cache

from greenband.cabinet.store import Oid

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER, GAUGE, TICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_OBJECT, NO_INSTANCE, END_OF_VIEW = 0x80, 0x81, 0x82

Content = int | bytes | Oid | None
"""What a value holds; None for NULL and for the three exceptions of SNMPv2."""

_MOST_ARCS, _LARGEST_ARC = 128, 2**32 - 1
_UNSIGNED_OCTETS = {COUNTER: 5, GAUGE: 5, TICKS: 5, COUNTER64: 9}
_EMPTY = frozenset({NULL, NO_OBJECT, NO_INSTANCE, END_OF_VIEW})
_TEXT = frozenset({OCTETS, IP_ADDRESS, OPAQUE})


class BerError(ValueError):
    """Octets that are no BER, or none that SNMP may carry."""


def tlv(tag: int, body: bytes) -> bytes:
    """A value with its tag and length before it."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def integer(value: int, tag: int = INTEGER) -> bytes:
    """A whole number in as few octets as two's complement takes."""
    if 0 <= value < 0x80:
        return bytes((tag, 1, value))
    bits = value.bit_length() if value >= 0 else (value + 1).bit_length()
    return tlv(tag, value.to_bytes(bits // 8 + 1, "big", signed=True))


@lru_cache(maxsize=8192)
def oid(value: Oid) -> bytes:
    """An OBJECT IDENTIFIER of at least two arcs; BerError where it can't be one."""
    if not 2 <= len(value) <= _MOST_ARCS or value[0] > 2 or (value[0] < 2 and value[1] > 39):
        raise BerError("no object identifier: two to 128 arcs, the first up to 2")
    out = bytearray()
    if not (min(value) >= 0 and max(value) <= _LARGEST_ARC):
        raise BerError("an arc is outside 0 to 2^32 - 1")
    for arc in (value[0] * 40 + value[1], *value[2:]):
        part = [arc & 0x7F]
        while arc := arc >> 7:
            part.append(arc & 0x7F | 0x80)
        out += bytes(reversed(part))
    return tlv(OID, bytes(out))


def value(tag: int, content: Content) -> bytes:
    """A value of one of the types above."""
    if content is None:
        return bytes((tag, 0))
    if isinstance(content, int):
        return integer(content, tag)
    return tlv(tag, content) if isinstance(content, bytes) else oid(content)


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag of the value at `at`, and where its content starts and stops (not after `end`)."""
    if at + 2 > end:
        raise BerError("cut off")
    tag, size = data[at], data[at + 1]
    at += 2
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or at + count > end:
            raise BerError("a length that is indefinite, too long or cut off")
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + size > end:
        raise BerError("longer than what holds it")
    return tag, at, at + size


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Start and stop of the content of a value that must have this tag."""
    found, start, stop = header(data, at, end)
    if found != tag:
        raise BerError(f"tag {found:#04x} where {tag:#04x} belongs")
    return start, stop


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An INTEGER of 32 bits, and where the next value starts."""
    start, stop = expect(data, at, end, INTEGER)
    return _signed(data[start:stop]), stop


def read_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """An OCTET STRING, and where the next value starts."""
    start, stop = expect(data, at, end, OCTETS)
    return data[start:stop], stop


def content(tag: int, body: bytes) -> Content:
    """What a value of any of the types above holds."""
    if tag == INTEGER:
        return _signed(body)
    if tag in _TEXT:
        return body
    if tag in _EMPTY:
        if body:
            raise BerError("content in an empty type")
        return None
    if tag == OID:
        return read_oid(body)
    return _unsigned(tag, body)


@lru_cache(maxsize=8192)
def read_oid(body: bytes) -> Oid:
    """The arcs of an OBJECT IDENTIFIER's content."""
    if not body or body[-1] & 0x80:
        raise BerError("an object identifier that is empty or cut off")
    arcs: list[int] = []
    arc = 0
    for octet in body:
        arc = arc << 7 | octet & 0x7F
        if arc > _LARGEST_ARC + 80:
            raise BerError("an arc beyond 2^32 - 1")
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    if len(arcs) >= _MOST_ARCS or any(arc > _LARGEST_ARC for arc in arcs[1:]):
        raise BerError("more than 128 arcs, or one beyond 2^32 - 1")
    first = min(arcs[0] // 40, 2)
    if arcs[0] - 40 * first > _LARGEST_ARC:
        raise BerError("an arc beyond 2^32 - 1")
    return (first, arcs[0] - 40 * first, *arcs[1:])


def _signed(body: bytes) -> int:
    if not 1 <= len(body) <= 4:
        raise BerError("an INTEGER of no or more than 32 bits")
    return int.from_bytes(body, "big", signed=True)


def _unsigned(tag: int, body: bytes) -> int:
    """A counter, gauge or time; some agents leave its leading zero away."""
    longest = _UNSIGNED_OCTETS.get(tag)
    if longest is None:
        raise BerError(f"unknown tag {tag:#04x}")
    number = int.from_bytes(body, "big")
    if not body or len(body) > longest or number >> 8 * (longest - 1):
        raise BerError("an unsigned number that is empty or too long")
    return number
