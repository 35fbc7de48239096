"""A cabinet: a controller, the conflict monitor that watches its lamps, and its event log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from greenband.cabinet.event_writer import EventFiles, Seen, changes
from greenband.cabinet.monitor import ConflictMonitor, Lamps, MonitorCard
from greenband.engine.plan import Plan
from greenband.engine.site import Site

from .controller import NOT_FLASHING, Controller, Inputs
from .database import database_of, detectors_of, numbers_of
from .program import TENTHS
from .rings import Ended, Lamp
from .values import Values

STEP_S = 1.0 / TENTHS


def card_of(site: Site) -> MonitorCard:
    """What the monitor is set to for a site with rings: from the site, not from the controller."""
    numbers, together = numbers_of(site), set[frozenset[int]]()
    for groups in zip(*site.rings, strict=True):
        for a, first in enumerate(groups):
            for second in groups[a + 1 :]:
                together |= {frozenset((numbers[p], numbers[q])) for p in first for q in second}
    phases = tuple(sorted(numbers.values()))
    by_number = {numbers[p.id]: p for p in site.phases}
    return MonitorCard(
        phases=phases,
        conflicts=frozenset(
            (p, q) for p in phases for q in phases if p < q and frozenset((p, q)) not in together
        ),
        yellow_min_s={n: _tenths_s(p.yellow_s or 4.0) for n, p in by_number.items()},
        clearance_min_s={n: _tenths_s(p.red_clearance_s or 0.0) for n, p in by_number.items()},
    )


def _tenths_s(seconds: float) -> float:
    """As the controller's objects can hold it."""
    return round(TENTHS * seconds) / TENTHS


class VirtualCabinet:
    """A site's cabinet.

    Parameters
    ----------
    site : with rings, its limits filled in. plans, midnight_s, schedule : as of `Controller`.
    events : where its high-resolution log goes. began : the wall-clock time of its start.
    """

    def __init__(
        self,
        site: Site,
        *,
        plans: Mapping[int, Plan] | None = None,
        schedule: Sequence[tuple[int, int]] = (),
        events: EventFiles | None = None,
        began: dt.datetime | None = None,
    ) -> None:
        self.site = site
        self._began = began or dt.datetime(2026, 1, 5)
        midnight = self._began.replace(hour=0, minute=0, second=0, microsecond=0)
        self.controller = Controller(
            database_of(site, plans),
            midnight_s=(self._began - midnight).total_seconds(),
            schedule=schedule,
        )
        self.values = Values(self.controller)
        self.monitor = ConflictMonitor(card_of(site))
        self.detectors = detectors_of(site)
        self._events, self._seen = events, Seen()

    def step(self, inputs: Inputs) -> None:
        """A tenth of a second: the controller, then the monitor on what is lit."""
        controller = self.controller
        controller.step(inputs)
        if controller.flash_status != NOT_FLASHING:
            self.monitor.look_away()
        else:
            lamps = {phase: _lit(lamp) for phase, lamp in controller.lamps().items()}
            if self.monitor.step(lamps, STEP_S) is not None:
                controller.conflict_flash = True
        self._log()

    def run(self, seconds: float, inputs: Inputs) -> None:
        """So many seconds of the same inputs."""
        for _ in range(round(TENTHS * seconds)):
            self.step(inputs)

    def told(self) -> dict[str, Any]:
        """What it shows, as the lock step answers."""
        rings, fault = self.controller.rings, self.monitor.fault
        return {
            "time_s": self.controller.now / TENTHS,
            "greens": sorted(rings.greens),
            "yellows": sorted(rings.yellows),
            "walks": sorted(rings.walks),
            "ped_clears": sorted(rings.ped_clears),
            "flash": self.controller.flash_status != NOT_FLASHING,
            "fault": None if fault is None else f"{fault.kind} {list(fault.phases)}",
        }

    def _log(self) -> None:
        if self._events is None:
            return
        now = self._seen_now()
        moment = self._began + dt.timedelta(seconds=self.controller.now / TENTHS)
        self._events.add(moment, changes(self._seen, now))
        self._seen = now

    def _seen_now(self) -> Seen:
        c = self.controller
        ended = c.rings.ending
        return Seen(
            greens=c.rings.greens,
            yellows=c.rings.yellows,
            clearing=frozenset(r.phase for r in c.rings.rings if r.lamp is Lamp.RED_CLEAR),
            walks=c.rings.walks,
            ped_clears=c.rings.ped_clears,
            calls=c.calls,
            ped_calls=c.ped_calls,
            holds=c.controlled("Hold"),
            gapped=frozenset(p for p, why in ended.items() if why is Ended.GAP),
            maxed=frozenset(p for p, why in ended.items() if why is Ended.MAX),
            forced=frozenset(p for p, why in ended.items() if why is Ended.FORCE),
            active=c.detectors.active,
            buttons=c.inputs.buttons,
            preempts=c.inputs.preempts,
            preempted=frozenset({c.preempt}) - {0},
            pattern=c.pattern,
            coordination=0 if c.coordinator is None else 1 if c.coordinator.in_step else 2,
            flash=c.flash_status,
        )

    def close(self) -> None:
        """End the log."""
        if self._events is not None:
            self._events.close()


def _lit(lamp: Lamp) -> Lamps:
    return Lamps(
        red=lamp in (Lamp.RED, Lamp.RED_CLEAR),
        yellow=lamp is Lamp.YELLOW,
        green=lamp is Lamp.GREEN,
    )
