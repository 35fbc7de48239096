"""What a driver is: one controller in the street, through whatever protocol it speaks.

The live service knows controllers by this contract alone; NTCIP and RSMP stand behind it.
Phases and detectors have the numbers that the controller itself uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from greenband.engine.frame import Flag
from greenband.engine.plan import Plan

Numbers = frozenset[int]
NOBODY: Numbers = frozenset()


class Mode(Enum):
    """Who decides at the controller now."""

    OURS = "ours"
    LOCAL = "local"
    """Its own plans: nothing of ours is in force."""
    BACKUP = "backup"
    """What we set ran out, because we were silent."""
    HANDS_OFF = "hands off"
    """Preempt, manual, flash, stop-time or a fault: nothing may be set."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll of a controller says.

    Attributes
    ----------
    time_s : seconds, the service's clock at the answer.
    greens, yellows, walks, ped_clears : phases that show it; all others show red, don't walk.
    vehicle_calls, ped_calls, ons, nexts : phases with a call, being served, served next.
    active : detectors that are occupied. failed : those that the controller itself calls faulty.
    volumes_veh, occupancies_ratio : by detector, of the last period that ended; empty between
        periods. period : that period's sequence number, 0 to 255, -1 where there is none.
    pattern : the pattern in force; 0 where the controller runs none or doesn't say.
    transition : whether it is on its way into the pattern. cycle_s : seconds into the cycle, or -1.
    mode, flags : who decides, and why nothing may be set. reason : the same in words.
    """

    time_s: float
    greens: Numbers
    yellows: Numbers
    walks: Numbers = NOBODY
    ped_clears: Numbers = NOBODY
    vehicle_calls: Numbers = NOBODY
    ped_calls: Numbers = NOBODY
    ons: Numbers = NOBODY
    nexts: Numbers = NOBODY
    active: Numbers = NOBODY
    failed: Numbers = NOBODY
    volumes_veh: Mapping[int, int] = field(default_factory=dict)
    occupancies_ratio: Mapping[int, float] = field(default_factory=dict)
    period: int = -1
    pattern: int = 0
    transition: bool = False
    cycle_s: float = -1.0
    mode: Mode = Mode.LOCAL
    flags: Flag = Flag.NONE
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PhaseOrders:
    """What the phases are told for the next second; whoever isn't named is left alone."""

    hold: Numbers = NOBODY
    force_off: Numbers = NOBODY
    call: Numbers = NOBODY
    ped_call: Numbers = NOBODY
    omit: Numbers = NOBODY


class DriverError(Exception):
    """What a controller or the way to it made impossible; in words for an operator."""


class UnreachableError(DriverError):
    """No answer in time, after the retries that are safe."""


class RefusedError(DriverError):
    """We must not, or the controller would not: nothing of it is in force."""


class Driver(Protocol):
    """One controller. Every call may raise UnreachableError; those that set, RefusedError too."""

    def discover(self) -> Mapping[str, object]:
        """What the controller is and has: a flat table that can be saved and compared."""
        ...

    def read(self) -> Reading:
        """Poll it once."""
        ...

    def order(self, orders: PhaseOrders) -> None:
        """The phase tier: set holds, force-offs, calls and omits, all of them anew."""
        ...

    def run_plan(self, plan: Plan) -> None:
        """The pattern tier: verify, write to an idle slot, read back, activate."""
        ...

    def keep_alive(self) -> None:
        """Say that what is in force is still meant; it runs out without."""
        ...

    def release(self) -> None:
        """Give the controller back to its own plans, and read back that it went."""
        ...

    def close(self) -> None:
        """Leave without a word; what is in force runs out by itself."""
        ...
