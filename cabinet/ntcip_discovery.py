"""What a controller has: found at commissioning, saved, and compared at each start."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from greenband.engine.errors import InputError

from .driver import UnreachableError
from .gateway import SMALLEST_SIZE, Gateway
from .gateway_rules import Slot
from .objects import OBJECTS
from .snmp.syntax import SYS_UP_TIME
from .store import Value

SIZES = (SMALLEST_SIZE, 1472)
"""Octets of an answer that are tried: what every agent can, and what a frame of Ethernet holds."""
SCALARS = (
    "maxPhases", "maxPhaseGroups", "maxVehicleDetectors", "maxVehicleDetectorStatusGroups",
    "activeVolumeOccupancyDetectors", "volumeOccupancyPeriod", "unitStartUpFlash",
    "unitBackupTime", "unitRedRevert", "unitControlStatus", "unitFlashStatus",
    "unitAlarmStatus1", "unitAlarmStatus2", "shortAlarmStatus", "coordOperationalMode",
    "coordCorrectionMode", "coordMaximumMode", "coordForceMode", "maxPatterns",
    "patternTableType", "maxSplits", "coordPatternStatus", "localFreeStatus",
    "coordCycleStatus", "systemPatternControl", "systemSyncControl", "maxPreempts", "maxRings",
    "maxSequences", "globalSetIDParameter", "dbCreateTransaction",
)  # fmt: skip
"""Looked for; of those that say what goes on only whether they are there is kept."""
_STATES = frozenset(
    {
        "unitControlStatus", "unitFlashStatus", "unitAlarmStatus1", "unitAlarmStatus2",
        "shortAlarmStatus", "coordPatternStatus", "localFreeStatus", "coordCycleStatus",
        "systemPatternControl", "dbCreateTransaction", "activeVolumeOccupancyDetectors",
        # A digest over all settings, our own splits among them: it changes with each plan of ours.
        "globalSetIDParameter",
    }
)  # fmt: skip
_PHASE_COLUMNS = (
    "phaseWalk", "phasePedestrianClear", "phaseMinimumGreen", "phaseYellowChange",
    "phaseRedClear", "phaseRedRevert", "phaseOptions", "phaseRing", "phaseConcurrency",
)  # fmt: skip
_SLOT_COLUMNS = ("patternSplitNumber", "patternSequenceNumber")
_SPLIT_COLUMNS = ("splitMode", "splitCoordPhase")


@dataclass(frozen=True, slots=True)
class Drift:
    """A value that isn't what it was at commissioning; None where it is or was not there."""

    name: str
    was: object
    found: object

    def __str__(self) -> str:
        return f"{self.name} was {self.was}, is {self.found}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found: a flat table, in which `numbers` are looked up."""

    table: Mapping[str, object]

    def number(self, name: str, otherwise: int) -> int:
        """A whole number of the table."""
        value = self.table.get(name)
        return value if isinstance(value, int) else otherwise


def discover(gateway: Gateway, slots: Sequence[Slot]) -> Discovery:
    """Find out how it answers and what it has; sets the gateway's suffix and size.

    Raises UnreachableError where it doesn't even have phases.
    """
    gateway.suffix = find_suffix(gateway)
    table: dict[str, object] = {"scalarSuffix": gateway.suffix}
    gateway.max_size = _largest(gateway)
    table["answerOctets"] = gateway.max_size
    for name, value in gateway.scalars(SCALARS).items():
        table[name] = _kept(name, value)
    (up_time,) = gateway.get([SYS_UP_TIME])
    table["sysUpTime"] = up_time is not None
    found = Discovery(table)
    table.update(_rows(gateway, _wanted(found, slots)))
    return found


def find_suffix(gateway: Gateway) -> int:
    """What a scalar's instance ends in: 0 by the standard, or 1; UnreachableError if neither."""
    for suffix in (0, 1):
        gateway.suffix = suffix
        if gateway.scalars(("maxPhases",))["maxPhases"] is not None:
            return suffix
    gateway.suffix = 0
    raise UnreachableError("it answers, but has no maxPhases: no NTCIP 1202 controller")


def _largest(gateway: Gateway) -> int:
    """Whether it can answer more than the least: asked once, by a long list of one value."""
    small, large = SIZES
    return large if gateway.fits([OBJECTS["maxPhases"].instance()] * 40) else small


def _wanted(found: Discovery, slots: Sequence[Slot]) -> list[tuple[str, tuple[int, ...]]]:
    phases = range(1, found.number("maxPhases", 8) + 1)
    rings = range(1, found.number("maxRings", 2) + 1)
    wanted: list[tuple[str, tuple[int, ...]]]
    wanted = [(name, (phase,)) for phase in phases for name in _PHASE_COLUMNS]
    wanted += [(name, (slot.pattern,)) for slot in slots for name in _SLOT_COLUMNS]
    rows = [(slot.split, phase) for slot in slots for phase in phases]
    wanted += [(name, row) for row in rows for name in _SPLIT_COLUMNS]
    sequences = range(1, min(found.number("maxSequences", 1), 16) + 1)
    wanted += [("sequenceData", (sequence, ring)) for sequence in sequences for ring in rings]
    return wanted


def _rows(gateway: Gateway, wanted: Sequence[tuple[str, tuple[int, ...]]]) -> dict[str, object]:
    values = gateway.get([OBJECTS[name].instance(*row) for name, row in wanted])
    return {
        f"{name}.{'.'.join(map(str, row))}": _plain(value)
        for (name, row), value in zip(wanted, values, strict=True)
        if value is not None
    }


def _kept(name: str, value: Value | None) -> object:
    return value is not None if name in _STATES else _plain(value)


def _plain(value: Value | None) -> object:
    return value.hex() if isinstance(value, bytes) else value


def drift(saved: Mapping[str, object], found: Mapping[str, object]) -> list[Drift]:
    """Every value that differs; each is a reason to look before anything is set."""
    names = sorted({*saved, *found})
    return [
        Drift(name, saved.get(name), found.get(name))
        for name in names
        if saved.get(name) != found.get(name)
    ]


def save(table: Mapping[str, object], path: Path) -> None:
    """Write a table as JSON, whole or not at all."""
    fresh = path.with_name(path.name + ".tmp")
    fresh.write_text(json.dumps(dict(table), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(path)


def load(path: Path) -> dict[str, object]:
    """A saved table; InputError where the file holds none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _no_table(path, str(error)) from error
    if not isinstance(table, dict):
        raise _no_table(path, "something else")
    return table


def _no_table(path: Path, found: str) -> InputError:
    return InputError(str(path), found, "what was found at commissioning", "Discover it anew.")
