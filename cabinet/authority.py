"""When a controller may be told anything at all: never against an operator, a train or a fault.

Each rule looks at what the controller says now. What can't be read counts as a reason not to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from greenband.engine.frame import Flag

from .store import Value

OBJECTS_READ = (
    "coordOperationalMode",
    "unitControlStatus",
    "unitFlashStatus",
    "unitAlarmStatus2",
    "shortAlarmStatus",
    "coordPatternStatus",
    "systemPatternControl",
)
"""Scalars that every judgement needs."""

BACKUP_MODE, MANUAL_CONTROL, NOT_FLASHING = 4, 5, 2
STOP_TIME, RESPONSE_FAULT = 1 << 4, 1 << 2
PREEMPT, FLASH, LOCAL_OVERRIDE, COORD_ALARM, CRITICAL = 1, 1 << 1, 1 << 3, 1 << 4, 1 << 7
_FLASHES = {
    1: "other", 3: "automatic", 4: "by hand", 5: "fault monitor", 6: "conflict monitor",
    7: "start-up", 8: "preempt",
}  # fmt: skip
_PREEMPT_FLASH = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether we may act: `flags` and `reason` say why not; `backup`: what we set ran out."""

    flags: Flag = Flag.NONE
    reason: str = ""
    backup: bool = False

    @property
    def granted(self) -> bool:
        """Nothing speaks against it."""
        return self.flags == Flag.NONE


Said = Mapping[str, int]
Finding = tuple[Flag, str] | None


def _mode(said: Said, ours: frozenset[int]) -> Finding:
    mode = said["coordOperationalMode"]
    return (Flag.MANUAL, f"coordOperationalMode is {mode}, not 0 (automatic)") if mode else None


def _manual(said: Said, ours: frozenset[int]) -> Finding:
    by_hand = said["unitControlStatus"] == MANUAL_CONTROL
    return (Flag.MANUAL, "unitControlStatus is manual") if by_hand else None


def _flash(said: Said, ours: frozenset[int]) -> Finding:
    status = said["unitFlashStatus"]
    if status == NOT_FLASHING:
        return None
    flag = Flag.FLASH | (Flag.PREEMPT if status == _PREEMPT_FLASH else Flag.NONE)
    return flag, f"flashing ({_FLASHES.get(status, status)})"


def _stop_time(said: Said, ours: frozenset[int]) -> Finding:
    stopped = said["unitAlarmStatus2"] & STOP_TIME
    return (Flag.MANUAL, "stop time is on") if stopped else None


def _response_fault(said: Said, ours: frozenset[int]) -> Finding:
    fault = said["unitAlarmStatus2"] & RESPONSE_FAULT
    return (Flag.FAULT, "a unit in the cabinet doesn't respond") if fault else None


def _preempt(said: Said, ours: frozenset[int]) -> Finding:
    preempted = said["shortAlarmStatus"] & PREEMPT
    return (Flag.PREEMPT, "a preempt is active") if preempted else None


def _short_flash(said: Said, ours: frozenset[int]) -> Finding:
    flash = said["shortAlarmStatus"] & FLASH
    return (Flag.FLASH, "terminal or facilities flash") if flash else None


def _override(said: Said, ours: frozenset[int]) -> Finding:
    override = said["shortAlarmStatus"] & LOCAL_OVERRIDE
    return (Flag.MANUAL, "local override") if override else None


def _critical(said: Said, ours: frozenset[int]) -> Finding:
    critical = said["shortAlarmStatus"] & CRITICAL
    return (Flag.FAULT, "a critical alarm") if critical else None


def _foreign(said: Said, ours: frozenset[int]) -> Finding:
    called = said["systemPatternControl"]
    known = called == 0 or called in ours
    return None if known else (Flag.MANUAL, f"another system calls pattern {called}")


RULES: dict[str, Callable[[Said, frozenset[int]], Finding]] = {
    "operational mode": _mode,
    "manual": _manual,
    "flash": _flash,
    "stop time": _stop_time,
    "response fault": _response_fault,
    "preempt": _preempt,
    "terminal flash": _short_flash,
    "local override": _override,
    "critical alarm": _critical,
    "another system": _foreign,
}
"""Each reason not to act, by its name."""


def standing(values: Mapping[str, Value | None], ours: frozenset[int]) -> Standing:
    """What the values of `OBJECTS_READ` mean; `ours`: patterns that we may call."""
    said = {name: value for name in OBJECTS_READ if isinstance(value := values.get(name), int)}
    unread = [name for name in OBJECTS_READ if name not in said]
    if unread:
        return Standing(Flag.FAULT, f"can't be read: {', '.join(unread)}")
    found = [finding for rule in RULES.values() if (finding := rule(said, ours)) is not None]
    flags = Flag.NONE
    for flag, _ in found:
        flags |= flag
    backup = said["unitControlStatus"] == BACKUP_MODE
    return Standing(flags, "; ".join(reason for _, reason in found), backup)
