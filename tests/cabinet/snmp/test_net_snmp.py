"""Net-snmp, which nobody here wrote: its tools on our agent, our client on its agent."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from greenband.cabinet.snmp import Community, Server, UdpSession, User, walk

from .conftest import CYCLE, MemoryStore

TOOLS = ("snmpget", "snmpset", "snmpwalk", "snmpbulkwalk")
needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason="needs Debian's package snmp"
)
LEVELS = {
    "v1": ("-v1", "-c", "writes-too"),
    "v2c": ("-v2c", "-c", "writes-too"),
    "v3 SHA-256 AES": (
        *("-v3", "-l", "authPriv", "-u", "operator", "-a", "SHA-256", "-A", "auth phrase 1"),
        *("-x", "AES", "-X", "priv phrase 1"),
    ),
    "v3 SHA-256": (
        "-v3",
        "-l",
        "authNoPriv",
        "-u",
        "signer",
        "-a",
        "SHA-256",
        "-A",
        "auth phrase 3",
    ),
}
READ_ONLY = (
    *("-v3", "-l", "authPriv", "-u", "watcher", "-a", "SHA", "-A", "auth phrase 2"),
    *("-x", "AES", "-X", "priv phrase 2"),
)


def dotted(oid: tuple[int, ...]) -> str:
    return "." + ".".join(map(str, oid))


def run(tool: str, server: Server, level: tuple[str, ...], *arguments: str) -> str:
    command = [tool, *level, "-On", "-Oe", "-t", "2", "-r", "1"]
    done = subprocess.run(
        [*command, f"{server.host}:{server.port}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MIBS": "", "LC_ALL": "C"},
        timeout=60,
    )
    return done.stdout + done.stderr


@needs_tools
@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_its_tools_read_and_write_our_agent(
    server: Server, store: MemoryStore, level: tuple[str, ...]
) -> None:
    assert f"{dotted(CYCLE)} = INTEGER: 90" in run("snmpget", server, level, dotted(CYCLE))
    assert "INTEGER: 75" in run("snmpset", server, level, dotted(CYCLE), "i", "75")
    assert store.values[CYCLE] == 75
    refused = run("snmpset", server, level, dotted(CYCLE), "i", "300")
    assert "badValue" in refused or "wrongValue" in refused
    walked = run("snmpwalk", server, level, ".1.3").splitlines()
    assert [line.split(" = ")[0] for line in walked if " = " in line][: len(store.values)] == [
        dotted(oid) for oid in sorted(store.values)
    ]
    assert any("Counter32: 4000000000" in line for line in walked)
    assert any("Timeticks: (4711)" in line for line in walked)


@needs_tools
def test_its_bulk_walk(server: Server, store: MemoryStore) -> None:
    for name in ("v2c", "v3 SHA-256 AES"):
        lines = run("snmpbulkwalk", server, LEVELS[name], ".1.3").splitlines()
        assert sum(" = " in line and "No more" not in line for line in lines) == len(store.values)


@needs_tools
def test_its_tools_are_refused_as_they_should_be(server: Server, store: MemoryStore) -> None:
    assert "INTEGER: 90" in run("snmpget", server, READ_ONLY, dotted(CYCLE))
    assert "noAccess" in run("snmpset", server, READ_ONLY, dotted(CYCLE), "i", "75")
    wrong = ("-v3", "-l", "authNoPriv", "-u", "signer", "-a", "SHA-256", "-A", "a wrong phrase")
    assert "Authentication failure" in run("snmpset", server, wrong, dotted(CYCLE), "i", "75")
    unknown = ("-v3", "-l", "authNoPriv", "-u", "nobody", "-a", "SHA-256", "-A", "a wrong phrase")
    assert "Unknown user name" in run("snmpget", server, unknown, dotted(CYCLE))
    assert "Timeout" in run("snmpget", server, ("-v2c", "-c", "guessed"), dotted(CYCLE))
    assert store.sets == []


SYS_NAME, SYS_LOCATION = (1, 3, 6, 1, 2, 1, 1, 5, 0), (1, 3, 6, 1, 2, 1, 1, 6, 0)


@pytest.fixture(scope="module")
def snmpd(start_snmpd: Callable[[str], int]) -> int:
    return start_snmpd("")


THEIRS: dict[str, Community | User] = {
    "v1": Community(0, b"reads-only", b"writes-too"),
    "v2c": Community(1, b"reads-only", b"writes-too"),
    "v3 SHA-256 AES": User("operator", "auth phrase 1", "priv phrase 1", "sha256"),
    "v3 SHA-1 AES": User("watcher", "auth phrase 2", "priv phrase 2", "sha1"),
}


@pytest.mark.parametrize("access", THEIRS.values(), ids=THEIRS)
def test_our_client_reads_its_agent(snmpd: int, access: Community | User) -> None:
    with UdpSession("127.0.0.1", snmpd, access) as session:
        missing = (1, 3, 6, 1, 4, 1, 1206, 4, 2, 1, 1, 1, 0)
        assert session.get([SYS_LOCATION, missing]) == [b"here", None]
        system = walk(session, (1, 3, 6, 1, 2, 1, 1))
        assert (SYS_LOCATION, b"here") in system
        assert len(system) > 8


@pytest.mark.parametrize("name", ["v1", "v2c", "v3 SHA-256 AES"])
def test_our_client_writes_its_agent(snmpd: int, name: str) -> None:
    with UdpSession("127.0.0.1", snmpd, THEIRS[name]) as session:
        session.set([(SYS_NAME, name.encode())])
        assert session.get([SYS_NAME]) == [name.encode()]
