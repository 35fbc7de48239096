"""The controller's objects as an agent sees them: its database, and what is worked out when asked.

A SET on a control object acts at once and tells that its system is alive. All else may be SET in
a transaction, which others can't disturb, whose values count when it is committed.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable, Sequence

from greenband.cabinet.objects import GROUP_SIZE, OBJECTS, NtcipObject, group_bits
from greenband.cabinet.snmp.syntax import SYS_UP_TIME, object_of
from greenband.cabinet.store import Oid, SetRefusedError, Value

from .controller import FLASH, FREE, NO_PREEMPT, NOT_FLASHING, PREEMPT_DWELL, Controller
from .coordination import NOT_FREE, TRANSITION, fault_of
from .program import TENTHS, pattern_of, program_of
from .rings import Lamp

NORMAL, TRANSACTION, VERIFY, DONE = 1, 2, 3, 6
"""Values of dbCreateTransaction."""
NOT_VERIFIED, VERIFY_ERROR, VERIFIED = 1, 2, 3
"""Values of dbVerifyStatus."""
LEAST_YELLOW = 30
"""Tenths; NEMA TS 2 has no shorter yellow."""
CONTROL_PREFIXES = ("phaseControlGroup", "systemPatternControl", "unitControl", "preemptControl")


class Values:
    """A `Store` on a controller."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._buffer: dict[Oid, Value] = {}
        self._owner = b""
        self._status = self._statuses()
        self._known = sorted({*controller.database, *self._status})

    def get(self, oid: Oid) -> Value | None:
        """The value of one instance."""
        with self._controller.lock:
            status = self._status.get(oid)
            return status() if status is not None else self._controller.database.get(oid)

    def after(self, oid: Oid) -> Oid | None:
        """The first instance behind an OID."""
        at = bisect_right(self._known, oid)
        return self._known[at] if at < len(self._known) else None

    def set(self, pairs: Sequence[tuple[Oid, Value]], owner: bytes) -> None:
        """All of it or nothing. Raises SetRefusedError."""
        with self._controller.lock:
            things = [self._checked(k, oid, value) for k, (oid, value) in enumerate(pairs, 1)]
            buffered = [t for t in things if not _acts_at_once(t)]
            if buffered and self._stage != NORMAL and owner != self._owner:
                raise SetRefusedError(0, "genErr")
            for thing, (oid, value) in zip(things, pairs, strict=True):
                self._take(thing, oid, value, owner)
            if buffered and self._stage == NORMAL:
                self._controller.programmed()

    @property
    def _stage(self) -> int:
        return self._controller.read.number("dbCreateTransaction")

    def _checked(self, index: int, oid: Oid, value: Value) -> NtcipObject:
        thing = object_of(oid)
        if thing is None or (oid not in self._controller.database and oid not in self._status):
            raise SetRefusedError(index, "noCreation")
        if not thing.writable or oid in self._status:
            raise SetRefusedError(index, "notWritable")
        if thing.syntax == "octets":
            if not isinstance(value, bytes):
                raise SetRefusedError(index, "wrongType")
            return thing
        if not isinstance(value, int):
            raise SetRefusedError(index, "wrongType")
        short = thing.name == "phaseYellowChange" and value < LEAST_YELLOW
        if not thing.admits(value) or short:
            raise SetRefusedError(index, "wrongValue")
        if thing.name == "dbCreateTransaction" and not self._follows(value):
            raise SetRefusedError(index, "inconsistentValue")
        return thing

    def _follows(self, stage: int) -> bool:
        """Which step of a transaction may come now."""
        allowed = {NORMAL: (NORMAL, TRANSACTION), TRANSACTION: (NORMAL, TRANSACTION, VERIFY)}
        return stage in allowed.get(self._stage, (NORMAL,))

    def _take(self, thing: NtcipObject, oid: Oid, value: Value, owner: bytes) -> None:
        database = self._controller.database
        if thing.name == "dbCreateTransaction":
            self._transact(int(value), owner)
        elif _acts_at_once(thing):
            database[oid] = value
            self._controller.heard()
        elif self._stage == NORMAL:
            database[oid] = value
        else:
            self._buffer[oid] = value

    def _transact(self, stage: int, owner: bytes) -> None:
        database = self._controller.database
        place = OBJECTS["dbCreateTransaction"].instance()
        status, error = OBJECTS["dbVerifyStatus"].instance(), OBJECTS["dbVerifyError"].instance()
        if stage == TRANSACTION and self._stage == NORMAL:
            self._buffer, self._owner = {}, owner
            database[status], database[error] = NOT_VERIFIED, b""
        elif stage == VERIFY:
            found = self._mistake()
            database[status] = VERIFY_ERROR if found else VERIFIED
            database[error] = found
            stage = DONE
        elif stage == NORMAL:
            if database[status] == VERIFIED and self._stage == DONE:
                database.update(self._buffer)
                self._controller.programmed()
            self._buffer, self._owner = {}, b""
        database[place] = stage

    def _mistake(self) -> bytes:
        """What is wrong with what a transaction would make of the database; empty if nothing."""
        new = {**self._controller.database, **self._buffer}
        program = program_of(new)
        for pattern in range(1, self._controller.read.number("maxPatterns") + 1):
            found = pattern_of(new, pattern)
            if found is not None and fault_of(found, program) != NOT_FREE:
                return f"pattern {pattern}: fault {fault_of(found, program)}".encode()
        return b""

    def _statuses(self) -> dict[Oid, Callable[[], Value]]:
        """By instance, what tells its present value."""
        c, found = self._controller, dict[Oid, Callable[[], Value]]()
        for name, tell in (
            ("unitControlStatus", lambda: c.control_status),
            ("unitFlashStatus", lambda: c.flash_status),
            ("unitAlarmStatus1", self._alarm1),
            ("unitAlarmStatus2", self._alarm2),
            ("shortAlarmStatus", self._short_alarm),
            ("coordPatternStatus", self._pattern),
            ("localFreeStatus", lambda: c.free_status),
            ("coordCycleStatus", self._cycle),
            ("coordSyncStatus", self._sync),
            ("volumeOccupancySequence", lambda: c.detectors.sequence),
            ("globalSetIDParameter", self._fingerprint),
            ("globalTime", lambda: c.midnight // TENTHS),
        ):
            found[OBJECTS[name].instance()] = tell
        found[SYS_UP_TIME] = lambda: c.now * TENTHS
        self._group_statuses(found)
        for n in range(1, c.read.number("maxPreempts") + 1):
            found[OBJECTS["preemptState"].instance(n)] = lambda n=n: (  # type: ignore[misc]
                PREEMPT_DWELL if c.preempt == n else NO_PREEMPT
            )
        for n in range(1, c.read.number("activeVolumeOccupancyDetectors") + 1):
            found[OBJECTS["detectorVolume"].instance(n)] = lambda n=n: c.detectors.volumes.get(n, 0)  # type: ignore[misc]
            found[OBJECTS["detectorOccupancy"].instance(n)] = lambda n=n: (  # type: ignore[misc]
                c.detectors.occupancies.get(n, 0)
            )
        for ring in range(1, c.read.number("maxRings") + 1):
            found[OBJECTS["ringStatus"].instance(ring)] = lambda ring=ring: self._ring(ring)  # type: ignore[misc]
        return found

    def _group_statuses(self, found: dict[Oid, Callable[[], Value]]) -> None:
        c = self._controller
        phases: dict[str, Callable[[], frozenset[int]]] = {
            "Reds": lambda: frozenset(p for p, lamp in c.lamps().items() if lamp is Lamp.RED),
            "Yellows": lambda: c.rings.yellows,
            "Greens": lambda: c.rings.greens,
            "DontWalks": lambda: frozenset(c.program.phases) - c.rings.walks - c.rings.ped_clears,
            "PedClears": lambda: c.rings.ped_clears,
            "Walks": lambda: c.rings.walks,
            "VehCalls": lambda: c.calls,
            "PedCalls": lambda: c.ped_calls,
            "PhaseOns": lambda: c.rings.greens | c.rings.yellows,
            "PhaseNexts": lambda: c.rings.nexts,
        }
        for group in range(1, c.read.number("maxPhases") // GROUP_SIZE + 1):
            for name, tell in phases.items():
                oid = OBJECTS[f"phaseStatusGroup{name}"].instance(group)
                found[oid] = lambda tell=tell, group=group: group_bits(set(tell()), group)  # type: ignore[misc]
        for group in range(1, c.read.number("maxVehicleDetectorStatusGroups") + 1):
            oid = OBJECTS["vehicleDetectorStatusGroupActive"].instance(group)
            found[oid] = lambda group=group: group_bits(set(c.detectors.active), group)  # type: ignore[misc]
            found[OBJECTS["vehicleDetectorStatusGroupAlarms"].instance(group)] = lambda: 0

    def _pattern(self) -> int:
        c = self._controller
        return c.pattern if c.coordinator is not None or c.pattern == FLASH else FREE

    def _cycle(self) -> int:
        own = self._controller.coordinator
        return (own.pattern.cycle - own.clock) // TENTHS if own else 0

    def _sync(self) -> int:
        own = self._controller.coordinator
        if own is None:
            return 0
        return (self._controller.midnight - own.pattern.offset) % own.pattern.cycle // TENTHS

    def _alarm1(self) -> int:
        c = self._controller
        return (1 << 7 if c.coordinator else 1 << 6) | (c.conflict_flash << 4)

    def _alarm2(self) -> int:
        c = self._controller
        moving = c.coordinator is not None and c.free_status == TRANSITION
        return (moving << 5) | (c.inputs.stop_time << 4)

    def _short_alarm(self) -> int:
        c = self._controller
        flash = c.flash_status != NOT_FLASHING
        bad = c.coordinator is None and c.pattern not in (FREE, FLASH) and not c.preempt
        return (
            bool(c.preempt)
            | flash << 1
            | c.inputs.manual << 3
            | (bad and not flash) << 4
            | c.conflict_flash << 7
        )

    def _ring(self, ring: int) -> int:
        """The interval of a ring: 0 minimum, 1 extension, 3 rest, 4 yellow, 5 clearance, 6 red."""
        rings = self._controller.rings.rings
        if ring > len(rings) or rings[ring - 1].lamp is Lamp.RED:
            return 6
        own = rings[ring - 1]
        if own.lamp is not Lamp.GREEN:
            return 4 if own.lamp is Lamp.YELLOW else 5
        if own.lamp_for < self._controller.program.phases[own.phase].min_green:
            return 0
        return 1 if own.waited else 3

    def _fingerprint(self) -> int:
        """Changes with the database, but for what acts at once."""
        kept = sorted(
            (oid, value)
            for oid, value in self._controller.database.items()
            if (thing := object_of(oid)) is not None
            and not _acts_at_once(thing)
            and not thing.name.startswith("db")
        )
        return zlib.crc32(repr(kept).encode()) % 65536


def _acts_at_once(thing: NtcipObject) -> bool:
    return thing.name == "dbCreateTransaction" or thing.name.startswith(CONTROL_PREFIXES)
