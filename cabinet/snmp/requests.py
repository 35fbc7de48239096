"""Carries out a PDU on a store: GET, GETNEXT, GETBULK and SET of versions 1 and 2 (RFC 3416)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from greenband.cabinet.store import Oid, SetRefusedError, Store, Value

from . import ber
from .message import (
    GET,
    GET_BULK,
    GET_NEXT,
    RESPONSE,
    SET,
    STATUS,
    V1,
    Pdu,
    VarBind,
    encode_pdu,
)
from .syntax import admits_tag, object_of, tag_of

_MOST_REPETITIONS = 1000
TOO_BIG, NO_SUCH_NAME = STATUS.index("tooBig"), STATUS.index("noSuchName")
# RFC 3584 section 4.3: what version 1 calls them.
_FOR_V1 = {
    "wrongValue": "badValue", "wrongEncoding": "badValue", "wrongType": "badValue",
    "wrongLength": "badValue", "inconsistentValue": "badValue", "noAccess": "noSuchName",
    "notWritable": "noSuchName", "noCreation": "noSuchName", "inconsistentName": "noSuchName",
    "authorizationError": "noSuchName", "resourceUnavailable": "genErr", "commitFailed": "genErr",
    "undoFailed": "genErr",
}  # fmt: skip

Fits = Callable[[bytes], bool]
"""Whether an encoded PDU leaves room for what goes around it."""


class _FailedError(Exception):
    def __init__(self, status: str, index: int) -> None:
        super().__init__(status)
        self.status, self.index = status, index


def answer(
    store: Store, pdu: Pdu, *, version: int, owner: bytes, write: bool, fits: Fits
) -> bytes | None:
    """The encoded answer to a request; None where there is to be none.

    `owner` is who asks, `write` whether it may SET.
    """
    try:
        if pdu.kind == GET_BULK and version != V1:
            return _bulk(store, pdu, fits)
        binds = _carry_out(store, pdu, version, owner, write=write)
    except _FailedError as failed:
        return encode_pdu(_refusal(pdu, failed, version))
    if binds is None:
        return None
    encoded = encode_pdu(Pdu(RESPONSE, pdu.request_id, binds=binds))
    return encoded if fits(encoded) else _too_big(pdu, version, fits)


def _carry_out(
    store: Store, pdu: Pdu, version: int, owner: bytes, *, write: bool
) -> tuple[VarBind, ...] | None:
    if pdu.kind == GET:
        found = enumerate((bind[0] for bind in pdu.binds), start=1)
        return tuple(_got(store, oid, index, version) for index, oid in found)
    if pdu.kind == GET_NEXT:
        found = enumerate((bind[0] for bind in pdu.binds), start=1)
        return tuple(_next(store, oid, index, version) for index, oid in found)
    if pdu.kind == SET:
        _set(store, pdu.binds, owner, write=write)
        return pdu.binds
    return None


def _got(store: Store, oid: Oid, index: int, version: int) -> VarBind:
    value = store.get(oid)
    if value is not None:
        return oid, tag_of(oid, value), value
    if version == V1:
        raise _FailedError("noSuchName", index)
    return oid, ber.NO_OBJECT if object_of(oid) is None else ber.NO_INSTANCE, None


def _next(store: Store, oid: Oid, index: int, version: int) -> VarBind:
    following = store.after(oid)
    value = None if following is None else store.get(following)
    if following is not None and value is not None:
        return following, tag_of(following, value), value
    if version == V1:
        raise _FailedError("noSuchName", index)
    return oid, ber.END_OF_VIEW, None


def _set(store: Store, binds: tuple[VarBind, ...], owner: bytes, *, write: bool) -> None:
    if not write:
        raise _FailedError("noAccess", 1 if binds else 0)
    pairs: list[tuple[Oid, Value]] = []
    for index, (oid, tag, content) in enumerate(binds, start=1):
        if not isinstance(content, int | bytes) or not admits_tag(oid, tag):
            raise _FailedError("wrongType", index)
        pairs.append((oid, content))
    try:
        store.set(pairs, owner)
    except SetRefusedError as refused:
        raise _FailedError(refused.reason, refused.index) from refused


def _bulk(store: Store, pdu: Pdu, fits: Fits) -> bytes:
    """As many pairs as fit; the list may stop anywhere (RFC 3416 section 4.2.3)."""
    once = max(0, min(pdu.status, len(pdu.binds)))
    binds = [_next(store, bind[0], 0, -1) for bind in pdu.binds[:once]]
    at = [bind[0] for bind in pdu.binds[once:]]
    for _ in range(min(max(pdu.index, 0), _MOST_REPETITIONS) if at else 0):
        row = [_next(store, oid, 0, -1) for oid in at]
        if not _fitting(pdu, [*binds, *row], fits):
            break
        binds += row
        at = [bind[0] for bind in row]
        if all(bind[1] == ber.END_OF_VIEW for bind in row):
            break
    encoded = encode_pdu(Pdu(RESPONSE, pdu.request_id, binds=tuple(binds)))
    return encoded if fits(encoded) else _too_big(pdu, -1, fits) or encoded


def _fitting(pdu: Pdu, binds: list[VarBind], fits: Fits) -> bool:
    return fits(encode_pdu(Pdu(RESPONSE, pdu.request_id, binds=tuple(binds))))


def _too_big(pdu: Pdu, version: int, fits: Fits) -> bytes | None:
    """Version 1 repeats the request, version 2 an empty list; neither, where even that is."""
    binds = pdu.binds if version == V1 else ()
    encoded = encode_pdu(Pdu(RESPONSE, pdu.request_id, TOO_BIG, 0, binds))
    return encoded if fits(encoded) else None


def _refusal(pdu: Pdu, failed: _FailedError, version: int) -> Pdu:
    name = failed.status if failed.status in STATUS else "genErr"
    if version == V1:
        name = _FOR_V1.get(name, name)
    return replace(pdu, kind=RESPONSE, status=STATUS.index(name), index=failed.index)
