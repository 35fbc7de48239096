"""The ledger: every decision that reached the street, appended for good and signed at intervals.

What lasts when: an entry is given to the operating system in one write before `append` returns, so
that the death of the process loses none. It is on the disk from the next head on, after a power
cut at the latest `Policy.head_every_s` later; with ``sync="entry"`` before `append` returns.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets as randomness
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from greenband.engine.errors import InputError

from .closing import Closing
from .ledger_chain import (
    GENESIS,
    LONGEST_LINE,
    Entry,
    decode,
    encode,
    link,
    signed_message,
)
from .ledger_files import (
    HEAD_FILE,
    is_torn,
    lines,
    segment_name,
    segments,
    sync_folder,
    write_whole,
)
from .ledger_key import key_id, raw
from .ledger_record import Decision, body_of, utc_text

VERSION = 1


@dataclass(frozen=True)
class Policy:
    """When heads are signed, when entries reach the disk, how large a segment grows.

    A head is signed after the opening entry, after `head_every` more, after `head_every_s` seconds
    with any, at the end of a segment and at close. A segment ends with the day (UTC) and at
    `segment_bytes`.
    """

    head_every: int = 100
    head_every_s: float = 10.0
    segment_bytes: int = 16 << 20
    sync: Literal["head", "entry"] = "head"


def utc_now() -> dt.datetime:
    """The time of this computer."""
    return dt.datetime.now(dt.UTC)


class Ledger(Closing):
    """A writer: one a folder, from when it is made until `close`.

    Takes up a ledger that is there, cuts off an entry that a crash left torn and says so in the
    first entry it writes. Raises InputError for a folder that another writer has, and for a ledger
    that isn't whole.
    """

    def __init__(
        self,
        folder: Path,
        key: Ed25519PrivateKey,
        *,
        policy: Policy = Policy(),
        now: Callable[[], dt.datetime] = utc_now,
        secrets: Iterable[str] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._policy, self._now = folder, policy, now
        self._key, self._secrets = key, tuple(secrets)
        self._key_id = key_id(key.public_key())
        self._lock = _locked(folder)
        try:
            found = _recovered(folder)
            self.id = found.ledger or randomness.token_hex(16)
            self._n, self._prev = found.next_n, found.prev
            self._file, self._size = self._opened(found.segment)
        except BaseException:
            os.close(self._lock)
            raise
        self._day, self._unsigned, self._signed_at = now().date(), 0, now()
        self._write("open", self._opening(found.torn))
        self._sign("open")

    def intend(self, decision: Decision) -> int:
        """Write down what is about to be sent; the number is the `intent` of the decision."""
        return self._append("intent", decision)

    def append(self, decision: Decision) -> int:
        """Write down a decision with what was sent and read back; returns the entry's number."""
        return self._append("decision", decision)

    def tick(self) -> None:
        """Sign a head if it is time to: call it every second or so."""
        age_s = (self._now() - self._signed_at).total_seconds()
        due = self._unsigned >= self._policy.head_every or age_s >= self._policy.head_every_s
        if self._unsigned and due:
            self._sign("interval")

    def close(self) -> None:
        """Sign the last head and let go of the folder."""
        if self._lock < 0:
            return
        try:
            self._sign("close")
        finally:
            os.close(self._file)
            os.close(self._lock)
            self._lock = -1

    def _append(self, kind: str, decision: Decision) -> int:
        n = self._write(kind, body_of(decision, self._secrets))
        self.tick()
        if self._size >= self._policy.segment_bytes or self._now().date() != self._day:
            self._rotate()
        return n

    def _write(self, kind: str, body: Mapping[str, Any], *, at: str = "") -> int:
        return self._put(link(self._n, kind, at or utc_text(self._now()), body, self._prev)).n

    def _put(self, entry: Entry) -> Entry:
        data = encode(entry)
        if len(data) > LONGEST_LINE:
            raise InputError(
                f"ledger {self.folder}",
                f"an entry of {len(data)} bytes",
                f"{LONGEST_LINE} at most",
                "Write down less of it; nothing was written.",
            )
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError(f"only {written} of {len(data)} bytes were written")
            if self._policy.sync == "entry":
                os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise InputError(
                f"ledger {self.folder}",
                error.strerror or str(error),
                "a disk with room",
                "Make room; the ledger is whole up to the entry before, and nothing may be sent.",
            ) from error
        self._n, self._prev = entry.n + 1, entry.hash
        self._size += len(data)
        self._unsigned += 1
        return entry

    def _sign(self, reason: str) -> None:
        """A head: first what it is over is on the disk, then the head, then its copy."""
        now = self._now()
        at = utc_text(now)
        message = signed_message(self.id, self._n, at, self._prev, reason, self._key_id)
        body = {
            "ledger": self.id,
            "reason": reason,
            "key": self._key_id,
            "signature": self._key.sign(message).hex(),
        }
        head = self._put(link(self._n, "head", at, body, self._prev))
        os.fsync(self._file)
        write_whole(self.folder / HEAD_FILE, encode(head))
        self._unsigned, self._signed_at = 0, now

    def _rotate(self) -> None:
        self._sign("segment")
        os.close(self._file)
        self._file, self._size = self._opened(None)
        self._day = self._now().date()

    def _opened(self, segment: Path | None) -> tuple[int, int]:
        path = segment or self.folder / segment_name(self._n)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        sync_folder(self.folder)
        return handle, os.fstat(handle).st_size

    def _opening(self, torn: bytes) -> dict[str, Any]:
        cut = {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()} if torn else None
        public = raw(self._key.public_key()).hex()
        return {"version": VERSION, "ledger": self.id, "key": public, "torn": cut}


