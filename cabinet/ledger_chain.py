"""Entries of a ledger: one line of canonical JSON each, chained by SHA-256.

A line's own bytes must be those that its content encodes to, so that no byte of a ledger can be
another without being found: keys sorted, no blanks, ASCII, no NaN, a line feed at the end.
"""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
"""What comes before the first entry."""
LONGEST_LINE = 1 << 20
"""Bytes; a longer line is no entry."""
KINDS = ("open", "intent", "decision", "head")
_CHAIN, _HEAD = b"greenband ledger entry 1\0", b"greenband ledger head 1\0"
_FIELDS = {"at", "body", "hash", "kind", "n", "prev"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its number, its kind, when it was written, its content, and its place in the chain.

    `kind`: ``open`` (a writer began), ``intent`` (about to be sent), ``decision`` (what was sent
    and read back), ``head`` (a signature over all before it). `at`: UTC, ISO. `hash` is over all
    else, `prev` the hash of the entry before.
    """

    n: int
    kind: str
    at: str
    body: Mapping[str, Any]
    prev: str
    hash: str


def canonical(value: object) -> bytes:
    """The one encoding of a value; ValueError for NaN, infinities and what JSON doesn't have."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode("ascii")


def link(n: int, kind: str, at: str, body: Mapping[str, Any], prev: str) -> Entry:
    """The entry that follows the one whose hash is `prev`."""
    return Entry(n, kind, at, body, prev, _hash(n, kind, at, body, prev))


def encode(entry: Entry) -> bytes:
    """The entry's line, with its line feed."""
    fields = {name: getattr(entry, name) for name in _FIELDS}
    return canonical(fields) + b"\n"


def decode(line: bytes) -> Entry | None:
    """The entry of a line with its line feed; None where a byte of it isn't as it was written."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        fields = json.loads(line)
        if not isinstance(fields, dict) or set(fields) != _FIELDS:
            return None
        entry = Entry(**fields)
        whole = _well_formed(entry) and encode(entry) == line
    except (ValueError, TypeError, RecursionError):
        return None
    return entry if whole and entry.hash == _hash_of(entry) else None


def signed_message(ledger: str, entry_n: int, at: str, prev: str, reason: str, key: str) -> bytes:
    """What a head's signature is over: by `prev`, all that came before it."""
    parts = {"ledger": ledger, "n": entry_n, "at": at, "prev": prev, "reason": reason, "key": key}
    return _HEAD + canonical(parts)


def _hash(n: int, kind: str, at: str, body: Mapping[str, Any], prev: str) -> str:
    content = canonical({"n": n, "kind": kind, "at": at, "body": body, "prev": prev})
    return hashlib.sha256(_CHAIN + content).hexdigest()


def _hash_of(entry: Entry) -> str:
    return _hash(entry.n, entry.kind, entry.at, entry.body, entry.prev)


def _well_formed(entry: Entry) -> bool:
    return (
        type(entry.n) is int
        and entry.n >= 0
        and entry.kind in KINDS
        and isinstance(entry.at, str)
        and isinstance(entry.body, dict)
        and _is_digest(entry.prev)
        and _is_digest(entry.hash)
    )


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set(string.hexdigits)
