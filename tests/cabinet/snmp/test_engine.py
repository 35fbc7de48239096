"""Version 3: who is refused and why, and that it is written to the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from greenband.cabinet.snmp import (
    Agent,
    AnsweredError,
    CallTransport,
    SecurityError,
    SilentError,
    SnmpSession,
    User,
)
from greenband.cabinet.snmp.engine import WINDOW_S, start
from greenband.engine.errors import InputError

from .conftest import COMMUNITIES, CYCLE, OPERATOR, PATTERN, USERS, WATCHER, Clock, MemoryStore
from .conftest import session_to as to


class Tap(CallTransport):
    """Keeps what was sent, to send it once more."""

    def __init__(self, handle: Callable[[bytes, str], bytes | None]) -> None:
        super().__init__(handle)
        self.sent: list[bytes] = []

    def send(self, datagram: bytes) -> None:
        self.sent.append(datagram)
        super().send(datagram)


def test_a_replayed_packet_is_refused_and_logged(
    agent: Agent, store: MemoryStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    tap = Tap(agent.handle)
    SnmpSession(tap, OPERATOR).set([(PATTERN, 3)])
    store.values[PATTERN] = 0
    with caplog.at_level(logging.WARNING):
        assert agent.handle(tap.sent[-1], "10.0.0.66") is None
    assert "10.0.0.66: replayed" in caplog.text
    clock.now += WINDOW_S + 1
    assert agent.handle(tap.sent[-1], "10.0.0.66") is not None  # a report
    assert store.values[PATTERN] == 0
    assert agent.refusals.counts == {"replayed": 1, "not in the time window": 1}


def test_memory_of_old_messages_ends_only_after_their_window(agent: Agent, clock: Clock) -> None:
    tap = Tap(agent.handle)
    session = SnmpSession(tap, OPERATOR)
    for _ in range(20):
        session.set([(PATTERN, 3)])
        clock.now += 30
    for old in tap.sent[2:]:
        agent.handle(old, "10.0.0.66")
    assert sum(agent.refusals.counts.values()) == 20


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"auth_password": "another phrase"}, "wrong key"),
        ({"name": "nobody"}, "unknown user"),
        ({"priv_password": None}, "security level"),
        ({"auth": "sha1"}, "wrong key"),
    ],
)
def test_who_is_not_who_he_says(
    agent: Agent, store: MemoryStore, change: dict[str, str], reason: str
) -> None:
    with pytest.raises(SecurityError, match=reason):
        to(agent, replace(OPERATOR, **change)).set([(PATTERN, 3)])  # type: ignore[arg-type]
    assert [name for name in agent.refusals.counts if reason in name]
    assert store.sets == []


def test_another_cipher_key_is_noise(agent: Agent, store: MemoryStore) -> None:
    with pytest.raises(SecurityError, match="deciphered"):
        to(agent, replace(OPERATOR, priv_password="another phrase")).set([(PATTERN, 3)])
    assert store.sets == []


def test_a_user_that_only_reads(agent: Agent, store: MemoryStore) -> None:
    session = to(agent, WATCHER)
    assert session.get([CYCLE]) == [90]
    with pytest.raises(AnsweredError, match="noAccess"):
        session.set([(PATTERN, 3)])
    assert store.sets == []


def test_a_start_of_the_agent_is_noticed_and_survived(store: MemoryStore, clock: Clock) -> None:
    agents = [Agent(store, None, USERS, engine=(b"engine-one", n), clock=clock) for n in (1, 2)]
    serving = [agents[0]]
    session = SnmpSession(CallTransport(lambda data, who: serving[0].handle(data, who)), OPERATOR)
    clock.now += 500
    session.set([(PATTERN, 3)])
    serving[0] = agents[1]
    session.set([(PATTERN, 4)])
    assert store.values[PATTERN] == 4
    assert session.engine_id == b"engine-one"


def test_an_earlier_start_is_not_believed(store: MemoryStore, clock: Clock) -> None:
    agents = [Agent(store, None, USERS, engine=(b"engine-one", n), clock=clock) for n in (5, 4)]
    serving = [agents[0]]
    session = SnmpSession(CallTransport(lambda data, who: serving[0].handle(data, who)), OPERATOR)
    session.get([CYCLE])
    serving[0] = agents[1]
    with pytest.raises(SilentError):
        session.get([CYCLE])


def test_another_engine_than_the_known_one_is_refused(agent: Agent) -> None:
    session = SnmpSession(CallTransport(agent.handle), OPERATOR, engine_id=b"another-engine")
    with pytest.raises(SecurityError, match="another engine"):
        session.get([CYCLE])
    known = SnmpSession(CallTransport(agent.handle), OPERATOR, engine_id=agent.engine.engine_id)
    assert known.get([CYCLE]) == [90]


def test_old_answers_and_changed_ones_are_passed_over(agent: Agent) -> None:
    answers: list[bytes] = []

    def forge(datagram: bytes, source: str) -> bytes | None:
        answer = agent.handle(datagram, source)
        if answer is not None and answers:
            return answers[-1] if len(answers) % 2 else answer[:-1] + bytes((answer[-1] ^ 1,))
        if answer is not None and answer.count(b"operator"):
            answers.append(answer)
        return answer

    session = SnmpSession(CallTransport(forge), OPERATOR)
    with pytest.raises(SilentError):
        session.get([CYCLE])
    assert session.strays >= 1


def test_no_users_no_version_3(store: MemoryStore) -> None:
    agent = Agent(store, COMMUNITIES)
    with pytest.raises(SilentError):
        to(agent, OPERATOR).get([CYCLE])


def test_without_a_level_nothing_is_signed(store: MemoryStore) -> None:
    open_user = User("open")
    agent = Agent(store, None, [open_user])
    assert to(agent, open_user).get([CYCLE]) == [90]
    with pytest.raises(AnsweredError):
        to(agent, open_user).set([(CYCLE, 1)])


def test_nothing_secret_in_log_or_error(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(SecurityError) as caught:
        to(agent, replace(OPERATOR, auth_password="a mistyped one")).get([CYCLE])
    shown = caplog.text + str(caught.value) + repr(agent.engine)
    assert "phrase" not in shown
    assert "mistyped" not in shown


def test_starts_are_counted_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "engine"
    first, again = start(path), start(path)
    assert again == (first[0], first[1] + 1)
    path.write_text("nonsense")
    with pytest.raises(InputError, match="engine"):
        start(path)
