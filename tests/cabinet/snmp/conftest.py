"""A store in memory, an agent on it, clients of each version."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

import pytest

from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.snmp import (
    PROFILES,
    V1,
    V2C,
    Agent,
    CallTransport,
    Communities,
    Community,
    Server,
    SnmpSession,
    User,
)
from greenband.cabinet.snmp.syntax import SYS_UP_TIME, object_of
from greenband.cabinet.store import Oid, SetRefusedError, Value

READER, WRITER = b"reads-only", b"writes-too"
COMMUNITIES = Communities(READER, WRITER)
OPERATOR = User("operator", "auth phrase 1", "priv phrase 1", "sha256", write=True)
WATCHER = User("watcher", "auth phrase 2", "priv phrase 2", "sha1")
SIGNER = User("signer", "auth phrase 3", auth="sha256", write=True)
USERS = (OPERATOR, WATCHER, SIGNER)
CYCLE = OBJECTS["patternCycleTime"].instance(1)
PATTERN = OBJECTS["systemPatternControl"].instance()
SPLITS = [OBJECTS["splitTime"].instance(1, phase) for phase in range(1, 9)]


class MemoryStore:
    """Values by OID; a SET out of range or of what can't be written is refused as a whole."""

    def __init__(self, values: dict[Oid, Value]) -> None:
        self.values = dict(values)
        self.sets: list[tuple[tuple[tuple[Oid, Value], ...], bytes]] = []

    def get(self, oid: Oid) -> Value | None:
        return self.values.get(oid)

    def after(self, oid: Oid) -> Oid | None:
        known = sorted(self.values)
        at = bisect_right(known, oid)
        return known[at] if at < len(known) else None

    def set(self, pairs: Sequence[tuple[Oid, Value]], owner: bytes) -> None:
        for index, (oid, value) in enumerate(pairs, start=1):
            thing = object_of(oid)
            if oid not in self.values or thing is None:
                raise SetRefusedError(index, "noCreation")
            if not thing.writable:
                raise SetRefusedError(index, "notWritable")
            if isinstance(value, int) and not thing.admits(value):
                raise SetRefusedError(index, "wrongValue")
        self.sets.append((tuple(pairs), owner))
        self.values.update(pairs)


def small_values() -> dict[Oid, Value]:
    values: dict[Oid, Value] = {SYS_UP_TIME: 4711, CYCLE: 90, PATTERN: 0}
    values |= {oid: 20 + k for k, oid in enumerate(SPLITS)}
    values[OBJECTS["globalTime"].instance()] = 4_000_000_000
    values[OBJECTS["phaseConcurrency"].instance(1)] = bytes((5, 6))
    values[OBJECTS["dbVerifyError"].instance()] = b""
    values[OBJECTS["coordPatternStatus"].instance()] = 1
    values[OBJECTS["patternSplitNumber"].instance(1)] = 1
    return values


class Clock:
    """Says the time that it was set to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(small_values())


@pytest.fixture
def agent(store: MemoryStore, clock: Clock) -> Agent:
    return Agent(store, COMMUNITIES, USERS, clock=clock)


@pytest.fixture
def make_agent(store: MemoryStore) -> Callable[..., Agent]:
    def make(profile: str = "standard", **other: object) -> Agent:
        return Agent(store, COMMUNITIES, USERS, profile=PROFILES[profile], **other)  # type: ignore[arg-type]

    return make


@pytest.fixture
def server(agent: Agent) -> Iterator[Server]:
    with Server(agent) as running:
        yield running


ACCESS: dict[str, Community | User] = {
    "v1": Community(V1, READER, WRITER),
    "v2c": Community(V2C, READER, WRITER),
    "v3 SHA-256 AES": OPERATOR,
    "v3 SHA-256": SIGNER,
}


def session_to(agent: Agent, access: Community | User = ACCESS["v2c"]) -> SnmpSession:
    return SnmpSession(CallTransport(agent.handle), access)


@pytest.fixture(params=list(ACCESS.values()), ids=list(ACCESS))
def session(agent: Agent, request: pytest.FixtureRequest) -> SnmpSession:
    return session_to(agent, request.param)
