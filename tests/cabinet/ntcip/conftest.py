"""A controller in memory that does what it is told at once, behind a real agent and client."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from greenband.benchmarks.quiet_cabinet import CONCURRENT as CONCURRENT
from greenband.benchmarks.quiet_cabinet import SLOTS as SLOTS
from greenband.benchmarks.quiet_cabinet import SPLITS as SPLITS
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.gateway_rules import Rights
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.ntcip_settings import Settings
from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.snmp import (
    PROFILES,
    V2C,
    Agent,
    CallTransport,
    Communities,
    Community,
    SnmpSession,
)
from greenband.cabinet.snmp.syntax import SYS_UP_TIME, object_of
from greenband.cabinet.store import Oid, SetRefusedError, Value
from greenband.engine.plan import Plan, Split

RINGS = {1: (1, 2, 3, 4), 2: (5, 6, 7, 8)}
BUFFERED = ("splitTime", "patternCycleTime", "patternOffsetTime")


class Clock:
    """Says the time that it was set to."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


def at(name: str, *row: int) -> Oid:
    return OBJECTS[name].instance(*row)


class Controller:
    """Objects of an eight-phase controller. `obeys`: whether it runs the pattern that is called.

    `spoils`: changes a value on its way into the tables. `free_status`: what it says once a
    pattern of ours is called. `sets` has every SET that it took.
    """

    def __init__(self, *, transactions: bool = False) -> None:
        self.values: dict[Oid, Value] = {}
        self.sets: list[dict[str, int]] = []
        self.obeys, self.free_status, self.transactions = True, 2, transactions
        self.spoils: Callable[[Oid, Value], Value] = lambda oid, value: value
        self.buffer: dict[Oid, Value] = {}
        self.verified = 3
        self._fill()

    def say(self, name: str, value: Value, *row: int) -> None:
        self.values[at(name, *row)] = value

    def said(self, name: str, *row: int) -> Value:
        return self.values[at(name, *row)]

    def get(self, oid: Oid) -> Value | None:
        return self.values.get(oid)

    def after(self, oid: Oid) -> Oid | None:
        known = sorted(self.values)
        k = bisect_right(known, oid)
        return known[k] if k < len(known) else None

    def set(self, pairs: Sequence[tuple[Oid, Value]], owner: bytes) -> None:
        del owner
        for index, (oid, value) in enumerate(pairs, start=1):
            thing = object_of(oid)
            if thing is None or oid not in self.values:
                raise SetRefusedError(index, "noCreation")
            if not thing.writable:
                raise SetRefusedError(index, "notWritable")
            if not isinstance(value, int) or not thing.admits(value):
                raise SetRefusedError(index, "wrongValue")
            if self.transactions and thing.name in BUFFERED and not self._in_transaction:
                raise SetRefusedError(index, "genErr")
        self.sets.append({self._label(oid): int(value) for oid, value in pairs})
        for oid, value in pairs:
            self._take(oid, self.spoils(oid, value))

    @property
    def _in_transaction(self) -> bool:
        return self.values[at("dbCreateTransaction")] == 2

    def _label(self, oid: Oid) -> str:
        thing = object_of(oid)
        assert thing is not None
        rows = oid[len(thing.oid) :]
        return thing.name + ("" if rows == (0,) else "".join(f".{r}" for r in rows))

    def _take(self, oid: Oid, value: Value) -> None:
        thing = object_of(oid)
        assert thing is not None
        if thing.name == "dbCreateTransaction":
            self._transaction(value)
        elif thing.name in BUFFERED and self._in_transaction:
            self.buffer[oid] = value
        else:
            self.values[oid] = value
        if thing.name == "systemPatternControl":
            self._called(value)

    def _transaction(self, value: Value) -> None:
        place = at("dbCreateTransaction")
        if value == 3:
            self.say("dbVerifyStatus", self.verified)
            self.say("dbVerifyError", b"" if self.verified == 3 else b"split too short")
        if value == 1 and self.said("dbVerifyStatus") == 3:
            self.values.update(self.buffer)
        if value in (1, 2):
            self.buffer.clear()
        if value == 2:
            self.say("dbVerifyStatus", 1)
        self.values[place] = 6 if value == 3 else value

    def _called(self, value: Value) -> None:
        if self.obeys:
            self.say("coordPatternStatus", value or 1)
            self.say("localFreeStatus", self.free_status if value else 2)
            self.say("unitControlStatus", 2 if value else 6)

    def _fill(self) -> None:
        for name, value in SCALARS.items():
            self.say(name, value)
        self.values[SYS_UP_TIME] = 100_000
        for phase in range(1, 9):
            self._phase(phase)
        for pattern, split in ((1, 1), (2, 2), *((s.pattern, s.split) for s in SLOTS)):
            self.say("patternCycleTime", 90, pattern)
            self.say("patternOffsetTime", 0, pattern)
            self.say("patternSplitNumber", split, pattern)
            self.say("patternSequenceNumber", 1, pattern)
            for phase, split_s in SPLITS.items():
                self.say("splitTime", split_s, split, phase)
                self.say("splitMode", 2, split, phase)
                self.say("splitCoordPhase", int(phase in (2, 6)), split, phase)
        for ring, order in RINGS.items():
            self.say("sequenceData", bytes(order), 1, ring)
        for detector in range(1, 17):
            self.say("detectorVolume", detector, detector)
            self.say("detectorOccupancy", 2 * detector, detector)

    def _phase(self, phase: int) -> None:
        row = {
            "phaseWalk": 7, "phasePedestrianClear": 12, "phaseMinimumGreen": 5,
            "phaseYellowChange": 40, "phaseRedClear": 10, "phaseRedRevert": 20,
            "phaseOptions": 1, "phaseRing": 1 if phase <= 4 else 2,
            "phaseConcurrency": bytes(CONCURRENT[phase]),
        }  # fmt: skip
        for name, value in row.items():
            self.say(name, value, phase)
        if phase == 1:
            for name in OBJECTS:
                if name.startswith(("phaseStatusGroup", "phaseControlGroup")):
                    self.say(name, 0, 1)
            self.say("phaseStatusGroupGreens", 0b0010_0010, 1)
            self.say("phaseStatusGroupReds", 0b1101_1101, 1)


