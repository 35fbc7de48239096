"""The proxy does what it says, as often as it says, the same for one seed; the client bears it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from greenband.cabinet.snmp import (
    Agent,
    Faults,
    Proxy,
    Server,
    SilentError,
    SnmpError,
    UdpSession,
)
from greenband.cabinet.snmp.proxy import Way

from .conftest import ACCESS, CYCLE, OPERATOR, PATTERN, MemoryStore


class Echo(Agent):
    """Sends back what it got."""

    def handle(self, datagram: bytes, source: str) -> bytes | None:
        del source
        return datagram


@pytest.fixture
def echo(store: MemoryStore) -> Iterator[Server]:
    with Server(Echo(store)) as server:
        yield server


def through(server: Server, faults: Faults, seed: int, n: int) -> list[bytes]:
    """What the agent gets of n numbered datagrams, one after the other."""
    got: list[bytes] = []

    def tap(way: Way, datagram: bytes) -> None:
        if way == "out":
            got.append(datagram)

    with (
        Proxy((server.host, server.port), faults, seed, tap) as proxy,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.connect((proxy.host, proxy.port))
        for k in range(n):
            client.send(b"%04d" % k)
            while proxy.counts["out"] <= k:
                time.sleep(0.0005)
        time.sleep(0.15)
    return got


SENT = [b"%04d" % k for k in range(200)]


def test_without_faults_all_comes_through(echo: Server) -> None:
    assert through(echo, Faults(), 1, 200) == SENT


def test_loss_is_as_often_as_said_and_repeats_with_its_seed(echo: Server) -> None:
    first = through(echo, Faults(loss=0.2), 1, 200)
    assert 140 <= len(first) <= 180
    assert first == through(echo, Faults(loss=0.2), 1, 200)
    assert first != through(echo, Faults(loss=0.2), 2, 200)


def test_doubles_reorders_damages(echo: Server) -> None:
    doubled = through(echo, Faults(duplicate=0.2), 1, 200)
    assert sorted(set(doubled)) == SENT
    assert len(doubled) > 220
    swapped = through(echo, Faults(reorder=0.2, hold_s=1.0), 1, 200)
    assert len(set(SENT) - set(swapped)) <= 1  # the last may still be held back
    assert swapped != sorted(swapped)
    damaged = through(echo, Faults(corrupt=0.2), 1, 200)
    assert 20 <= sum(a != b for a, b in zip(damaged, SENT, strict=True)) <= 60


def test_late_ones_come_late(echo: Server) -> None:
    got = through(echo, Faults(late=0.5, late_s=(0.02, 0.1)), 1, 200)
    assert sorted(got) == SENT
    assert got != SENT


def test_a_cut_way_is_silent_and_heals(server: Server) -> None:
    with (
        Proxy((server.host, server.port), Faults()) as proxy,
        UdpSession(proxy.host, proxy.port, OPERATOR, timeout_s=0.1, retries=0) as session,
    ):
        assert session.get([CYCLE]) == [90]
        proxy.cut = True
        with pytest.raises(SilentError):
            session.get([CYCLE])
        proxy.cut = False
        assert session.get([CYCLE]) == [90]


@pytest.mark.parametrize("access", ["v2c", "v3 SHA-256 AES"])
def test_a_client_bears_all_faults_at_once(server: Server, store: MemoryStore, access: str) -> None:
    faults = Faults(0.05, 0.05, 0.05, 0.05, 0.05, late_s=(0.01, 0.1))
    done = 0
    with (
        Proxy((server.host, server.port), faults, seed=3) as proxy,
        UdpSession(proxy.host, proxy.port, ACCESS[access], timeout_s=0.1, retries=4) as session,
    ):
        for k in range(100):
            try:
                session.set([(PATTERN, k)])
                done += 1
            except SnmpError:
                continue
            if access.startswith("v3"):
                # A digest shows every damage: what was confirmed is what was done.
                assert ((PATTERN, k),) in [pairs for pairs, _ in store.sets]
    assert done >= 90
