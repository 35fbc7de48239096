"""A client of one agent: one request in flight, retries only where doing it twice does no harm."""

from __future__ import annotations

import secrets
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol

from greenband.cabinet.closing import Closing
from greenband.cabinet.store import Oid, Value

from .ber import END_OF_VIEW, NO_INSTANCE, NO_OBJECT
from .errors import AnsweredError, SecurityError, SilentError, SnmpError
from .message import (
    GET,
    GET_NEXT,
    REPORT,
    RESPONSE,
    SET,
    V1,
    Pdu,
    VarBind,
    encode_binds,
    question,
)
from .requests import NO_SUCH_NAME
from .security import Community, Plain, Security, UserSecurity
from .syntax import tag_of
from .transport import Transport, UdpTransport
from .usm import User

# A class with a method `set` can't name the type within it.
Ids = set[int]
_MISSING = frozenset({NO_OBJECT, NO_INSTANCE, END_OF_VIEW})
# Who is it, how late is it, and once more where it started anew between the two.
_MOST_LESSONS = 3


class Session(Protocol):
    """What a driver needs of an SNMP library. Calls raise SnmpError."""

    def get(self, oids: Sequence[Oid]) -> list[Value | None]:
        """The values of these instances in one request; None where there is none."""
        ...

    def get_next(self, oid: Oid) -> tuple[Oid, Value] | None:
        """The first instance after this OID, and its value; None at the end."""
        ...

    def set(self, pairs: Sequence[tuple[Oid, Value]], *, retry: bool = True) -> None:
        """Do all of it or nothing; `retry` where doing it twice is the same as once."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class PduSession(Closing):
    """A session above whatever exchanges one PDU for another: `_ask`, in this SNMP `version`."""

    version: int

    def get(self, oids: Sequence[Oid]) -> list[Value | None]:
        """As `Session.get`."""
        wanted = tuple(oids)
        missing: Ids = Ids()
        # Version 1 answers nothing at all where one is missing: ask again without that one.
        while left := tuple(i for i in range(len(wanted)) if i not in missing):
            asked = tuple(wanted[i] for i in left)
            answer = self._ask(GET, asked, (), retry=True)
            if not answer.status:
                values = dict(zip(left, _values(asked, answer.binds), strict=True))
                return [values.get(i) for i in range(len(wanted))]
            _raise_unless_missing(answer, self.version, len(asked))
            missing.add(left[answer.index - 1])
        return [None] * len(wanted)

    def get_next(self, oid: Oid) -> tuple[Oid, Value] | None:
        """As `Session.get_next`."""
        answer = self._ask(GET_NEXT, (oid,), (), retry=True)
        if answer.status:
            _raise_unless_missing(answer, self.version, 1)
            return None
        if len(answer.binds) != 1:
            raise SnmpError("an answer with other pairs than were asked for")
        found, tag, value = answer.binds[0]
        if tag in _MISSING:
            return None
        if found <= oid:
            raise SnmpError("a next instance that isn't after the one asked for")
        return found, _value(value)

    def set(self, pairs: Sequence[tuple[Oid, Value]], *, retry: bool = True) -> None:
        """As `Session.set`."""
        oids, values = tuple(oid for oid, _ in pairs), tuple(value for _, value in pairs)
        answer = self._ask(SET, oids, values, retry=retry)
        if answer.status:
            raise AnsweredError(answer.status, answer.index)

    @abstractmethod
    def _ask(
        self, kind: int, oids: tuple[Oid, ...], values: tuple[Value, ...], *, retry: bool
    ) -> Pdu:
        """The answer to one request; a SET has a value to each OID. Raises SnmpError."""


class SnmpSession(PduSession):
    """Our own client. `timeout_s` is that of each try; `retries` come after the first.

    `strays` counts datagrams that were no answer to what was asked: late, foreign or forged.
    """

    def __init__(
        self,
        transport: Transport,
        access: Community | User,
        *,
        timeout_s: float = 1.0,
        retries: int = 2,
        engine_id: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport, self._clock = transport, clock
        self._security: Security = (
            Plain(access) if isinstance(access, Community) else UserSecurity(access, engine_id)
        )
        self.version = self._security.version
        self.timeout_s, self.retries, self.strays = timeout_s, retries, 0
        self._one_in_flight = threading.Lock()

    @property
    def engine_id(self) -> bytes:
        """The agent's identity in version 3, once it has answered; empty otherwise."""
        security = self._security
        return security.engine_id if isinstance(security, UserSecurity) else b""

    def close(self) -> None:
        """As `Session.close`."""
        self._transport.close()

    def _ask(
        self, kind: int, oids: tuple[Oid, ...], values: tuple[Value, ...], *, retry: bool
    ) -> Pdu:
        binds = question(oids) if kind != SET else encode_binds(_pairs(oids, values))
        with self._one_in_flight:
            asked = _Question(kind, oids)
            tries = 1 + (self.retries if retry else 0)
            refused: SecurityError | None = None
            for _ in range(tries):
                try:
                    answer = self._try(asked, binds)
                except SecurityError as error:
                    # What was damaged on the way is answered so, too: only the last word counts.
                    refused = error
                    continue
                if answer is not None:
                    return answer
        raise refused or SilentError(f"no answer to {tries} tries of {self.timeout_s:g} s each")

    def _try(self, asked: _Question, binds: bytes) -> Pdu | None:
        """One try; a lesson of version 3 (nothing was done yet) doesn't count as one."""
        for _ in range(1 + _MOST_LESSONS):
            request_id = secrets.randbits(31)
            asked.ids.add(request_id)
            self._transport.send(self._security.wrap(Pdu(asked.kind, request_id), binds))
            answer = self._await(asked)
            if answer is None or answer.kind != REPORT:
                return answer
            self._security.learn()
        return None

    def _await(self, asked: _Question) -> Pdu | None:
        """The first genuine answer to any try; a late one of an earlier try will do."""
        end = self._clock() + self.timeout_s
        while (left := end - self._clock()) > 0:
            datagram = self._transport.receive(left)
            if datagram is None:
                return None
            pdu = self._security.unwrap(datagram)
            if pdu is not None and asked.is_answered_by(pdu):
                return pdu
            self.strays += 1
        return None


