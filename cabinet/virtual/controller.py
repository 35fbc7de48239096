"""The controller: detectors, control from outside, coordination and rings, a tenth at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

from greenband.cabinet.objects import GROUP_SIZE, OBJECTS, group_numbers
from greenband.cabinet.store import Oid, Value

from .coordination import FREE_COMMAND, NOT_FREE, TRANSITION, Coordinator, fault_of
from .detectors import Detectors
from .program import (
    MAX_RECALL,
    MIN_RECALL,
    PED_RECALL,
    SPLIT_MAX_PED,
    SPLIT_MAX_RECALL,
    SPLIT_MIN_RECALL,
    SPLIT_PED_RECALL,
    TENTHS,
    Program,
    Reader,
    pattern_of,
    program_of,
)
from .rings import Lamp, Rings, Wishes, shown

DAY = 86400 * TENTHS
FREE, FLASH = 254, 255
"""Patterns that are none."""
NOT_FLASHING, AUTOMATIC, MMU, START_UP = 2, 3, 6, 7
"""Values of unitFlashStatus."""
SYSTEM, BACKUP, MANUAL, TIMEBASE = 2, 4, 5, 6
"""Values of unitControlStatus."""
START_RED = 3 * TENTHS
MAX_INHIBIT = 4
NO_PREEMPT, PREEMPT_DWELL = 2, 6
CONTROLS = ("Hold", "ForceOff", "VehCall", "PedCall", "PhaseOmit", "PedOmit")


@dataclass(frozen=True)
class Inputs:
    """What reaches the controller from the street and from the technician in one step.

    Numbers of covered vehicle detectors, phases whose pedestrian button is pressed, and preempts;
    `manual` control, and `stop_time`, in which no timer runs.
    """

    detectors: frozenset[int] = frozenset()
    buttons: frozenset[int] = frozenset()
    preempts: frozenset[int] = frozenset()
    manual: bool = False
    stop_time: bool = False


class Controller:
    """A NEMA controller of its own.

    Parameters
    ----------
    database : its objects, as `database_of` makes them; it changes by what is SET.
    midnight_s : seconds since midnight at the start. schedule : (seconds since midnight, pattern)
        of its time-of-day plans; without any it is free.

    `lock` is held while anything is read or written from outside. `greens_for` says how long each
    phase has been green, in tenths.
    """

    def __init__(
        self,
        database: dict[Oid, Value],
        *,
        midnight_s: float = 0.0,
        schedule: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.database, self.lock = database, RLock()
        self.program: Program = program_of(database)
        self.rings, self.detectors = Rings(self.program), Detectors()
        self.coordinator: Coordinator | None = None
        self.free_status = FREE_COMMAND
        self.inputs = Inputs()
        self.calls: frozenset[int] = frozenset()
        self.ped_calls: frozenset[int] = frozenset()
        self.in_backup, self.conflict_flash = False, False
        self.now = 0
        self._began, self._schedule = round(TENTHS * midnight_s), sorted(schedule)
        self._silent = 0
        self._pressed: frozenset[int] = frozenset()
        self._starts = TENTHS * Reader(database).number("unitStartUpFlash")
        self._green_for = dict.fromkeys(self.program.phases, 0)

    @property
    def midnight(self) -> int:
        """Tenths since midnight."""
        return (self._began + self.now) % DAY

    @property
    def starting(self) -> bool:
        """Whether it still flashes, or shows all red, after power came."""
        return self.now < self._starts + START_RED

    @property
    def flash_status(self) -> int:
        """As unitFlashStatus has it."""
        if self.conflict_flash:
            return MMU
        if self.pattern == FLASH:
            return AUTOMATIC
        return START_UP if self.now < self._starts else NOT_FLASHING

    @property
    def preempt(self) -> int:
        """The preempt that is served, of several the first; 0 without any."""
        count = self.read.number("maxPreempts")
        asked = {
            n for n in range(1, count + 1) if self.read.number("preemptControlState", n)
        } | self.inputs.preempts
        return min(asked, default=0)

    @property
    def read(self) -> Reader:
        """Its database by names."""
        return Reader(self.database)

    @property
    def system_control(self) -> bool:
        """Whether anything that was SET on a control object is in force."""
        return bool(self.read.number("systemPatternControl")) or any(
            self.controlled(name) for name in CONTROLS
        )

    @property
    def control_status(self) -> int:
        """As unitControlStatus has it."""
        if self.inputs.manual:
            return MANUAL
        if self.in_backup:
            return BACKUP
        return SYSTEM if self.system_control else TIMEBASE

    @property
    def pattern(self) -> int:
        """The pattern that is called: by hand, from outside, or by the time of day."""
        mode = self.read.number("coordOperationalMode")
        called = self.read.number("systemPatternControl")
        if mode:
            return mode
        if called:
            return called
        seconds = self.midnight // TENTHS
        by_day = [pattern for begin, pattern in self._schedule if begin <= seconds]
        return (by_day or [self._schedule[-1][1]])[-1] if self._schedule else FREE

    def controlled(self, name: str) -> frozenset[int]:
        """Phases whose bit of a phaseControlGroup object is set, such as "Hold"."""
        groups = range(1, self.read.number("maxPhases") // GROUP_SIZE + 1)
        found: set[int] = set()
        for group in groups:
            octet = self.read.number(f"phaseControlGroup{name}", group)
            if octet:
                found |= group_numbers(octet, group)
        return frozenset(found & set(self.program.phases))

    def heard(self) -> None:
        """A control object was SET: its system is alive."""
        self._silent, self.in_backup = 0, False

    def programmed(self) -> None:
        """The database has changed: new times are used at once, new rings after a restart."""
        new, old = program_of(self.database), self.program
        same = new.rings == old.rings and new.groups == old.groups
        if not same or set(new.phases) != set(old.phases):
            return
        self.program = self.rings.program = new
        if (own := self.coordinator) is None:
            return
        pattern = pattern_of(self.database, own.pattern.number)
        if pattern != own.pattern or new != old:
            sound = pattern is not None and fault_of(pattern, new) == NOT_FREE
            self.coordinator = (
                Coordinator(pattern, new, own.clock % pattern.cycle) if pattern and sound else None
            )

    def lamps(self) -> Mapping[int, Lamp]:
        """What each phase shows; all red where it flashes or starts, see `flash_status`."""
        return shown(self.rings)

    def step(self, inputs: Inputs) -> None:
        """A tenth of a second."""
        with self.lock:
            self.inputs = inputs
            self.now += 1
            self._dead_man()
            if self.flash_status != NOT_FLASHING:
                self._dark()
                return
            if self.starting or inputs.stop_time:
                return
            self._serve(inputs)

    def _dead_man(self) -> None:
        """What was SET runs out when its system is silent for longer than unitBackupTime."""
        backup_s = self.read.number("unitBackupTime")
        self._silent += 1
        if backup_s and self._silent >= TENTHS * backup_s and self.system_control:
            self.database[OBJECTS["systemPatternControl"].instance()] = 0
            for name in CONTROLS:
                self._clear(name)
            self.in_backup = True

    def _clear(self, name: str, phases: frozenset[int] | None = None) -> None:
        for group in range(1, self.read.number("maxPhases") // GROUP_SIZE + 1):
            oid = OBJECTS[f"phaseControlGroup{name}"].instance(group)
            octet = self.database.get(oid, 0)
            kept = group_numbers(octet if isinstance(octet, int) else 0, group) - (
                phases if phases is not None else set(self.program.phases)
            )
            self.database[oid] = sum(1 << (p - 1) % GROUP_SIZE for p in kept)

    def _dark(self) -> None:
        """Flashing: when it ends the rings begin anew, after the red of a start."""
        self.rings = Rings(self.program)
        self.coordinator = None
        self._starts = max(self._starts, self.now)

    def _serve(self, inputs: Inputs) -> None:
        rings, program = self.rings, self.program
        period_s = self.read.number("volumeOccupancyPeriod")
        called, extended = self.detectors.step(inputs.detectors, program, rings.greens, period_s)
        self._pressed |= inputs.buttons & set(program.phases)
        preempt = self.preempt
        self._coordinate(preempt)
        modes = self.coordinator.pattern.modes if self.coordinator else {}
        self.calls = called | self.controlled("VehCall") | _recalled(program, modes)
        self.ped_calls = self._pressed | self.controlled("PedCall") | _ped_recalled(program, modes)
        wishes = self._preempted(preempt) if preempt else self._wishes(extended, modes)
        rings.step(wishes)
        self._pressed -= rings.walked
        self._clear_done()
        for phase in program.phases:
            green = phase in rings.greens
            self._green_for[phase] = self._green_for[phase] + 1 if green else 0

    def _clear_done(self) -> None:
        """A force-off is done with the green that it ended."""
        ended = frozenset(self.rings.ending)
        if ended & self.controlled("ForceOff"):
            self._clear("ForceOff", ended)

    def _wishes(self, extended: frozenset[int], modes: Mapping[int, int]) -> Wishes:
        held, forced = self.controlled("Hold"), self.controlled("ForceOff")
        omitted, calls = self.controlled("PhaseOmit"), self.calls
        longest = frozenset(
            n
            for n, p in self.program.phases.items()
            if p.has(MAX_RECALL) or modes.get(n) in (SPLIT_MAX_RECALL, SPLIT_MAX_PED)
        )
        extended |= longest & self.rings.greens
        max_on, own = True, self.coordinator
        if own is not None:
            held |= own.held() & self.rings.greens
            forced |= own.forced(self.rings.greens, self._green_for)
            omitted |= own.omitted() | (own.too_late(self.ped_calls) - self.rings.greens)
            calls |= own.coordinated
            max_on = self.read.number("coordMaximumMode") != MAX_INHIBIT
        return Wishes(
            calls=calls,
            ped_calls=self.ped_calls,
            extending=extended,
            held=held,
            forced=forced,
            omitted=omitted,
            ped_omitted=self.controlled("PedOmit"),
            max_on=max_on,
            recycle=own is None,
        )

    def _preempted(self, preempt: int) -> Wishes:
        """Preempt n dwells in the even phases between its pair of barriers; all others end."""
        groups = self.program.groups
        group = groups[(preempt - 1) % len(groups)]
        dwell = frozenset(p for p in group if p % 2 == 0) or group
        others = frozenset(self.program.phases) - dwell
        return Wishes(calls=dwell, held=dwell, forced=others, omitted=others)

    def _coordinate(self, preempt: int) -> None:
        number = self.pattern
        if number in (FREE, FLASH) or preempt:
            self.coordinator, self.free_status = None, FREE_COMMAND
            return
        if self.coordinator is None or self.coordinator.pattern.number != number:
            pattern = pattern_of(self.database, number)
            fault = fault_of(pattern, self.program)
            if pattern is None or fault != NOT_FREE:
                self.coordinator, self.free_status = None, fault
                return
            clock = self.coordinator.clock % pattern.cycle if self.coordinator else 0
            self.coordinator = Coordinator(pattern, self.program, clock)
        correction = self.read.number("coordCorrectionMode")
        self.coordinator.step(self.midnight, correction, self.rings.greens)
        self.free_status = NOT_FREE if self.coordinator.in_step else TRANSITION


def _recalled(program: Program, modes: Mapping[int, int]) -> frozenset[int]:
    """Phases that are always called, by their options or by the split."""
    by_split = (SPLIT_MIN_RECALL, SPLIT_MAX_RECALL, SPLIT_MAX_PED)
    return frozenset(
        n
        for n, p in program.phases.items()
        if p.options & (MIN_RECALL | MAX_RECALL) or modes.get(n) in by_split
    )


def _ped_recalled(program: Program, modes: Mapping[int, int]) -> frozenset[int]:
    by_split = (SPLIT_PED_RECALL, SPLIT_MAX_PED)
    return frozenset(
        n
        for n, p in program.phases.items()
        if p.walk > 0 and (p.has(PED_RECALL) or modes.get(n) in by_split)
    )
