"""What real controllers' agents do differently, to be met in the laboratory first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from greenband.cabinet.objects import DEVICES
from greenband.cabinet.store import Oid, SetRefusedError, Store, Value

from .message import V1, V2C, V3
from .syntax import object_of


@dataclass(frozen=True, slots=True)
class Profile:
    """How an agent behaves.

    `versions` that it answers; it is silent to others. `scalar_suffix`: what a scalar's instance
    ends in under the arc of NTCIP's devices. `max_size`: octets of the largest answer. `read_only`:
    names of objects that it won't set though others do. `delay_s`: an answer takes from the one to
    the other, drawn anew each time.
    """

    name: str
    versions: frozenset[int] = frozenset({V1, V2C, V3})
    scalar_suffix: int = 0
    max_size: int = 1472
    read_only: frozenset[str] = frozenset()
    delay_s: tuple[float, float] = (0.0, 0.0)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("standard"),
        # Answers v1 only, and takes 15 to 45 ms: as seen on a 2070.
        Profile("v1-only", versions=frozenset({V1}), delay_s=(0.015, 0.045)),
        Profile("scalars-at-1", scalar_suffix=1),
        Profile("small-pdu", max_size=484),
        Profile("read-only-split-number", read_only=frozenset({"patternSplitNumber"})),
        Profile("slow", delay_s=(0.2, 0.6)),
        Profile(
            "awkward",
            versions=frozenset({V1}),
            scalar_suffix=1,
            max_size=484,
            read_only=frozenset({"patternSplitNumber"}),
            delay_s=(0.015, 0.045),
        ),
    )
}
"""The profiles by name."""


class ProfiledStore:
    """A store as an agent of this profile shows it."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self._store, self._read_only = store, profile.read_only
        self._suffix = profile.scalar_suffix

    def get(self, oid: Oid) -> Value | None:
        """As `Store.get`."""
        inner = self._inner(oid)
        return None if inner is None else self._store.get(inner)

    def after(self, oid: Oid) -> Oid | None:
        """As `Store.after`."""
        if self._suffix and self._is_scalar(oid):
            return (*oid[:-1], self._suffix)
        found = self._store.after(self._inner(oid) or oid)
        if found is not None and self._suffix and self._is_scalar(found):
            return (*found[:-1], self._suffix)
        return found

    def set(self, pairs: Sequence[tuple[Oid, Value]], owner: bytes) -> None:
        """As `Store.set`."""
        inner = []
        for index, (oid, value) in enumerate(pairs, start=1):
            thing, at = object_of(oid), self._inner(oid)
            if at is None:
                raise SetRefusedError(index, "noCreation")
            if thing is not None and thing.name in self._read_only:
                raise SetRefusedError(index, "notWritable")
            inner.append((at, value))
        self._store.set(inner, owner)

    def _is_scalar(self, oid: Oid) -> bool:
        """Whether the store has a scalar here; no table of NTCIP has a row 0."""
        under = oid[: len(DEVICES)] == DEVICES and oid[-1] == 0
        return under and self._store.get(oid) is not None

    def _inner(self, oid: Oid) -> Oid | None:
        """Where the store has what this agent shows at `oid`; None where it shows nothing."""
        if not self._suffix or not oid:
            return oid
        if self._is_scalar(oid):
            return None
        moved = (*oid[:-1], 0)
        return moved if oid[-1] == self._suffix and self._is_scalar(moved) else oid