SCALARS: Mapping[str, Value] = {
    "maxPhases": 8, "maxPhaseGroups": 1, "maxVehicleDetectors": 16,
    "maxVehicleDetectorStatusGroups": 2, "activeVolumeOccupancyDetectors": 16,
    "volumeOccupancySequence": 7, "volumeOccupancyPeriod": 60, "unitStartUpFlash": 5,
    "unitBackupTime": 30, "unitRedRevert": 30, "unitControlStatus": 6, "unitFlashStatus": 2,
    "unitAlarmStatus1": 0, "unitAlarmStatus2": 0, "shortAlarmStatus": 0,
    "coordOperationalMode": 0, "coordCorrectionMode": 3, "coordMaximumMode": 2,
    "coordForceMode": 3, "maxPatterns": 48, "patternTableType": 2, "maxSplits": 32,
    "coordPatternStatus": 1, "localFreeStatus": 2, "coordCycleStatus": 60,
    "systemPatternControl": 0, "systemSyncControl": 255, "maxPreempts": 4, "maxRings": 2,
    "maxSequences": 1, "globalSetIDParameter": 4711, "dbCreateTransaction": 1,
    "dbVerifyStatus": 1, "dbVerifyError": b"",
}  # fmt: skip


def rights_with(**other: object) -> Rights:
    return Rights(SLOTS, frozenset(range(1, 9)), **other)  # type: ignore[arg-type]


def plan_of(cycle_s: float = 90, offset_s: float = 10, **other: float) -> Plan:
    """The usual plan; `p3=20` changes phase 3's split."""
    splits = {str(k): float(v) for k, v in SPLITS.items()} | {
        name[1:]: value for name, value in other.items()
    }
    return Plan(
        site="J",
        cycle_s=cycle_s,
        offset_s=offset_s,
        phases=tuple(Split(id=p, split_s=s) for p, s in splits.items()),
    )


@dataclass
class Bench:
    """A driver, the controller it drives, and the clock that both see."""

    controller: Controller
    driver: NtcipDriver
    gateway: Gateway
    agent: Agent
    clock: Clock
    asked: list[bytes]

    def on(self, seconds: float) -> None:
        self.clock.now += seconds


COMMUNITIES = Communities(b"reads-only", b"writes-too")


def make_bench(
    profile: str = "standard",
    settings: Settings | None = None,
    controller: Controller | None = None,
    version: int = V2C,
    **rights: object,
) -> Bench:
    controller = controller or Controller()
    clock = Clock()
    agent = Agent(controller, COMMUNITIES, profile=PROFILES[profile], clock=clock)
    asked: list[bytes] = []

    def way(datagram: bytes, source: str) -> bytes | None:
        asked.append(datagram)
        return agent.handle(datagram, source)

    access = Community(version, b"reads-only", b"writes-too")
    session = SnmpSession(CallTransport(way), access, retries=0)
    gateway = Gateway(session, rights_with(**rights), clock=clock)
    driver = NtcipDriver(gateway, settings, clock=clock)
    return Bench(controller, driver, gateway, agent, clock, asked)


@pytest.fixture
def bench() -> Bench:
    return make_bench()
