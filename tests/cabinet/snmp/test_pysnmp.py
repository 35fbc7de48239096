"""Pysnmp, a library that others keep, against our agent; and ours against what it reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenband.cabinet.snmp import (
    AnsweredError,
    Community,
    PysnmpSession,
    SecurityError,
    Server,
    SilentError,
    UdpSession,
    User,
    walk,
)
from greenband.cabinet.snmp.usm import Auth, localized_key

from .conftest import ACCESS, CYCLE, OPERATOR, PATTERN, SPLITS, WATCHER, MemoryStore

pytest.importorskip("pysnmp")
THEIRS = {**ACCESS, "v3 SHA-1 AES": WATCHER}


@pytest.fixture(params=list(THEIRS.values()), ids=list(THEIRS))
def theirs(server: Server, request: pytest.FixtureRequest) -> Iterator[PysnmpSession]:
    with PysnmpSession(server.host, server.port, request.param) as session:
        yield session


def test_it_reads_what_ours_reads(
    theirs: PysnmpSession, server: Server, store: MemoryStore
) -> None:
    missing = (1, 3, 6, 1, 4, 1, 9999, 1, 0)
    wanted = [*store.values, missing]
    with UdpSession(server.host, server.port, OPERATOR) as ours:
        assert theirs.get(wanted) == ours.get(wanted) == [*store.values.values(), None]
        under = CYCLE[:-5]
        assert walk(theirs, under) == walk(ours, under)
        assert theirs.get_next((1, 4)) is None


def test_it_writes(server: Server, store: MemoryStore) -> None:
    for n, access in enumerate(ACCESS.values()):
        with PysnmpSession(server.host, server.port, access) as session:
            session.set([(CYCLE, 60 + n), (SPLITS[0], 10)])
            assert store.values[CYCLE] == 60 + n
            with pytest.raises(AnsweredError) as caught:
                session.set([(CYCLE, 60), (SPLITS[0], 300)])
            assert caught.value.index == 2


def test_its_refusals(server: Server, store: MemoryStore) -> None:
    stranger = Community(1, b"guessed-name", b"guessed-name")
    with (
        PysnmpSession(server.host, server.port, stranger, timeout_s=0.1, retries=0) as session,
        pytest.raises(SilentError),
    ):
        session.set([(PATTERN, 3)])
    wrong = User("operator", "another phrase", "priv phrase 1")
    with (
        PysnmpSession(server.host, server.port, wrong, timeout_s=0.3, retries=0) as session,
        pytest.raises(SecurityError),
    ):
        session.set([(PATTERN, 3)])
    assert store.sets == []


@pytest.mark.parametrize("auth", ["sha1", "sha256"])
def test_keys_are_those_that_it_makes(auth: Auth) -> None:
    from pyasn1.type.univ import OctetString
    from pysnmp.proto.secmod.rfc3414.auth import hmacsha
    from pysnmp.proto.secmod.rfc7860.auth import hmacsha2

    made = (
        hmacsha.HmacSha()
        if auth == "sha1"
        else hmacsha2.HmacSha2(hmacsha2.HmacSha2.SHA256_SERVICE_ID)
    )
    master = made.hash_passphrase(b"maplesyrup")
    engine = bytes(11) + b"\x02"
    theirs = made.localize_key(master, OctetString(engine))
    assert localized_key("maplesyrup", engine, auth) == bytes(theirs)
