"""Agents that differ as real ones do, and the same client on all of them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.snmp import (
    PROFILES,
    V2C,
    Agent,
    AnsweredError,
    CallTransport,
    Community,
    Server,
    SilentError,
    SnmpSession,
    UdpSession,
    User,
    walk,
)
from greenband.cabinet.snmp.message import GET, Pdu, encode_message, encode_pdu
from greenband.cabinet.snmp.session import is_too_big
from greenband.cabinet.snmp.syntax import SYS_UP_TIME

from .conftest import ACCESS, CYCLE, PATTERN, READER, SPLITS, USERS, MemoryStore, session_to


def test_version_1_only_is_silent_to_the_others(make_agent: Callable[..., Agent]) -> None:
    agent = make_agent("v1-only")
    assert session_to(agent, ACCESS["v1"]).get([CYCLE]) == [90]
    for other in ("v2c", "v3 SHA-256 AES"):
        with pytest.raises(SilentError):
            session_to(agent, ACCESS[other]).get([CYCLE])


def test_scalars_at_1(make_agent: Callable[..., Agent], store: MemoryStore) -> None:
    session = session_to(make_agent("scalars-at-1"))
    moved = (*PATTERN[:-1], 1)
    assert session.get([PATTERN, moved, CYCLE, SYS_UP_TIME]) == [None, 0, 90, 4711]
    session.set([(moved, 5)])
    assert store.values[PATTERN] == 5
    with pytest.raises(AnsweredError):
        session.set([(PATTERN, 6)])


def test_a_walk_over_scalars_at_1_shows_each_once(
    make_agent: Callable[..., Agent], store: MemoryStore
) -> None:
    seen = walk(session_to(make_agent("scalars-at-1")), (1, 3))
    assert len(seen) == len(store.values)
    assert [oid for oid, _ in seen] == sorted(oid for oid, _ in seen)
    assert ((*PATTERN[:-1], 1), 0) in seen
    assert session_to(make_agent("scalars-at-1")).get_next(PATTERN) == ((*PATTERN[:-1], 1), 0)


@pytest.mark.parametrize("access", ACCESS.values(), ids=ACCESS)
def test_an_answer_that_does_not_fit_is_too_big(
    make_agent: Callable[..., Agent], access: Community | User
) -> None:
    session = session_to(make_agent("small-pdu"), access)
    with pytest.raises(AnsweredError) as caught:
        session.get((SPLITS * 3)[:20])
    assert is_too_big(caught.value)
    assert session.get(SPLITS) == list(range(20, 28))


def test_no_answer_exceeds_the_limit(make_agent: Callable[..., Agent]) -> None:
    agent = make_agent("small-pdu")
    for n in range(1, 60):
        pdu = encode_pdu(Pdu(GET, 1, binds=tuple((CYCLE, 5, None) for _ in range(n))))
        answer = agent.handle(encode_message(V2C, READER, pdu), "127.0.0.1")
        assert answer is not None
        assert len(answer) <= 484


def test_the_split_number_may_be_read_only(make_agent: Callable[..., Agent]) -> None:
    number = OBJECTS["patternSplitNumber"].instance(1)
    with pytest.raises(AnsweredError, match="notWritable"):
        session_to(make_agent("read-only-split-number")).set([(number, 1)])


def test_slow_answers_come_late_and_come(make_agent: Callable[..., Agent]) -> None:
    with (
        Server(make_agent("slow")) as server,
        UdpSession(server.host, server.port, ACCESS["v2c"], timeout_s=2) as session,
    ):
        start = time.monotonic()
        assert session.get([CYCLE]) == [90]
        assert time.monotonic() - start >= PROFILES["slow"].delay_s[0]


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_an_answer_of_version_3_uses_the_room_and_no_more(
    make_agent: Callable[..., Agent], user: User
) -> None:
    sizes: list[int] = []
    agent = make_agent("small-pdu")

    def weighed(datagram: bytes, source: str) -> bytes | None:
        answer = agent.handle(datagram, source)
        sizes.append(len(answer or b""))
        return answer

    session = SnmpSession(CallTransport(weighed), user)
    session.get([CYCLE])
    for n in range(1, 20):
        try:
            session.get([CYCLE] * n)
        except AnsweredError:
            sizes.pop()
            break
    assert 440 < sizes[-1] <= max(sizes) <= 484
