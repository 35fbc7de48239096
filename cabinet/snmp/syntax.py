"""Which type of SNMP an instance has on the wire: what a Store leaves open."""

from __future__ import annotations

from functools import lru_cache

from greenband.cabinet.objects import DEVICES, OBJECTS, NtcipObject
from greenband.cabinet.store import Oid, Value

from . import ber

SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_TAGS = {"integer": ber.INTEGER, "octets": ber.OCTETS, "counter": ber.COUNTER}
_BY_OID = {thing.oid: thing for thing in OBJECTS.values()}
_LENGTHS = sorted({len(oid) for oid in _BY_OID}, reverse=True)


@lru_cache(maxsize=8192)
def object_of(oid: Oid) -> NtcipObject | None:
    """The object that an instance belongs to; None where `objects.py` doesn't have it."""
    if oid[: len(DEVICES)] != DEVICES:
        return None
    prefixes = (oid[:n] for n in _LENGTHS if n < len(oid))
    return next((_BY_OID[prefix] for prefix in prefixes if prefix in _BY_OID), None)


def tag_of(oid: Oid, value: Value) -> int:
    """The tag that a value of this instance is sent with."""
    if isinstance(value, bytes):
        return ber.OCTETS
    if oid == SYS_UP_TIME:
        return ber.TICKS
    thing = object_of(oid)
    return _TAGS[thing.syntax] if thing is not None else ber.INTEGER


def admits_tag(oid: Oid, tag: int) -> bool:
    """Whether a SET may bring this type; what the table doesn't have is left to the store."""
    thing = object_of(oid)
    return thing is None or tag == _TAGS[thing.syntax]
