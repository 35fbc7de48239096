"""A controller that only keeps its objects: what benchmarks of the cabinet side talk to.

Sixteen phases in two rings, four pattern and split slots of which two are ours. It runs a pattern
as soon as it is called, and nothing else happens in it.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from greenband.cabinet.gateway_rules import Rights, Slot
from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.snmp import Communities, Community, User
from greenband.cabinet.snmp.syntax import SYS_UP_TIME, object_of
from greenband.cabinet.store import Oid, SetRefusedError, Value
from greenband.engine.plan import Plan, Split

SLOTS = (Slot(10, 20), Slot(11, 21))
SPLITS = {1: 15, 2: 30, 3: 15, 4: 30, 5: 15, 6: 30, 7: 15, 8: 30}
PHASES = frozenset(SPLITS)
RIGHTS = Rights(SLOTS, PHASES, phase_tier=True, changes_per_hour=10**9)
COMMUNITIES = Communities(b"reads-only", b"writes-too")
USER = User("greenband", "a phrase to sign with", "a phrase to hide with", "sha256", write=True)
ACCESS: dict[str, Community | User] = {
    "v1": Community(0, COMMUNITIES.read, COMMUNITIES.write),
    "v2c": Community(1, COMMUNITIES.read, COMMUNITIES.write),
    "v3": USER,
}
CONCURRENT = {
    1: (5, 6),
    2: (5, 6),
    3: (7, 8),
    4: (7, 8),
    5: (1, 2),
    6: (1, 2),
    7: (3, 4),
    8: (3, 4),
}
_SCALARS = {
    "maxPhases": 16, "maxPhaseGroups": 2, "maxVehicleDetectors": 16,
    "maxVehicleDetectorStatusGroups": 2, "activeVolumeOccupancyDetectors": 16,
    "volumeOccupancySequence": 7, "volumeOccupancyPeriod": 60, "unitStartUpFlash": 5,
    "unitBackupTime": 30, "unitRedRevert": 30, "unitControlStatus": 6, "unitFlashStatus": 2,
    "unitAlarmStatus1": 0, "unitAlarmStatus2": 0, "shortAlarmStatus": 0,
    "coordOperationalMode": 0, "coordCorrectionMode": 3, "coordMaximumMode": 2,
    "coordForceMode": 3, "maxPatterns": 48, "patternTableType": 2, "maxSplits": 32,
    "coordPatternStatus": 1, "localFreeStatus": 2, "coordCycleStatus": 60,
    "systemPatternControl": 0, "systemSyncControl": 255, "maxRings": 2, "maxSequences": 1,
    "globalSetIDParameter": 4711, "dbCreateTransaction": 1,
}  # fmt: skip
_CALL, _STATUS = (
    OBJECTS["systemPatternControl"].instance(),
    OBJECTS["coordPatternStatus"].instance(),
)


@dataclass(frozen=True, slots=True)
class Called:
    """A pattern that was called, when (`time.monotonic`), and the splits that then stood in it."""

    at_s: float
    pattern: int
    splits: tuple[int, ...]


class QuietCabinet:
    """A Store of these objects; `sets` has every SET taken, `calls` every pattern called."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.values: dict[Oid, Value] = dict(_objects())
        self._order = sorted(self.values)
        self._clock = clock
        self.sets: list[tuple[tuple[Oid, Value], ...]] = []
        self.calls: list[Called] = []

    def get(self, oid: Oid) -> Value | None:
        """As `Store.get`."""
        return self.values.get(oid)

    def after(self, oid: Oid) -> Oid | None:
        """As `Store.after`."""
        k = bisect_right(self._order, oid)
        return self._order[k] if k < len(self._order) else None

    def set(self, pairs: Sequence[tuple[Oid, Value]], owner: bytes) -> None:
        """As `Store.set`."""
        del owner
        for index, (oid, value) in enumerate(pairs, start=1):
            thing = object_of(oid)
            if thing is None or oid not in self.values or not thing.writable:
                raise SetRefusedError(index, "notWritable")
            if not isinstance(value, int) or not thing.admits(value):
                raise SetRefusedError(index, "wrongValue")
        self.sets.append(tuple(pairs))
        for oid, value in pairs:
            self.values[oid] = value
            if oid == _CALL and isinstance(value, int):
                self._called(value)

    def number(self, name: str, *row: int) -> int:
        """A whole number by its object's name."""
        value = self.values[OBJECTS[name].instance(*row)]
        return value if isinstance(value, int) else -1

    def splits(self, pattern: int) -> tuple[int, ...]:
        """The splits of a pattern, phase by phase; empty where there is no such pattern."""
        row = OBJECTS["patternSplitNumber"].instance(pattern)
        split = self.values.get(row)
        if not isinstance(split, int):
            return ()
        return tuple(self.number("splitTime", split, phase) for phase in SPLITS)

    def _called(self, pattern: int) -> None:
        self.values[_STATUS] = pattern or 1
        self.calls.append(Called(self._clock(), pattern, self.splits(pattern)))


def usual_plan(**changed_s: float) -> Plan:
    """The plan that stands in every slot at first; ``p3=20`` changes phase 3's split."""
    splits = {f"p{phase}": float(split_s) for phase, split_s in SPLITS.items()} | changed_s
    return Plan(
        site="quiet",
        cycle_s=90.0,
        offset_s=10.0,
        phases=tuple(Split(id=name[1:], split_s=split_s) for name, split_s in splits.items()),
    )


def _objects() -> Iterator[tuple[Oid, Value]]:
    yield SYS_UP_TIME, 100_000
    for name, value in _SCALARS.items():
        yield OBJECTS[name].instance(), value
    for number in range(1, 17):
        yield from _phase(number)
        yield OBJECTS["detectorVolume"].instance(number), number
        yield OBJECTS["detectorOccupancy"].instance(number), number
    for ring in (1, 2):
        order = bytes(range(4 * ring - 3, 4 * ring + 1))
        yield OBJECTS["sequenceData"].instance(1, ring), order
    for name in OBJECTS:
        if name.startswith(("phaseStatusGroup", "phaseControlGroup", "vehicleDetectorStatusGroup")):
            for group in (1, 2):
                yield OBJECTS[name].instance(group), 0
    for pattern, split in ((1, 1), (2, 2), *((slot.pattern, slot.split) for slot in SLOTS)):
        yield from _pattern(pattern, split)


def _phase(number: int) -> Iterator[tuple[Oid, Value]]:
    used = number in SPLITS
    row: dict[str, Value] = {
        "phaseWalk": 7, "phasePedestrianClear": 12, "phaseMinimumGreen": 5,
        "phaseYellowChange": 40, "phaseRedClear": 10, "phaseRedRevert": 20,
        "phaseOptions": int(used), "phaseRing": (1 if number <= 4 else 2) if used else 0,
        "phaseConcurrency": bytes(CONCURRENT.get(number, ())),
    }  # fmt: skip
    for name, value in row.items():
        yield OBJECTS[name].instance(number), value


def _pattern(pattern: int, split: int) -> Iterator[tuple[Oid, Value]]:
    row = {"patternCycleTime": 90, "patternOffsetTime": 0, "patternSplitNumber": split}
    for name, value in {**row, "patternSequenceNumber": 1}.items():
        yield OBJECTS[name].instance(pattern), value
    for phase, split_s in SPLITS.items():
        yield OBJECTS["splitTime"].instance(split, phase), split_s
        yield OBJECTS["splitMode"].instance(split, phase), 2
        yield OBJECTS["splitCoordPhase"].instance(split, phase), int(phase in (2, 6))
