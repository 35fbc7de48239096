"""When a client asks again, when it doesn't, and whom it doesn't believe."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from greenband.cabinet.snmp import (
    Agent,
    CallTransport,
    Community,
    Server,
    SilentError,
    SnmpError,
    SnmpSession,
    UdpSession,
    User,
)
from greenband.cabinet.snmp.message import (
    RESPONSE,
    V2C,
    Pdu,
    decode_message,
    encode_message,
    encode_pdu,
)

from .conftest import ACCESS, CYCLE, PATTERN, READER, MemoryStore


class Lossy:
    """Lets the first few questions, or answers, of an agent be lost."""

    def __init__(self, agent: Agent, questions: int = 0, answers: int = 0) -> None:
        self.agent, self.questions, self.answers, self.asked = agent, questions, answers, 0

    def __call__(self, datagram: bytes, source: str) -> bytes | None:
        self.asked += 1
        if self.questions:
            self.questions -= 1
            return None
        answer = self.agent.handle(datagram, source)
        if self.answers:
            self.answers -= 1
            return None
        return answer


def lossy(agent: Agent, **lost: int) -> tuple[Lossy, SnmpSession]:
    way = Lossy(agent, **lost)
    return way, SnmpSession(CallTransport(way), ACCESS["v2c"], retries=2)


def test_a_get_and_an_absolute_set_are_tried_again(agent: Agent, store: MemoryStore) -> None:
    way, session = lossy(agent, questions=2)
    assert session.get([CYCLE]) == [90]
    assert way.asked == 3
    way, session = lossy(agent, answers=1)
    session.set([(PATTERN, 3)])
    assert [pairs for pairs, _ in store.sets] == [((PATTERN, 3),)] * 2


def test_a_set_that_must_not_be_done_twice_is_not(agent: Agent, store: MemoryStore) -> None:
    way, session = lossy(agent, answers=1)
    with pytest.raises(SilentError):
        session.set([(PATTERN, 3)], retry=False)
    assert way.asked == len(store.sets) == 1


def test_after_the_last_retry_it_gives_up(agent: Agent) -> None:
    way, session = lossy(agent, questions=3)
    with pytest.raises(SilentError, match="3 tries of 1 s"):
        session.get([CYCLE])
    assert way.asked == 3


def stand_in(change: Callable[[Pdu], Pdu]) -> SnmpSession:
    def handle(datagram: bytes, source: str) -> bytes:
        del source
        pdu = decode_message(datagram)[2]
        return encode_message(V2C, READER, encode_pdu(change(pdu)))

    return SnmpSession(CallTransport(handle), ACCESS["v2c"], retries=0)


def test_an_answer_to_another_question_is_none() -> None:
    session = stand_in(lambda pdu: Pdu(RESPONSE, pdu.request_id ^ 1, binds=((CYCLE, 2, 7),)))
    with pytest.raises(SilentError):
        session.get([CYCLE])
    assert session.strays == 1


@pytest.mark.parametrize("binds", [(), ((PATTERN, 2, 7),), ((CYCLE, 2, 7), (CYCLE, 2, 7))])
def test_an_answer_with_other_pairs_is_none(binds: tuple[object, ...]) -> None:
    session = stand_in(lambda pdu: Pdu(RESPONSE, pdu.request_id, binds=binds))  # type: ignore[arg-type]
    with pytest.raises(SilentError):
        session.get([CYCLE])
    assert session.strays == 1


def test_a_walk_that_goes_back_is_refused() -> None:
    session = stand_in(lambda pdu: Pdu(RESPONSE, pdu.request_id, binds=((CYCLE, 2, 7),)))
    with pytest.raises(SnmpError, match="next"):
        session.get_next(CYCLE)


def test_over_udp_nobody_else_is_heard(server: Server) -> None:
    with UdpSession(server.host, server.port, ACCESS["v2c"], timeout_s=0.2, retries=0) as session:
        name = session._transport._socket.getsockname()  # type: ignore[attr-defined]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"noise", name)
            time.sleep(0.05)
            assert session.get([CYCLE]) == [90]
        assert session.strays == 0


def test_a_closed_port_is_silence_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with UdpSession("127.0.0.1", port, ACCESS["v2c"], timeout_s=5) as session:
        start = time.monotonic()
        with pytest.raises(SilentError):
            session.get([CYCLE])
        assert time.monotonic() - start < 4


@pytest.mark.parametrize("access", ACCESS.values(), ids=ACCESS)
def test_over_udp(server: Server, access: Community | User, store: MemoryStore) -> None:
    with UdpSession(server.host, server.port, access) as session:
        session.set([(CYCLE, 77)])
        assert session.get([CYCLE]) == [77]
        assert store.values[CYCLE] == 77


def test_an_agent_survives_its_store(server: Server, store: MemoryStore) -> None:
    with UdpSession(server.host, server.port, ACCESS["v2c"], timeout_s=0.2, retries=0) as session:
        broken = store.get

        def fail(oid: tuple[int, ...]) -> int:
            raise RuntimeError(oid)

        store.get = fail  # type: ignore[method-assign]
        with pytest.raises(SilentError):
            session.get([CYCLE])
        store.get = broken  # type: ignore[method-assign]
        assert session.get([CYCLE]) == [90]
