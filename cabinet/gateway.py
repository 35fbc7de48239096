"""The one way to a controller: it alone has the credentials, and SETs only what the rules allow.

Before each SET it looks who has control and what is in force: at most a round trip ago.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from .authority import OBJECTS_READ, Standing, standing
from .credentials import Credentials
from .driver import RefusedError, UnreachableError
from .gateway_rules import CALL, Now, Rights, gives_back, items_of, label, refusals
from .objects import DEVICES, OBJECTS
from .snmp import PysnmpSession, Session, SilentError, SnmpError, UdpSession
from .snmp.ber import oid as encoded_oid
from .snmp.session import is_too_big
from .store import Oid, Value

SMALLEST_SIZE = 484
"""Octets of an answer that every agent can give."""
# Around the list of pairs in version 3, and around an OID with a whole number of two octets.
_AROUND, _VALUE = 170, 6
_HOUR_S = 3600.0
Library = Literal["own", "pysnmp"]


class Gateway:
    """Reads anything, SETs what `rights` allow.

    `suffix` is what a scalar's instance ends in there, `max_size` the octets of its largest
    answer: discovery finds both. `sent` has the last SETs that were done, in words.
    """

    def __init__(
        self,
        session: Session,
        rights: Rights,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.__session = session
        self.rights, self._clock = rights, clock
        self.suffix, self.max_size = 0, SMALLEST_SIZE
        self.sent: deque[tuple[str, int]] = deque(maxlen=512)
        self._changes: deque[float] = deque()

    def __repr__(self) -> str:
        return f"Gateway({self.rights!r})"

    @classmethod
    def open(
        cls,
        host: str,
        port: int,
        credentials: Credentials,
        rights: Rights,
        *,
        library: Library = "own",
        timeout_s: float = 1.0,
        retries: int = 2,
    ) -> Gateway:
        """A gateway over UDP; `library` pysnmp takes a hundred times the time for a request."""
        access = credentials.access
        session: Session
        if library == "pysnmp":
            session = PysnmpSession(host, port, access, timeout_s=timeout_s, retries=retries)
        else:
            session = UdpSession(
                host,
                port,
                access,
                timeout_s=timeout_s,
                retries=retries,
                engine_id=credentials.engine_id,
            )
        return cls(session, rights)

    def get(self, oids: Sequence[Oid]) -> list[Value | None]:
        """The values of instances, in as few requests as fit; None where there is none."""
        found: list[Value | None] = []
        for part in self._parts(list(oids)):
            found += self._get(part)
        return found

    def fits(self, oids: Sequence[Oid]) -> bool:
        """Whether the controller answers all of these at once; its silence is no, too."""
        try:
            self.__session.get([self._there(oid) for oid in oids])
        except SnmpError:
            return False
        return True

    def scalars(self, names: Sequence[str]) -> dict[str, Value | None]:
        """The values of scalars by their names."""
        values = self.get([OBJECTS[name].instance() for name in names])
        return dict(zip(names, values, strict=True))

    def standing(self) -> Standing:
        """Whether we may act, asked now."""
        return standing(self.scalars(OBJECTS_READ), self.rights.patterns)

    def set(self, pairs: Sequence[tuple[Oid, Value]]) -> None:
        """SET all of it or nothing. Raises RefusedError, by us or by the controller."""
        now = self._now(pairs)
        reasons = refusals(pairs, self.rights, now)
        if reasons:
            raise RefusedError("; ".join(reasons))
        try:
            self.__session.set([(self._there(oid), value) for oid, value in pairs])
        except SilentError as error:
            self._remember(pairs, now)  # it may have been done
            raise UnreachableError(str(error)) from error
        except SnmpError as error:
            raise RefusedError(f"the controller refused: {error}") from error
        self._remember(pairs, now)

    def close(self) -> None:
        """Free the socket."""
        self.__session.close()

    def _now(self, pairs: Sequence[tuple[Oid, Value]]) -> Now:
        """What the rules need to know, asked now; RefusedError where somebody else has control."""
        if gives_back(pairs):
            return Now()
        said = self.scalars(OBJECTS_READ)
        judged = standing(said, self.rights.patterns)
        if not judged.granted:
            raise RefusedError(f"hands off: {judged.reason}")
        called, status = _number(said, CALL), _number(said, "coordPatternStatus")
        while self._changes and self._clock() - self._changes[0] > _HOUR_S:
            self._changes.popleft()
        return Now(frozenset({called, status}), called, len(self._changes))

    def _remember(self, pairs: Sequence[tuple[Oid, Value]], now: Now) -> None:
        for item in items_of(pairs):
            self.sent.append((label(item), item.number))
            if item.name == CALL and item.number not in (0, now.called):
                self._changes.append(self._clock())

    def _get(self, oids: list[Oid]) -> list[Value | None]:
        """One request, or two halves where the answer would be too big."""
        try:
            return self.__session.get([self._there(oid) for oid in oids])
        except SnmpError as error:
            if not is_too_big(error) or len(oids) == 1:
                raise UnreachableError(f"no useful answer: {error}") from error
            half = len(oids) // 2
            return self._get(oids[:half]) + self._get(oids[half:])

    def _parts(self, oids: list[Oid]) -> Iterator[list[Oid]]:
        part: list[Oid] = []
        size = _AROUND
        for oid in oids:
            more = len(encoded_oid(oid)) + _VALUE
            if part and size + more > self.max_size:
                yield part
                part, size = [], _AROUND
            part.append(oid)
            size += more
        if part:
            yield part

    def _there(self, oid: Oid) -> Oid:
        """Where this controller has an instance: some have their scalars at 1."""
        scalar = self.suffix and oid[-1] == 0 and oid[: len(DEVICES)] == DEVICES
        return (*oid[:-1], self.suffix) if scalar else oid


def _number(said: Mapping[str, Value | None], name: str) -> int:
    value = said[name]
    return value if isinstance(value, int) else 0


def set_parts(
    pairs: Sequence[tuple[Oid, Value]], max_size: int
) -> Iterator[list[tuple[Oid, Value]]]:
    """Pairs of a SET in parts that fit into `max_size` octets each."""
    part: list[tuple[Oid, Value]] = []
    size = _AROUND
    for oid, value in pairs:
        more = len(encoded_oid(oid)) + _VALUE
        if part and size + more > max_size:
            yield part
            part, size = [], _AROUND
        part.append((oid, value))
        size += more
    if part:
        yield part
