"""Plan changes over a way that loses, doubles, reorders, damages and delays datagrams.

    python -m greenband.benchmarks.cabinet_faults --changes 200

Each change is verified, written, read back and called by the driver through the fault proxy; one
that fails is given back. What the cabinet took is compared with what the driver meant.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from greenband.cabinet.driver import DriverError
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.gateway_rules import LISTED
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.snmp import Agent, Faults, Proxy, Server, UdpSession
from greenband.cabinet.snmp.syntax import object_of
from greenband.engine.plan import Plan

from .quiet_cabinet import ACCESS, COMMUNITIES, RIGHTS, SPLITS, USER, QuietCabinet, usual_plan

CASES = {
    "none": Faults(),
    "1 % lost": Faults(loss=0.01),
    "5 % lost": Faults(loss=0.05),
    "20 % lost": Faults(loss=0.2),
    "5 % doubled": Faults(duplicate=0.05),
    "5 % reordered": Faults(reorder=0.05),
    "5 % damaged": Faults(corrupt=0.05),
    "5 % late": Faults(late=0.05, late_s=(0.05, 0.4)),
    "all, 5 % each": Faults(0.05, 0.05, 0.05, 0.05, 0.05, late_s=(0.05, 0.4)),
}
TIMEOUT_S = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the changes under one kind of fault.

    `succeeded_ratio`: changes that the driver says were called. `wrong_s`: seconds in which a
    pattern was called whose splits are of none of the plans that were asked for. `unmeant_sets`:
    SETs that the cabinet took with a value that the driver never sent. `unsafe_sets`: of an object
    that may never be SET.
    """

    version: str
    faults: str
    changes: int
    succeeded_ratio: float
    p50_ms: float
    p99_ms: float
    wrong_s: float
    unmeant_sets: int
    unsafe_sets: int


def change_plans(version: str, faults: str, changes: int, seed: int = 1) -> Outcome:
    """Change the plan again and again over a way with these faults."""
    cabinet = QuietCabinet()
    latencies: list[float] = []
    asked = {tuple(SPLITS.values())}
    with (
        Server(Agent(cabinet, COMMUNITIES, [USER])) as server,
        Proxy((server.host, server.port), CASES[faults], seed) as proxy,
    ):
        session = UdpSession(
            proxy.host, proxy.port, ACCESS[version], timeout_s=TIMEOUT_S, retries=4
        )
        gateway = Gateway(session, RIGHTS)
        meant = _Meant(gateway)
        driver = NtcipDriver(gateway)
        for n in range(changes):
            first = 12 + n % 9
            plan = usual_plan(p1=first, p2=45 - first)
            asked.add(tuple(round(split.split_s) for split in plan.phases))
            began = time.monotonic()
            if _changed(driver, plan):
                latencies.append(time.monotonic() - began)
        end_s = time.monotonic()
        driver.close()
    wrong_s = _wrong_s(cabinet, asked, end_s)
    taken = [pair for each in cabinet.sets for pair in each]
    return Outcome(
        version=version,
        faults=faults,
        changes=changes,
        succeeded_ratio=round(len(latencies) / changes, 4),
        p50_ms=round(1e3 * float(np.percentile(latencies or [0.0], 50)), 1),
        p99_ms=round(1e3 * float(np.percentile(latencies or [0.0], 99)), 1),
        wrong_s=round(wrong_s, 2),
        unmeant_sets=sum(not meant.includes(pair) for pair in taken),
        unsafe_sets=sum(_name(oid) not in LISTED for oid, _ in taken),
    )


class _Meant:
    """All pairs that a gateway let through."""

    def __init__(self, gateway: Gateway) -> None:
        self._pairs: set[tuple[object, object]] = set()
        inner = gateway.set

        def noted(pairs: Sequence[tuple[tuple[int, ...], int | bytes]]) -> None:
            self._pairs |= set(pairs)
            inner(pairs)

        gateway.set = noted  # type: ignore[method-assign]

    def includes(self, pair: tuple[object, object]) -> bool:
        return pair in self._pairs


def _changed(driver: NtcipDriver, plan: Plan) -> bool:
    """Whether the plan was called; where it wasn't, all is given back, if need be twice."""
    try:
        driver.run_plan(plan)
        return True
    except DriverError:
        for _ in range(2):
            try:
                driver.release()
                break
            except DriverError:
                continue
    return False


def _wrong_s(cabinet: QuietCabinet, asked: set[tuple[int, ...]], end_s: float) -> float:
    ends = [call.at_s for call in cabinet.calls[1:]] + [end_s]
    return sum(
        end - call.at_s
        for call, end in zip(cabinet.calls, ends, strict=True)
        if call.pattern and call.splits not in asked
    )


def _name(oid: tuple[int, ...]) -> str:
    thing = object_of(oid)
    return thing.name if thing is not None else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    for version in ("v2c", "v3"):
        for faults in CASES:
            row = asdict(change_plans(version, faults, chosen.changes, chosen.seed))
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
