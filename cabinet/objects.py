"""The NTCIP 1201 and 1202 (v02) objects that the cabinet side uses.

Facts of the published MIBs: name, place in the tree, syntax, range and access. An object's
instance has a suffix of its own: `.0` for a scalar, the row's number or numbers in a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DEVICES = (1, 3, 6, 1, 4, 1, 1206, 4, 2)
"""The arc of NTCIP's devices: .1 is the signal controller (1202), .6 the global objects (1201)."""

Syntax = Literal["integer", "octets", "counter"]


@dataclass(frozen=True, slots=True)
class NtcipObject:
    """One object type: `low` to `high` are its values, or an octet string's lengths."""

    name: str
    oid: tuple[int, ...]
    syntax: Syntax
    low: int
    high: int
    writable: bool

    def instance(self, *index: int) -> tuple[int, ...]:
        """The OID of one value; without an index that of a scalar, which ends in 0."""
        return self.oid + (index or (0,))

    def admits(self, value: int) -> bool:
        """Whether a number is in the range of an integer object."""
        return self.syntax != "octets" and self.low <= value <= self.high


# name, arc below DEVICES, syntax, lowest, highest, may be SET. Where the MIB gives no range it is
# what the syntax can hold.
_ROWS: tuple[tuple[str, str, Syntax, int, int, bool], ...] = (
    ("maxPhases", "1.1.1", "integer", 2, 255, False),
    ("phaseWalk", "1.1.2.1.2", "integer", 0, 255, True),
    ("phasePedestrianClear", "1.1.2.1.3", "integer", 0, 255, True),
    ("phaseMinimumGreen", "1.1.2.1.4", "integer", 0, 255, True),
    ("phasePassage", "1.1.2.1.5", "integer", 0, 255, True),
    ("phaseMaximum1", "1.1.2.1.6", "integer", 0, 255, True),
    ("phaseMaximum2", "1.1.2.1.7", "integer", 0, 255, True),
    ("phaseYellowChange", "1.1.2.1.8", "integer", 0, 255, True),
    ("phaseRedClear", "1.1.2.1.9", "integer", 0, 255, True),
    ("phaseRedRevert", "1.1.2.1.10", "integer", 0, 255, True),
    ("phaseStartup", "1.1.2.1.20", "integer", 1, 6, True),
    ("phaseOptions", "1.1.2.1.21", "integer", 0, 65535, True),
    ("phaseRing", "1.1.2.1.22", "integer", 0, 255, True),
    ("phaseConcurrency", "1.1.2.1.23", "octets", 0, 255, True),
    ("maxPhaseGroups", "1.1.3", "integer", 1, 255, False),
    ("phaseStatusGroupReds", "1.1.4.1.2", "integer", 0, 255, False),
    ("phaseStatusGroupYellows", "1.1.4.1.3", "integer", 0, 255, False),
    ("phaseStatusGroupGreens", "1.1.4.1.4", "integer", 0, 255, False),
    ("phaseStatusGroupDontWalks", "1.1.4.1.5", "integer", 0, 255, False),
    ("phaseStatusGroupPedClears", "1.1.4.1.6", "integer", 0, 255, False),
    ("phaseStatusGroupWalks", "1.1.4.1.7", "integer", 0, 255, False),
    ("phaseStatusGroupVehCalls", "1.1.4.1.8", "integer", 0, 255, False),
    ("phaseStatusGroupPedCalls", "1.1.4.1.9", "integer", 0, 255, False),
    ("phaseStatusGroupPhaseOns", "1.1.4.1.10", "integer", 0, 255, False),
    ("phaseStatusGroupPhaseNexts", "1.1.4.1.11", "integer", 0, 255, False),
    ("phaseControlGroupPhaseOmit", "1.1.5.1.2", "integer", 0, 255, True),
    ("phaseControlGroupPedOmit", "1.1.5.1.3", "integer", 0, 255, True),
    ("phaseControlGroupHold", "1.1.5.1.4", "integer", 0, 255, True),
    ("phaseControlGroupForceOff", "1.1.5.1.5", "integer", 0, 255, True),
    ("phaseControlGroupVehCall", "1.1.5.1.6", "integer", 0, 255, True),
    ("phaseControlGroupPedCall", "1.1.5.1.7", "integer", 0, 255, True),
    ("maxVehicleDetectors", "1.2.1", "integer", 1, 255, False),
    ("vehicleDetectorOptions", "1.2.2.1.2", "integer", 0, 255, True),
    ("vehicleDetectorCallPhase", "1.2.2.1.4", "integer", 0, 255, True),
    ("vehicleDetectorDelay", "1.2.2.1.6", "integer", 0, 65535, True),
    ("vehicleDetectorExtend", "1.2.2.1.7", "integer", 0, 255, True),
    ("maxVehicleDetectorStatusGroups", "1.2.3", "integer", 1, 255, False),
    ("vehicleDetectorStatusGroupActive", "1.2.4.1.2", "integer", 0, 255, False),
    ("vehicleDetectorStatusGroupAlarms", "1.2.4.1.3", "integer", 0, 255, False),
    ("volumeOccupancySequence", "1.2.5.1", "integer", 0, 255, False),
    ("volumeOccupancyPeriod", "1.2.5.2", "integer", 0, 255, True),
    ("activeVolumeOccupancyDetectors", "1.2.5.3", "integer", 0, 255, False),
    ("detectorVolume", "1.2.5.4.1.1", "integer", 0, 255, False),
    ("detectorOccupancy", "1.2.5.4.1.2", "integer", 0, 255, False),
    ("unitStartUpFlash", "1.3.1", "integer", 0, 255, True),
    ("unitBackupTime", "1.3.3", "integer", 0, 65535, True),
    ("unitRedRevert", "1.3.4", "integer", 0, 255, True),
    ("unitControlStatus", "1.3.5", "integer", 1, 8, False),
    ("unitFlashStatus", "1.3.6", "integer", 1, 8, False),
    ("unitAlarmStatus2", "1.3.7", "integer", 0, 255, False),
    ("unitAlarmStatus1", "1.3.8", "integer", 0, 255, False),
    ("shortAlarmStatus", "1.3.9", "integer", 0, 255, False),
    ("unitControl", "1.3.10", "integer", 0, 255, True),
    ("coordOperationalMode", "1.4.1", "integer", 0, 255, True),
    ("coordCorrectionMode", "1.4.2", "integer", 1, 4, True),
    ("coordMaximumMode", "1.4.3", "integer", 1, 4, True),
    ("coordForceMode", "1.4.4", "integer", 1, 3, True),
    ("maxPatterns", "1.4.5", "integer", 1, 253, False),
    ("patternTableType", "1.4.6", "integer", 1, 4, False),
    ("patternCycleTime", "1.4.7.1.2", "integer", 0, 255, True),
    ("patternOffsetTime", "1.4.7.1.3", "integer", 0, 255, True),
    ("patternSplitNumber", "1.4.7.1.4", "integer", 1, 255, False),
    ("patternSequenceNumber", "1.4.7.1.5", "integer", 1, 255, True),
    ("maxSplits", "1.4.8", "integer", 1, 255, False),
    ("splitTime", "1.4.9.1.3", "integer", 0, 255, True),
    ("splitMode", "1.4.9.1.4", "integer", 1, 7, True),
    ("splitCoordPhase", "1.4.9.1.5", "integer", 0, 1, True),
    ("coordPatternStatus", "1.4.10", "integer", 0, 255, False),
    ("localFreeStatus", "1.4.11", "integer", 1, 11, False),
    ("coordCycleStatus", "1.4.12", "integer", 0, 510, False),
    ("coordSyncStatus", "1.4.13", "integer", 0, 510, False),
    ("systemPatternControl", "1.4.14", "integer", 0, 255, True),
    ("systemSyncControl", "1.4.15", "integer", 0, 255, True),
    ("maxPreempts", "1.6.1", "integer", 1, 255, False),
    ("preemptControlState", "1.6.3.1.2", "integer", 0, 1, True),
    ("preemptState", "1.6.2.1.16", "integer", 1, 9, False),
    ("maxRings", "1.7.1", "integer", 1, 255, False),
    ("maxSequences", "1.7.2", "integer", 1, 255, False),
    ("sequenceData", "1.7.3.1.3", "octets", 0, 255, True),
    ("ringStatus", "1.7.6.1.1", "integer", 0, 255, False),
    ("globalSetIDParameter", "6.1.1", "integer", 0, 65535, False),
    ("dbCreateTransaction", "6.2.1", "integer", 1, 6, True),
    ("dbVerifyStatus", "6.2.6", "integer", 1, 3, False),
    ("dbVerifyError", "6.2.7", "octets", 0, 255, False),
    ("globalTime", "6.3.1", "counter", 0, 4294967295, True),
)


def _object(row: tuple[str, str, Syntax, int, int, bool]) -> NtcipObject:
    name, arc, syntax, low, high, writable = row
    oid = DEVICES + tuple(int(part) for part in arc.split("."))
    return NtcipObject(name, oid, syntax, low, high, writable)


OBJECTS: dict[str, NtcipObject] = {row[0]: _object(row) for row in _ROWS}
"""Every object by its name in the MIB."""

GROUP_SIZE = 8
"""Phases or detectors in one group: bit k of group G is number 8 (G - 1) + k + 1."""


def group_bits(numbers: set[int], group: int) -> int:
    """The octet of one group (counted from 1) in which the bits of these numbers are set."""
    first = GROUP_SIZE * (group - 1) + 1
    return sum(1 << (n - first) for n in numbers if first <= n < first + GROUP_SIZE)


def group_numbers(octet: int, group: int) -> set[int]:
    """The numbers whose bits are set in one group's octet; undoes `group_bits`."""
    first = GROUP_SIZE * (group - 1) + 1
    return {first + k for k in range(GROUP_SIZE) if octet >> k & 1}
