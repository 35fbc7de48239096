"""SNMP's messages of version 1 and 2c, and the PDU that all three versions carry.

RFC 1157 and 3416. Nothing here decides: it only puts into octets and takes out of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from greenband.cabinet.store import Oid

from . import ber
from .ber import BerError, Content

V1, V2C, V3 = 0, 1, 3
GET, GET_NEXT, RESPONSE, SET, GET_BULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA8
KINDS = frozenset({GET, GET_NEXT, RESPONSE, SET, GET_BULK, REPORT})

STATUS = (
    "noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType",
    "wrongLength", "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue",
    "resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable",
    "inconsistentName",
)  # fmt: skip
"""Names of the error-status by number."""

VarBind = tuple[Oid, int, Content]
"""Which instance, its type's tag, its value."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One request or answer; in a GETBULK `status` is non-repeaters, `index` max-repetitions."""

    kind: int
    request_id: int
    status: int = 0
    index: int = 0
    binds: tuple[VarBind, ...] = ()


def status_name(status: int) -> str:
    """The error-status in words, a number that nobody defined too."""
    return STATUS[status] if 0 <= status < len(STATUS) else f"error {status}"


def encode_binds(binds: Iterable[VarBind]) -> bytes:
    """The list of pairs, with its own tag."""
    pairs = (ber.tlv(ber.SEQUENCE, ber.oid(o) + ber.value(tag, c)) for o, tag, c in binds)
    return ber.tlv(ber.SEQUENCE, b"".join(pairs))


@lru_cache(maxsize=1024)
def question(oids: tuple[Oid, ...]) -> bytes:
    """The list of pairs of a GET; the same list is asked again each second."""
    return encode_binds((oid, ber.NULL, None) for oid in oids)


def encode_pdu(pdu: Pdu, binds: bytes | None = None) -> bytes:
    """A PDU; `binds` where its list of pairs is encoded already."""
    body = ber.integer(pdu.request_id) + ber.integer(pdu.status) + ber.integer(pdu.index)
    return ber.tlv(pdu.kind, body + (encode_binds(pdu.binds) if binds is None else binds))


def decode_pdu(data: bytes, at: int, end: int) -> Pdu:
    """The PDU that fills the octets from `at` to `end`; BerError where none does."""
    kind, at, stop = ber.header(data, at, end)
    if kind not in KINDS or stop != end:
        raise BerError("no PDU, or octets after it")
    request_id, at = ber.read_integer(data, at, end)
    status, at = ber.read_integer(data, at, end)
    index, at = ber.read_integer(data, at, end)
    at, stop = ber.expect(data, at, end, ber.SEQUENCE)
    if stop != end:
        raise BerError("octets after the last pair")
    return Pdu(kind, request_id, status, index, _binds(data, at, end))


def _binds(data: bytes, at: int, end: int) -> tuple[VarBind, ...]:
    found = []
    while at < end:
        at, stop = ber.expect(data, at, end, ber.SEQUENCE)
        at, after = ber.expect(data, at, stop, ber.OID)
        name = ber.read_oid(data[at:after])
        tag, at, after = ber.header(data, after, stop)
        if after != stop:
            raise BerError("octets after a value")
        found.append((name, tag, ber.content(tag, data[at:stop])))
        at = stop
    return tuple(found)


def version_of(data: bytes) -> tuple[int, int, int]:
    """Version of a message, and where what follows it starts and ends."""
    at, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
    if end != len(data):
        raise BerError("octets after the message")
    version, at = ber.read_integer(data, at, end)
    return version, at, end


def encode_message(version: int, community: bytes, pdu: bytes) -> bytes:
    """A message of version 1 or 2c around an encoded PDU."""
    body = ber.integer(version) + ber.tlv(ber.OCTETS, community) + pdu
    return ber.tlv(ber.SEQUENCE, body)


def decode_message(data: bytes) -> tuple[int, bytes, Pdu]:
    """Version, community and PDU of a message of version 1 or 2c; BerError where it is none."""
    version, at, end = version_of(data)
    if version not in (V1, V2C):
        raise BerError("another version")
    community, at = ber.read_octets(data, at, end)
    return version, community, decode_pdu(data, at, end)
