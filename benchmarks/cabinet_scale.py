"""How many cabinets one process polls and drives each second, and what a request costs.

    python -m greenband.benchmarks.cabinet_scale --cabinets 100 --seconds 30

The cabinets are quiet ones in a process of their own, on loopback; the client is one thread that
goes from cabinet to cabinet. docs/ntcip_driver.md has the figures.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

import numpy as np

from greenband.cabinet.driver import PhaseOrders
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.ntcip_poll import Poll
from greenband.cabinet.snmp import Agent, PysnmpSession, Server, UdpSession

from .quiet_cabinet import ACCESS, COMMUNITIES, RIGHTS, USER, QuietCabinet

PERIOD_S = 1.0
VALUES = 29
"""Of a second, in the comparison of libraries: two phase groups, coordination, unit, detectors."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One request of `VALUES` values: processor time of the client and time until its answer."""

    version: str
    library: str
    requests: int
    cpu_ms: float
    wall_ms: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Cabinets driven at 1 Hz by one process.

    `read_*` is one cabinet's poll, `order_*` its orders with the look before them, `loop_*` all
    cabinets' second. `late` counts seconds that began after they should have.
    """

    version: str
    cabinets: int
    seconds: int
    read_p50_ms: float
    read_p99_ms: float
    order_p50_ms: float
    order_p99_ms: float
    loop_p50_ms: float
    loop_p99_ms: float
    loop_max_ms: float
    cpu_ratio: float
    late: int


def request_cost(version: str, library: str, requests: int) -> Cost:
    """Ask one cabinet for the same values again and again."""
    oids = Poll(2, 2).oids[:VALUES]
    with cabinets(1) as ports:
        made: type[UdpSession | PysnmpSession] = UdpSession if library == "own" else PysnmpSession
        with made("127.0.0.1", ports[0], ACCESS[version]) as session:
            session.get(oids)
            cpu_s, wall_s = time.process_time(), time.perf_counter()
            for _ in range(requests):
                session.get(oids)
            cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    return Cost(version, library, requests, 1e3 * cpu_s / requests, 1e3 * wall_s / requests)


def drive(version: str, count: int, seconds: int, period_s: float = PERIOD_S) -> Scale:
    """Poll and order `count` cabinets each second, one after the other."""
    with cabinets(count) as ports:
        drivers = [_driver(version, port) for port in ports]
        for driver in drivers:
            driver.discover()
        reads: list[float] = []
        orders: list[float] = []
        loops: list[float] = []
        late, cpu_s, start = 0, time.process_time(), time.perf_counter()
        for second in range(seconds):
            wait_s = start + second * period_s - time.perf_counter()
            late += wait_s < 0
            time.sleep(max(0.0, wait_s))
            began = time.perf_counter()
            for driver in drivers:
                _second(driver, second, reads, orders)
            loops.append(time.perf_counter() - began)
        wall_s = time.perf_counter() - start
        cpu_s = time.process_time() - cpu_s
        for driver in drivers:
            driver.close()
    return Scale(
        version=version,
        cabinets=count,
        seconds=seconds,
        read_p50_ms=_ms(reads, 50),
        read_p99_ms=_ms(reads, 99),
        order_p50_ms=_ms(orders, 50),
        order_p99_ms=_ms(orders, 99),
        loop_p50_ms=_ms(loops, 50),
        loop_p99_ms=_ms(loops, 99),
        loop_max_ms=_ms(loops, 100),
        cpu_ratio=round(cpu_s / wall_s, 3),
        late=late,
    )


def _second(driver: NtcipDriver, second: int, reads: list[float], orders: list[float]) -> None:
    began = time.perf_counter()
    driver.read()
    middle = time.perf_counter()
    driver.order(PhaseOrders(hold=frozenset({2 if second % 2 else 6})))
    reads.append(middle - began)
    orders.append(time.perf_counter() - middle)


def _driver(version: str, port: int) -> NtcipDriver:
    return NtcipDriver(Gateway(UdpSession("127.0.0.1", port, ACCESS[version]), RIGHTS))


def _ms(samples_s: Sequence[float], percentile: float) -> float:
    return round(1e3 * float(np.percentile(samples_s, percentile)), 3)


@contextmanager
def cabinets(count: int) -> Iterator[list[int]]:
    """Quiet cabinets in a process of their own; their ports."""
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, count), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()  # which ends it
        process.join()


def _serve(parent: Connection, count: int) -> None:
    servers = [Server(Agent(QuietCabinet(), COMMUNITIES, [USER])) for _ in range(count)]
    parent.send([server.port for server in servers])
    try:
        parent.recv()
    except EOFError:
        for server in servers:
            server.stop()
        for server in servers:
            server.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cabinets", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--requests", type=int, default=2000, help="of each library, for its cost")
    chosen = parser.parse_args(arguments)
    for version in ("v2c", "v3"):
        for library, n in (("own", chosen.requests), ("pysnmp", max(1, chosen.requests // 20))):
            _say(asdict(request_cost(version, library, n)))
        _say(asdict(drive(version, chosen.cabinets, chosen.seconds)))
    return 0


def _say(row: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