class _Question:
    """What was asked, and the request ids of its tries."""

    __slots__ = ("ids", "kind", "oids")

    def __init__(self, kind: int, oids: tuple[Oid, ...]) -> None:
        self.kind, self.oids, self.ids = kind, oids, Ids()

    def is_answered_by(self, pdu: Pdu) -> bool:
        """Whether a genuine PDU answers it: not another's, nor with other pairs than were asked."""
        if pdu.kind == REPORT:
            # Its request may have been unreadable to who reports; its message id was checked.
            return True
        if pdu.kind != RESPONSE or pdu.request_id not in self.ids:
            return False
        if pdu.status:
            return True
        if self.kind == GET_NEXT:
            return len(pdu.binds) == len(self.oids)
        return tuple(bind[0] for bind in pdu.binds) == self.oids


class UdpSession(SnmpSession):
    """A session over UDP. The socket takes datagrams from this address and port alone."""

    def __init__(
        self,
        host: str,
        port: int,
        access: Community | User,
        *,
        timeout_s: float = 1.0,
        retries: int = 2,
        engine_id: bytes | None = None,
    ) -> None:
        super().__init__(
            UdpTransport(host, port),
            access,
            timeout_s=timeout_s,
            retries=retries,
            engine_id=engine_id,
        )


def walk(session: Session, under: Oid, most: int = 100_000) -> list[tuple[Oid, Value]]:
    """All instances below an OID, in their order; SnmpError where there are more than `most`."""
    found: list[tuple[Oid, Value]] = []
    at = under
    while (following := session.get_next(at)) is not None:
        at = following[0]
        if at[: len(under)] != under:
            break
        if len(found) == most:
            raise SnmpError(f"more than {most} instances")
        found.append(following)
    return found


def is_too_big(error: SnmpError) -> bool:
    """Whether fewer pairs would have been answered."""
    return isinstance(error, AnsweredError) and error.name == "tooBig"


def _pairs(oids: tuple[Oid, ...], values: tuple[Value, ...]) -> list[VarBind]:
    pairs = zip(oids, values, strict=True)
    return [(oid, tag_of(oid, value), value) for oid, value in pairs]


def _raise_unless_missing(answer: Pdu, version: int, asked: int) -> None:
    one = version == V1 and answer.status == NO_SUCH_NAME and 1 <= answer.index <= asked
    if not one:
        raise AnsweredError(answer.status, answer.index)


def _values(asked: tuple[Oid, ...], binds: tuple[VarBind, ...]) -> list[Value | None]:
    if tuple(bind[0] for bind in binds) != asked:
        raise SnmpError("an answer with other pairs than were asked for")
    return [None if tag in _MISSING else _value(value) for _, tag, value in binds]


def _value(value: object) -> Value:
    if isinstance(value, int | bytes):
        return value
    if isinstance(value, tuple):
        return ".".join(map(str, value)).encode()
    raise SnmpError("an answer without a value")
