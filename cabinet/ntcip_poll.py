"""One poll: the values of a second in one GET where they fit, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from greenband.engine.frame import Flag

from .authority import OBJECTS_READ, Standing, standing
from .driver import Mode, Reading
from .gateway import Gateway
from .objects import OBJECTS, group_numbers
from .snmp.syntax import SYS_UP_TIME
from .store import Oid, Value

GROUPS = {
    "greens": "phaseStatusGroupGreens",
    "yellows": "phaseStatusGroupYellows",
    "walks": "phaseStatusGroupWalks",
    "ped_clears": "phaseStatusGroupPedClears",
    "vehicle_calls": "phaseStatusGroupVehCalls",
    "ped_calls": "phaseStatusGroupPedCalls",
    "ons": "phaseStatusGroupPhaseOns",
    "nexts": "phaseStatusGroupPhaseNexts",
}
"""Sets of phases by the name that a Reading has for them."""
_NEEDED = ("greens", "yellows")
ACTIVE, ALARMS = "vehicleDetectorStatusGroupActive", "vehicleDetectorStatusGroupAlarms"
SCALARS = (*OBJECTS_READ, "localFreeStatus", "coordCycleStatus", "volumeOccupancySequence")
NOT_FREE, IN_TRANSITION = 2, 4
FULL_OCCUPANCY, HIGHEST_OCCUPANCY, OVERFLOW = 200.0, 200, 255
"""Occupancy is in halves of a percent; above 200 it names a fault. A volume of 255 overflowed."""


@dataclass(frozen=True, slots=True)
class Polled:
    """The answer to one poll: sets of numbers, scalars by name, and since when the agent runs."""

    sets: Mapping[str, frozenset[int] | None]
    scalars: Mapping[str, Value | None]
    up_time: int | None

    def number(self, name: str) -> int:
        """A scalar, -1 where it can't be read."""
        value = self.scalars.get(name)
        return value if isinstance(value, int) else -1


class Poll:
    """What is asked each second; made once for a controller's numbers of groups."""

    def __init__(self, phase_groups: int, detector_groups: int) -> None:
        self._names: list[tuple[str, int]] = [
            (name, group) for name in GROUPS for group in range(1, phase_groups + 1)
        ]
        self._names += [
            (name, group) for name in (ACTIVE, ALARMS) for group in range(1, detector_groups + 1)
        ]
        self.oids: tuple[Oid, ...] = (
            *(OBJECTS[GROUPS.get(name, name)].instance(group) for name, group in self._names),
            *(OBJECTS[name].instance() for name in SCALARS),
            SYS_UP_TIME,
        )
        self._there = self.oids

    def learn(self, gateway: Gateway) -> None:
        """Find out what of it there is: in version 1 what isn't costs a request each second."""
        values = gateway.get(self.oids)
        pairs = zip(self.oids, values, strict=True)
        self._there = tuple(oid for oid, value in pairs if value is not None)

    def ask(self, gateway: Gateway) -> Polled:
        """Poll once."""
        answers = dict(zip(self._there, gateway.get(self._there), strict=True))
        values = [answers.get(oid) for oid in self.oids]
        octets: dict[str, list[Value | None]] = {}
        for (name, _), value in zip(self._names, values, strict=False):
            octets.setdefault(name, []).append(value)
        rest = values[len(self._names) :]
        up_time = rest[-1]
        return Polled(
            sets={name: _numbers(groups) for name, groups in octets.items()},
            scalars=dict(zip(SCALARS, rest, strict=False)),
            up_time=up_time if isinstance(up_time, int) else None,
        )


def reading_of(
    polled: Polled,
    time_s: float,
    *,
    ours: frozenset[int],
    ordered: bool,
    cycle_s: int,
    detectors: Detectors,
) -> Reading:
    """What a poll means.

    `ours`: patterns that we may call; `ordered`: whether orders of ours to phases are in force;
    `cycle_s`: length of the cycle in force, 0 where it isn't known.
    """
    judged = _with_lamps(polled, standing(polled.scalars, ours))
    called = polled.number("systemPatternControl")
    pattern = max(polled.number("coordPatternStatus"), 0)
    left_s = polled.number("coordCycleStatus")
    known = 0 <= left_s <= cycle_s and cycle_s > 0
    return Reading(
        time_s=time_s,
        **{name: polled.sets.get(name) or frozenset() for name in GROUPS},
        active=polled.sets.get(ACTIVE) or frozenset(),
        failed=(polled.sets.get(ALARMS) or frozenset()) | detectors.failed,
        volumes_veh=detectors.volumes_veh,
        occupancies_ratio=detectors.occupancies_ratio,
        period=detectors.period,
        pattern=pattern,
        transition=polled.number("localFreeStatus") == IN_TRANSITION,
        cycle_s=float((cycle_s - left_s) % cycle_s) if known else -1.0,
        mode=_mode(judged, ours=called in ours or ordered),
        flags=judged.flags,
        reason=judged.reason,
    )


def _with_lamps(polled: Polled, judged: Standing) -> Standing:
    """Without the colours of its phases a controller can't be driven."""
    unread = [GROUPS[name] for name in _NEEDED if polled.sets.get(name) is None]
    if not unread:
        return judged
    reason = "; ".join(filter(None, (judged.reason, f"can't be read: {', '.join(unread)}")))
    return Standing(judged.flags | Flag.FAULT, reason, judged.backup)


def _mode(judged: Standing, *, ours: bool) -> Mode:
    if not judged.granted:
        return Mode.HANDS_OFF
    if judged.backup:
        return Mode.BACKUP
    return Mode.OURS if ours else Mode.LOCAL


def _numbers(groups: Iterable[Value | None]) -> frozenset[int] | None:
    """Numbers whose bits are set; None where a group can't be read."""
    found: set[int] = set()
    for group, octet in enumerate(groups, start=1):
        if not isinstance(octet, int):
            return None
        found |= group_numbers(octet, group)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Detectors:
    """Volumes and occupancies of a period that has just ended; empty between periods."""

    volumes_veh: Mapping[int, int]
    occupancies_ratio: Mapping[int, float]
    failed: frozenset[int]
    period: int


NO_PERIOD = Detectors({}, {}, frozenset(), -1)


def read_period(gateway: Gateway, detectors: int, period: int) -> Detectors:
    """Volume and occupancy of each detector, of the period with this sequence number.

    A value that says that it is none (overflow, a fault's code) is left out, and a fault's
    detector named.
    """
    numbers = range(1, detectors + 1)
    values = gateway.get(
        [
            OBJECTS[name].instance(number)
            for number in numbers
            for name in ("detectorVolume", "detectorOccupancy")
        ]
    )
    volumes: dict[int, int] = {}
    occupancies: dict[int, float] = {}
    failed: set[int] = set()
    for number, volume, occupancy in zip(numbers, values[::2], values[1::2], strict=True):
        if not isinstance(occupancy, int) or occupancy > HIGHEST_OCCUPANCY:
            failed.add(number)
            continue
        occupancies[number] = occupancy / FULL_OCCUPANCY
        if isinstance(volume, int) and volume < OVERFLOW:
            volumes[number] = volume
    return Detectors(volumes, occupancies, frozenset(failed), period)