@dataclass(frozen=True)
class _Found:
    """Where a ledger is to be taken up."""

    ledger: str = ""
    next_n: int = 0
    prev: str = GENESIS
    segment: Path | None = None
    torn: bytes = b""


def _locked(folder: Path) -> int:
    """A lock that ends with this process, however it ends."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        import fcntl
    except ImportError:  # not on Windows, where a second writer isn't kept out
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise InputError(
            f"ledger {folder}",
            "another process writes it",
            "one writer a ledger",
            "Stop the other live service, or give this one a folder of its own.",
        ) from None
    return handle


def _recovered(folder: Path) -> _Found:
    """Read the last segment, cut off what is torn, and say where to go on."""
    there, torn = segments(folder), b""
    head = _last_head(folder)
    while there:
        first_n, path = there[-1]
        last, newest, cut = _last_entry(folder, path)
        torn = cut or torn
        if last is None:  # a crash between making a segment and its first whole entry
            path.unlink()
            there.pop()
            continue
        if last.n < first_n or (head is not None and last.n < head.n):
            raise _not_whole(folder, f"{path.name} does not go as far as {HEAD_FILE}")
        if newest is not None and newest != head:  # a crash between a head and its copy
            write_whole(folder / HEAD_FILE, encode(newest))
        return _Found(_ledger_id(there[0][1]), last.n + 1, last.hash, path, torn)
    if head is not None:
        raise _not_whole(folder, "segments are missing")
    return _Found(torn=torn)


def _last_entry(folder: Path, path: Path) -> tuple[Entry | None, Entry | None, bytes]:
    """The last whole entry of a segment, its last head, and the torn entry, which is cut off."""
    last, head, torn = None, None, b""
    for at, line in lines(path):
        if is_torn(line):
            torn = line
            os.truncate(path, at)
            break
        entry = decode(line)
        if entry is None or (last is not None and (entry.n, entry.prev) != (last.n + 1, last.hash)):
            raise _not_whole(folder, f"{path.name}, byte {at}: no entry that follows the last")
        last = entry
        head = entry if entry.kind == "head" else head
    return last, head, torn


def _last_head(folder: Path) -> Entry | None:
    path = folder / HEAD_FILE
    if not path.exists():
        return None
    head = decode(path.read_bytes())
    if head is None:
        raise _not_whole(folder, f"{HEAD_FILE} is no head")
    return head


def _ledger_id(first_segment: Path) -> str:
    opening = next((decode(line) for _, line in lines(first_segment)), None)
    return "" if opening is None else str(opening.body.get("ledger", ""))


def _not_whole(folder: Path, found: str) -> InputError:
    return InputError(
        f"ledger {folder}",
        found,
        "a ledger that is whole",
        f"Run greenband audit verify {folder}, keep it as evidence, and start in a new folder.",
    )
