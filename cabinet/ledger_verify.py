"""Whether a ledger is as it was written: every change, gap, reorder and cut, and where it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from greenband.engine.errors import InputError

from .ledger_chain import GENESIS, Entry, decode, signed_message
from .ledger_files import HEAD_FILE, is_torn, lines, segments
from .ledger_key import from_raw, key_id, signed_by

Kind = Literal["changed", "gap", "reordered", "truncated", "foreign key", "signature", "segment"]
MOST_FINDINGS = 100


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written: where, what was found, what should be there."""

    kind: Kind
    where: str
    found: str
    expected: str


@dataclass(frozen=True)
class Audit:
    """What a ledger holds, and what is wrong with it.

    `trusted`: a key was given from outside; else the ledger's own was used, which whoever rewrote
    all of it could have made. `signed_through`: number of the last entry that a signature covers;
    what was cut off behind it can't be missed. `torn_bytes`: of an entry that a crash left half
    written. `unanswered`: intents without a decision. `notes`: what is no finding.
    """

    ledger: str
    entries: int
    decisions: int
    heads: int
    signed_through: int
    closed: bool
    torn_bytes: int
    unanswered: tuple[int, ...]
    keys: tuple[str, ...]
    trusted: bool
    first_at: str
    last_at: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing is other than it was written."""
        return not self.findings


def verify(folder: Path, keys: Sequence[Ed25519PublicKey] = (), head: Path | None = None) -> Audit:
    """Read a whole ledger and check every byte of it; one line is in memory at a time.

    `keys`: those who may have signed it; without any, the one that its first entry names. `head`:
    a copy of ``head.json`` that was kept elsewhere: the ledger must still go through it. Raises
    InputError where there is no ledger.
    """
    there = segments(folder)
    own = folder / HEAD_FILE
    if not there and not own.exists():
        raise InputError(
            str(folder), "no ledger", "a folder with ledger-*.jsonl", "Give the ledger's folder."
        )
    walk = _Walk({key_id(key): key for key in keys}, bool(keys), _kept(head))
    for k, (first_n, path) in enumerate(there):
        walk.segment(path, first_n, last=k == len(there) - 1)
    walk.head_file(own)
    walk.kept_elsewhere(head)
    walk.notes += _stray(folder, {path for _, path in there} | {own})
    return walk.audit()


def entries(folder: Path) -> Iterable[tuple[str, Entry]]:
    """Every entry that is one, with its place; what isn't is passed over (`verify` finds it)."""
    for _, path in segments(folder):
        for k, (_, line) in enumerate(lines(path), start=1):
            entry = decode(line)
            if entry is not None:
                yield f"{path.name} line {k}", entry


