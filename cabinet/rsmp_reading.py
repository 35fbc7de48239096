"""A poll of an RSMP site as a Reading, and its traffic data as periods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .driver import Mode, Numbers, Reading
from .rsmp.messages import Alarm, StatusUpdate
from .rsmp.supervisor import Name
from .rsmp_settings import RsmpSettings
from .rsmp_standing import CYCLE, JUDGED, LAMPS, LOOPS, PLAN, Said, number_of, standing, text_of

POLLED: tuple[Name, ...] = (*JUDGED, CYCLE, LOOPS)
START, VOLUMES, OCCUPANCIES = ("S0205", "start"), ("S0205", "vehicles"), ("S0207", "occupancy")
TRAFFIC: tuple[Name, ...] = (START, VOLUMES, OCCUPANCIES)
DETECTOR_ALARMS = frozenset({"A0301", "A0302", "A0303", "A0304"})
# Signal group status: letters of the list's section. What isn't named shows red or nothing.
_GREENS, _FLASHING_GREEN, _YELLOWS = frozenset("12345678"), "9", frozenset("NO")
_CALLS = frozenset("EFG0")
_PERIODS, _PERCENT = 256, 100.0


@dataclass(frozen=True, slots=True)
class Period:
    """Vehicles and occupancy by detector, of one period."""

    number: int
    volumes_veh: Mapping[int, int]
    occupancies_ratio: Mapping[int, float]
    failed: Numbers


NO_PERIOD = Period(-1, {}, {}, frozenset())


class Periods:
    """Tells periods apart by when they began; the first that is told may be cut, and is left out.

    A site says how much it has counted since it last said so: hence the subscription, whose
    interval is the period.
    """

    def __init__(self) -> None:
        self._start: str | None = None
        self._number = -1

    def forget(self) -> None:
        """After a new connection the next one may be cut again."""
        self._start = None

    def take(self, updates: Iterable[StatusUpdate]) -> Period:
        """The last whole period that is new in these; `NO_PERIOD` where none is."""
        found = NO_PERIOD
        for update in updates:
            said = {(row.sCI, row.n): row for row in update.sS}
            start = text_of(said, START)
            if not start or start == self._start:
                continue
            first, self._start = self._start is None, start
            if not first:
                self._number = (self._number + 1) % _PERIODS
                found = _period(said, self._number)
        return found


def _period(said: Said, number: int) -> Period:
    volumes, occupancies = _list(said, VOLUMES), _list(said, OCCUPANCIES)
    return Period(
        number,
        {k: v for k, v in volumes.items() if v >= 0},
        {k: v / _PERCENT for k, v in occupancies.items() if 0 <= v <= _PERCENT},
        frozenset(k for k, v in volumes.items() if v < 0),
    )


def _list(said: Said, name: Name) -> dict[int, int]:
    """Numbers separated by commas, by their place from 1; what is no number is left out."""
    found = {}
    for place, text in enumerate(text_of(said, name).split(","), start=1):
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 5:
            found[place] = int(text)
    return found


def reading_of(
    said: Said,
    time_s: float,
    settings: RsmpSettings,
    *,
    mode: Mode,
    period: Period,
    alarms: Mapping[tuple[str, str], Alarm],
) -> Reading:
    """What a poll means; `mode` where hands are not off."""
    judged = standing(said)
    lamps = text_of(said, LAMPS)
    loops = text_of(said, LOOPS)
    green = _with(lamps, _GREENS)
    clearing = _with(lamps, _YELLOWS) | _with(lamps, frozenset(_FLASHING_GREEN))
    calls, crossings = _with(lamps, _CALLS), settings.pedestrians
    flashing = _with(lamps, frozenset(_FLASHING_GREEN)) - crossings
    failed = {
        number
        for number, name in enumerate(settings.detectors, start=1)
        if any(
            alarm.active
            for (cid, code), alarm in alarms.items()
            if cid == name and code in DETECTOR_ALARMS
        )
    }
    return Reading(
        time_s=time_s,
        greens=(green - crossings) | flashing,
        yellows=clearing - crossings - flashing,
        walks=green & crossings,
        ped_clears=clearing & crossings,
        vehicle_calls=calls - crossings,
        ped_calls=calls & crossings,
        ons=green | flashing,
        active=frozenset(n for n, sign in enumerate(loops, start=1) if sign == "1"),
        failed=frozenset(failed) | period.failed,
        volumes_veh=period.volumes_veh,
        occupancies_ratio=period.occupancies_ratio,
        period=period.number,
        pattern=max(number_of(said, PLAN), 0),
        cycle_s=float(number_of(said, CYCLE)),
        mode=mode if judged.granted else Mode.HANDS_OFF,
        flags=judged.flags,
        reason=judged.reason,
    )


def _with(lamps: str, letters: frozenset[str]) -> Numbers:
    return frozenset(n for n, letter in enumerate(lamps, start=1) if letter in letters)
