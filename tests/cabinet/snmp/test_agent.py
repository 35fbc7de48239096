"""What an agent answers in versions 1 and 2c, and whom."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import ip_network

import pytest

from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.snmp import (
    V1,
    V2C,
    Agent,
    AnsweredError,
    Community,
    SilentError,
    SnmpSession,
    walk,
)
from greenband.cabinet.snmp.message import (
    GET,
    GET_BULK,
    RESPONSE,
    SET,
    Pdu,
    VarBind,
    decode_message,
    encode_message,
    encode_pdu,
)
from greenband.cabinet.snmp.syntax import SYS_UP_TIME

from .conftest import ACCESS, CYCLE, PATTERN, READER, SPLITS, WRITER, MemoryStore, session_to

NOBODY = OBJECTS["maxPhases"].instance()
V2 = ACCESS["v2c"]


def ask(agent: Agent, pdu: Pdu, version: int = V2C, community: bytes = READER) -> Pdu | None:
    answer = agent.handle(encode_message(version, community, encode_pdu(pdu)), "127.0.0.1")
    return None if answer is None else decode_message(answer)[2]


def nulls(*oids: tuple[int, ...]) -> tuple[VarBind, ...]:
    return tuple((oid, 5, None) for oid in oids)


def test_values_come_in_the_order_that_was_asked(session: SnmpSession) -> None:
    wanted = [SPLITS[3], SYS_UP_TIME, OBJECTS["globalTime"].instance(), SPLITS[0]]
    assert session.get(wanted) == [23, 4711, 4_000_000_000, 20]
    assert session.get([OBJECTS["phaseConcurrency"].instance(1)]) == [bytes((5, 6))]


def test_what_is_not_there_is_none_and_the_rest_is_answered(session: SnmpSession) -> None:
    foreign = (1, 3, 6, 1, 4, 1, 9999, 1, 0)
    assert session.get([CYCLE, NOBODY, foreign, PATTERN]) == [90, None, None, 0]
    assert session.get([NOBODY]) == [None]
    assert session.get([]) == []


def test_version_2c_tells_a_missing_object_from_a_missing_instance(agent: Agent) -> None:
    answer = ask(agent, Pdu(GET, 1, binds=nulls(NOBODY, (1, 3, 6, 1, 9))))
    assert answer is not None
    assert [tag for _, tag, _ in answer.binds] == [0x81, 0x80]


def test_a_walk_sees_everything_once_in_order(session: SnmpSession, store: MemoryStore) -> None:
    assert walk(session, (1, 3)) == sorted(store.values.items())
    under = OBJECTS["splitTime"].oid
    assert walk(session, under) == [(oid, 20 + k) for k, oid in enumerate(SPLITS)]


def test_a_set_is_done_and_says_who_asked(session: SnmpSession, store: MemoryStore) -> None:
    session.set([(CYCLE, 100), (SPLITS[0], 33)])
    (pairs, owner) = store.sets[-1]
    assert pairs == ((CYCLE, 100), (SPLITS[0], 33))
    assert owner in (WRITER, b"operator", b"signer")
    assert session.get([CYCLE, SPLITS[0]]) == [100, 33]


def test_a_set_that_fails_in_one_pair_changes_nothing(
    session: SnmpSession, store: MemoryStore
) -> None:
    before = dict(store.values)
    with pytest.raises(AnsweredError) as caught:
        session.set([(CYCLE, 100), (SPLITS[0], 256)])
    assert (caught.value.index, store.values) == (2, before)
    assert caught.value.name in ("wrongValue", "badValue")


@pytest.mark.parametrize(("access", "name"), [("v1", "noSuchName"), ("v2c", "notWritable")])
def test_reasons_in_the_words_of_each_version(agent: Agent, access: str, name: str) -> None:
    with pytest.raises(AnsweredError, match=name):
        session_to(agent, ACCESS[access]).set([(OBJECTS["coordPatternStatus"].instance(), 3)])


def test_the_community_that_reads_can_not_write(agent: Agent, store: MemoryStore) -> None:
    reader = session_to(agent, Community(V2C, READER, READER))
    with pytest.raises(AnsweredError, match="noAccess"):
        reader.set([(PATTERN, 3)])
    assert store.sets == []


def test_a_wrong_community_gets_no_answer_and_is_not_written_down(
    agent: Agent, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = session_to(agent, Community(V2C, b"guessed-name", b"guessed-name"))
    with caplog.at_level(logging.WARNING), pytest.raises(SilentError):
        stranger.set([(PATTERN, 3)], retry=False)
    assert agent.refusals.counts == {"wrong community": 1}
    assert "wrong community" in caplog.text
    assert "guessed" not in caplog.text
    assert store.sets == []


def test_a_foreign_address_is_refused_and_logged(
    make_agent: Callable[..., Agent], store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    agent = make_agent(sources=[ip_network("10.1.0.0/16")])
    message = encode_message(V2C, WRITER, encode_pdu(Pdu(SET, 1, binds=((PATTERN, 2, 3),))))
    with caplog.at_level(logging.WARNING):
        assert agent.handle(message, "10.2.0.1") is None
    assert "10.2.0.1: foreign source address" in caplog.text
    assert store.sets == []
    assert agent.handle(message, "10.1.0.1") is not None
    assert len(store.sets) == 1


def test_a_flood_fills_no_log(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(1000):
            agent.handle(b"\x30\x80", "10.0.0.9")
    assert agent.refusals.counts["malformed"] == 1000
    assert len(caplog.records) == 1


@pytest.mark.parametrize("content", [(PATTERN, 4, b"3"), (PATTERN, 0x41, 3), (PATTERN, 5, None)])
def test_a_value_of_another_type_is_refused(
    agent: Agent, store: MemoryStore, content: VarBind
) -> None:
    answer = ask(agent, Pdu(SET, 1, binds=(content,)), community=WRITER)
    assert answer is not None
    assert (answer.status, answer.index) == (7, 1)
    assert store.sets == []


def test_bulk_repeats_the_rest_and_stops_at_the_end(agent: Agent, store: MemoryStore) -> None:
    answer = ask(agent, Pdu(GET_BULK, 7, 1, 4, nulls((1, 3), OBJECTS["splitTime"].oid)))
    assert answer is not None
    assert [bind[0] for bind in answer.binds] == [SYS_UP_TIME, *SPLITS[:4]]
    whole = ask(agent, Pdu(GET_BULK, 7, 0, 10**9, nulls((1, 3))))
    assert whole is not None
    assert [bind[0] for bind in whole.binds[:-1]] == sorted(store.values)
    assert whole.binds[-1][1] == 0x82
    assert ask(agent, Pdu(GET_BULK, 7, 0, 5, nulls((1, 3))), V1) is None


def test_bulk_stops_where_the_answer_is_full(make_agent: Callable[..., Agent]) -> None:
    agent = make_agent("small-pdu")
    answer = agent.handle(
        encode_message(V2C, READER, encode_pdu(Pdu(GET_BULK, 7, 0, 99, nulls((1, 3))))), "1.1.1.1"
    )
    assert answer is not None
    assert 300 < len(answer) <= 484


@pytest.mark.parametrize("kind", [RESPONSE, 0xA8])
def test_what_is_no_question_gets_no_answer(agent: Agent, kind: int) -> None:
    assert ask(agent, Pdu(kind, 1, binds=nulls(CYCLE))) is None
