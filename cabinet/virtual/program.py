"""What a controller is programmed to do, read from its database of NTCIP objects.

All times are in tenths of a second: the step of the controller, in which nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.store import Oid, Value

TENTHS = 10
ENABLED, LOCKING, MIN_RECALL, MAX_RECALL, PED_RECALL, SOFT_RECALL, DUAL_ENTRY = (
    1 << 0, 1 << 4, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10,
)  # fmt: skip
"""Bits of phaseOptions."""
RED_LOCK, PASSAGE, CALL = 1 << 3, 1 << 4, 1 << 7
"""Bits of vehicleDetectorOptions."""
SPLIT_MIN_RECALL, SPLIT_MAX_RECALL, SPLIT_PED_RECALL, SPLIT_MAX_PED, SPLIT_OMIT = 3, 4, 5, 6, 7
"""Values of splitMode."""

Database = Mapping[Oid, Value]


@dataclass(frozen=True, slots=True)
class PhaseData:
    """One enabled phase; times in tenths of a second."""

    number: int
    ring: int
    concurrent: frozenset[int]
    options: int
    walk: int
    ped_clear: int
    min_green: int
    passage: int
    maximum: int
    yellow: int
    red_clear: int
    red_revert: int

    def has(self, option: int) -> bool:
        """Whether a bit of phaseOptions is set."""
        return bool(self.options & option)

    @property
    def change(self) -> int:
        """Yellow and red clearance."""
        return self.yellow + self.red_clear

    def minimum(self, *, walked: bool) -> int:
        """The shortest service: minimum green, or walk and its clearance, and the change."""
        walk = self.walk + self.ped_clear if walked else 0
        return max(self.min_green, walk) + self.change


@dataclass(frozen=True, slots=True)
class DetectorData:
    """One detector: the phase that it calls, and what it does with a vehicle on it."""

    number: int
    phase: int
    options: int
    delay: int
    extend: int


@dataclass(frozen=True, slots=True)
class PatternData:
    """One pattern with its splits, in tenths; `modes` and `coordinated` as the split table has."""

    number: int
    cycle: int
    offset: int
    splits: Mapping[int, int]
    modes: Mapping[int, int]
    coordinated: frozenset[int]
    sequence: int


@dataclass(frozen=True)
class Program:
    """Everything that the rings need; `rings` has the phases of each in the order served."""

    phases: Mapping[int, PhaseData]
    rings: tuple[tuple[int, ...], ...]
    groups: tuple[frozenset[int], ...]
    detectors: tuple[DetectorData, ...]


class Reader:
    """Values of a database by the objects' names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def number(self, name: str, *row: int, otherwise: int = 0) -> int:
        """A whole number; `otherwise` where there is none."""
        value = self._database.get(OBJECTS[name].instance(*row))
        return value if isinstance(value, int) else otherwise

    def octets(self, name: str, *row: int) -> tuple[int, ...]:
        """The octets of a string, as phase lists have them."""
        value = self._database.get(OBJECTS[name].instance(*row))
        return tuple(value) if isinstance(value, bytes) else ()


def program_of(database: Database, sequence: int = 1) -> Program:
    """Compile a database; `sequence` is the row of the sequence table that is in use."""
    read = Reader(database)
    numbers = range(1, read.number("maxPhases") + 1)
    phases = {n: _phase(read, n) for n in numbers if read.number("phaseOptions", n) & ENABLED}
    rings = tuple(
        tuple(p for p in read.octets("sequenceData", sequence, ring) if p in phases)
        for ring in range(1, read.number("maxRings") + 1)
    )
    rings = tuple(ring for ring in rings if ring)
    detectors = tuple(
        DetectorData(
            d,
            read.number("vehicleDetectorCallPhase", d),
            read.number("vehicleDetectorOptions", d),
            read.number("vehicleDetectorDelay", d),
            read.number("vehicleDetectorExtend", d),
        )
        for d in range(1, read.number("maxVehicleDetectors") + 1)
        if read.number("vehicleDetectorCallPhase", d) in phases
    )
    return Program(phases, rings, _groups(phases, rings), detectors)


def _phase(read: Reader, n: int) -> PhaseData:
    return PhaseData(
        number=n,
        ring=read.number("phaseRing", n),
        concurrent=frozenset(read.octets("phaseConcurrency", n)),
        options=read.number("phaseOptions", n),
        walk=TENTHS * read.number("phaseWalk", n),
        ped_clear=TENTHS * read.number("phasePedestrianClear", n),
        min_green=TENTHS * read.number("phaseMinimumGreen", n),
        passage=read.number("phasePassage", n),
        maximum=TENTHS * read.number("phaseMaximum1", n),
        yellow=read.number("phaseYellowChange", n),
        red_clear=read.number("phaseRedClear", n),
        red_revert=max(read.number("phaseRedRevert", n), read.number("unitRedRevert")),
    )


def _groups(
    phases: Mapping[int, PhaseData], rings: tuple[tuple[int, ...], ...]
) -> tuple[frozenset[int], ...]:
    """Phases between the same barriers, in the order served: what concurrency ties together."""
    groups: list[set[int]] = []
    for number in (n for ring in rings for n in ring):
        phase = phases[number]
        home = next((g for g in groups if _together(phase, g, phases)), None)
        if home is None:
            groups.append(home := set())
        home.add(number)
    return tuple(frozenset(g) for g in groups)


def _together(phase: PhaseData, group: set[int], phases: Mapping[int, PhaseData]) -> bool:
    """Concurrent with one of them, or of the same ring with the same concurrent phases."""
    return bool(phase.concurrent & group) or any(
        phases[n].ring == phase.ring and phases[n].concurrent == phase.concurrent for n in group
    )


def pattern_of(database: Database, number: int) -> PatternData | None:
    """A pattern of the tables; None where its row has no cycle."""
    read = Reader(database)
    cycle = read.number("patternCycleTime", number)
    split = read.number("patternSplitNumber", number)
    if cycle == 0 or split == 0:
        return None
    phases = range(1, read.number("maxPhases") + 1)
    return PatternData(
        number=number,
        cycle=TENTHS * cycle,
        offset=TENTHS * read.number("patternOffsetTime", number),
        splits={p: TENTHS * read.number("splitTime", split, p) for p in phases},
        modes={p: read.number("splitMode", split, p, otherwise=2) for p in phases},
        coordinated=frozenset(p for p in phases if read.number("splitCoordPhase", split, p)),
        sequence=read.number("patternSequenceNumber", number, otherwise=1),
    )