@dataclass
class _Walk:
    """What is known so far, going from entry to entry."""

    keys: dict[str, Ed25519PublicKey]
    trusted: bool
    kept: Entry | None
    ledger: str = ""
    next_n: int = 0
    prev: str | None = GENESIS
    counts: dict[str, int] = field(default_factory=dict)
    heads: list[Entry] = field(default_factory=list)
    signed_through: int = -1
    torn_bytes: int = 0
    kept_seen: bool = False
    last_kind: str = ""
    intents: dict[int, None] = field(default_factory=dict)
    times: tuple[str, str] = ("", "")
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    torn_at: str = ""

    def segment(self, path: Path, first_n: int, *, last: bool) -> None:
        """All lines of one segment."""
        k = 0
        for k, (_, line) in enumerate(lines(path), start=1):
            where = f"{path.name} line {k} (entry {self.next_n})"
            if last and is_torn(line):
                self.torn_bytes, self.torn_at = len(line), where
                return
            self._line(where, line, first_n if k == 1 else None)
        if not k and not last:
            self._find("segment", path.name, "no entry in it", f"entries from {first_n} on")

    def _line(self, where: str, line: bytes, first_n: int | None) -> None:
        entry = decode(line)
        if entry is None:
            self._find("changed", where, "bytes that are no entry as written", "its own hash")
            self.next_n, self.prev = self.next_n + 1, None
            return
        if first_n is not None and entry.n != first_n:
            self._find("segment", where, f"entry {entry.n} first", f"entry {first_n}, by its name")
        self._chain(where, entry)
        self._content(where, entry)
        self.next_n, self.prev = entry.n + 1, entry.hash
        if self.kept is not None and entry.hash == self.kept.hash:
            self.kept_seen = True

    def _chain(self, where: str, entry: Entry) -> None:
        if entry.n > self.next_n:
            missing = f"entries {self.next_n} to {entry.n - 1} are missing"
            self._find("gap", where, missing, f"entry {self.next_n}")
        elif entry.n < self.next_n:
            self._find("reordered", where, f"entry {entry.n} after {self.next_n - 1}", "order")
        elif self.prev is not None and entry.prev != self.prev:
            self._find("changed", where, "it does not follow the entry before", "that one's hash")

    def _content(self, where: str, entry: Entry) -> None:
        self.counts[entry.kind] = self.counts.get(entry.kind, 0) + 1
        self.times = (self.times[0] or entry.at, entry.at)
        self.last_kind = entry.kind
        if self.next_n == 0 and entry.kind != "open":
            self._find("changed", where, f"a ledger that begins with {entry.kind}", "open")
        if entry.kind == "open":
            self._opening(where, entry)
        elif entry.kind == "head":
            self._signature(where, entry)
        elif entry.kind == "intent":
            self.intents[entry.n] = None
        else:
            self.intents.pop(_number(entry.body.get("intent")), None)

    def _opening(self, where: str, entry: Entry) -> None:
        ledger, key = entry.body.get("ledger"), _public(entry.body)
        self.ledger = self.ledger or str(ledger)
        if ledger != self.ledger:
            self._find("changed", where, "an entry of another ledger", f"ledger {self.ledger}")
        if key is None:
            self._find("changed", where, "no public key", "an Ed25519 key")
            return
        if not self.keys:
            self.keys[key_id(key)] = key
        if key_id(key) not in self.keys:
            self._find("foreign key", where, f"key {key_id(key)}", ", ".join(self.keys))
        if entry.body.get("torn"):
            self.notes.append(
                f"{where}: a crash had left a torn entry before it, which was cut off"
            )

    def _signature(self, where: str, entry: Entry) -> None:
        name = str(entry.body.get("key"))
        key = self.keys.get(name)
        if key is None:
            self._find("foreign key", where, f"key {name}", ", ".join(self.keys) or "a known key")
        elif not _is_signed(key, entry):
            self._find("signature", where, "a signature that is none", f"one by key {name}")
        elif entry.body.get("ledger") != self.ledger:
            self._find("changed", where, "a head of another ledger", f"ledger {self.ledger}")
        else:
            self.signed_through = entry.n
        self.heads = [*self.heads[-1:], entry]

    def head_file(self, path: Path) -> None:
        """The copy of the last head: a ledger that was cut off before it ends too early.

        A writer that was killed just after it signed has left the copy of the head before, or
        none after its first.
        """
        killed = bool(self.heads) and self.heads[-1].n == self.next_n - 1
        if not path.exists():
            if not killed or self.counts["head"] > 1:
                self._find("truncated", path.name, "it is missing", "the last signed head")
            return
        head = _kept(path, strict=False)
        allowed = {h.hash for h in (self.heads if killed else self.heads[-1:])}
        if head is None:
            self._find("changed", path.name, "no head as it was written", "the last signed head")
        elif head.n >= self.next_n:
            found = f"the ledger ends with entry {self.next_n - 1}"
            where = self.torn_at or f"end of the ledger (entry {self.next_n})"
            self._find("truncated", where, found, f"at least entry {head.n}, which was signed")
        elif head.hash not in allowed:
            self._find("changed", path.name, f"the head of entry {head.n}", "the last signed head")

    def kept_elsewhere(self, path: Path | None) -> None:
        """The head that somebody else kept must still be part of this ledger."""
        if self.kept is not None and not self.kept_seen:
            self._find(
                "truncated", str(path), f"entry {self.kept.n} of it is not in the ledger",
                "a ledger that goes on from this head",
            )  # fmt: skip

    def _find(self, kind: Kind, where: str, found: str, expected: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(kind, where, found, expected))

    def audit(self) -> Audit:
        """The sum of it."""
        closed = self._closed()
        return Audit(
            ledger=self.ledger,
            entries=sum(self.counts.values()),
            decisions=self.counts.get("decision", 0),
            heads=self.counts.get("head", 0),
            signed_through=self.signed_through,
            closed=closed,
            torn_bytes=self.torn_bytes,
            unanswered=tuple(self.intents),
            keys=tuple(self.keys),
            trusted=self.trusted,
            first_at=self.times[0],
            last_at=self.times[1],
            findings=tuple(self.findings),
            notes=(*self.notes, *self._closing_notes(closed)),
        )

    def _closed(self) -> bool:
        at_end = bool(self.heads) and self.heads[-1].n == self.signed_through == self.next_n - 1
        return at_end and self.heads[-1].body.get("reason") == "close"

    def _closing_notes(self, closed: bool) -> list[str]:
        notes = []
        if not self.trusted:
            notes.append("no key was given: checked against the key that the ledger itself names")
        if self.torn_bytes and self.torn_at:
            notes.append(
                f"{self.torn_at}: {self.torn_bytes} bytes of an entry that was never finished, "
                "as a crash leaves them"
            )
        if not closed:
            tail = self.next_n - 1 - self.signed_through
            notes.append(
                f"not closed: {tail} entries after the last head are not signed; the writer "
                "still runs, or was killed"
            )
        if self.intents:
            notes.append(f"{len(self.intents)} intents without a decision after them")
        return notes


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


def _public(body: Mapping[str, Any]) -> Ed25519PublicKey | None:
    try:
        return from_raw(bytes.fromhex(body["key"]))
    except (KeyError, TypeError, ValueError):
        return None


def _is_signed(key: Ed25519PublicKey, entry: Entry) -> bool:
    body = entry.body
    texts = {name: body.get(name) for name in ("ledger", "reason", "key", "signature")}
    if not all(isinstance(text, str) for text in texts.values()):
        return False
    try:
        signature = bytes.fromhex(body["signature"])
    except ValueError:
        return False
    message = signed_message(
        body["ledger"], entry.n, entry.at, entry.prev, body["reason"], body["key"]
    )
    return signed_by(key, signature, message)


def _kept(path: Path | None, *, strict: bool = True) -> Entry | None:
    if path is None:
        return None
    try:
        head = decode(path.read_bytes())
    except OSError as error:
        raise InputError(
            str(path), error.strerror or "not readable", f"a copy of {HEAD_FILE}", "Give another."
        ) from error
    if head is not None and head.kind == "head":
        return head
    if strict:
        raise InputError(
            str(path), "no head", f"a copy of {HEAD_FILE}", "Give the copy that was kept."
        )
    return None


def _stray(folder: Path, known: set[Path]) -> list[str]:
    names = sorted(p.name for p in folder.iterdir() if p not in known and p.name != "lock")
    return [f"{name}: not of the ledger" for name in names]
