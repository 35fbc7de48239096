"""The driver of an RSMP traffic light controller: time plans by cycle, offset and dynamic bands.

RSMP's dead man (M0023) watches the connection. A connection that only reads would keep a plan in
force for ever, so the driver itself gives a plan back that nobody has kept alive for so long.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from greenband.engine.plan import Plan

from .driver import DriverError, Mode, PhaseOrders, Reading, RefusedError
from .rsmp.sxl import FALSE, TRUE, bands_text
from .rsmp_gateway import BANDS, CALL, CYCLE_TIME, OFFSET, RsmpGateway, forced
from .rsmp_gateway import TIMEOUT as SET_TIMEOUT
from .rsmp_plan import RULES, TABLES, TIMEOUT, Numbers, Tables, propose, tables_of, verify
from .rsmp_reading import POLLED, TRAFFIC, Periods, reading_of
from .rsmp_standing import JUDGED, LAMPS, LOOPS, PLAN, Said, number_of, standing, text_of

LOG = logging.getLogger("greenband.cabinet.rsmp")
NO_HOLDS = (
    "RSMP has no holds or force-offs: its orders to signal groups (M0010 to M0012) are reserved "
    "for later use; give it plans"
)
VERSION = ("S0095", "status")
WATCHDOG_S = 20.0
"""While only reading, a Watchdog at least so often: a site takes long silence for a broken line."""
_BETWEEN_S = 0.5
_MINUTE_S = 60.0


@dataclass(frozen=True)
class RsmpWritten:
    """What the last plan came to: for the ledger."""

    sent: tuple[tuple[str, str], ...]
    read_back: tuple[tuple[str, int], ...]
    rules: tuple[str, ...] = tuple(RULES)


class RsmpDriver:
    """One controller through its gateway; see `driver.Driver` for the contract."""

    def __init__(
        self,
        gateway: RsmpGateway,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._gateway, self._settings = gateway, gateway.settings
        self._clock, self._sleep = clock, sleep
        self._periods = Periods()
        self._defaults: dict[int, Numbers] = {}
        self._touched: set[int] = set()
        self._called = 0
        self._seen = self._ran_out = False
        self._alive_s = clock()
        self.written: RsmpWritten | None = None

    def discover(self) -> Mapping[str, object]:
        """As `Driver.discover`."""
        said = self._gateway.ask((*TABLES, VERSION, LAMPS, LOOPS))
        tables = self._remember(tables_of(said))
        return {
            **self._gateway.spoken,
            "version": self._gateway.withheld(text_of(said, VERSION)),
            "signal_groups": len(text_of(said, LAMPS)),
            "detectors": len(text_of(said, LOOPS)),
            "plans": sorted(tables.plans),
            "bands": {plan: sorted(bands) for plan, bands in sorted(tables.bands.items())},
            "dead_man": self._dead_man() is not None,
        }

    def read(self) -> Reading:
        """As `Driver.read`; gives a plan of ours back that nobody has kept alive."""
        self._gateway.watchdog(not_within_s=WATCHDOG_S)
        if self._gateway.keep(TRAFFIC, self._settings.period_s):
            self._periods.forget()
        said = self._gateway.ask(POLLED)
        if self._expired(said):
            said = self._gateway.ask(POLLED)
        self._look(said)
        return reading_of(
            said,
            self._clock(),
            self._settings,
            mode=self._mode(said),
            period=self._periods.take(self._gateway.updates()),
            alarms=self._gateway.alarms,
        )

    def order(self, orders: PhaseOrders) -> None:
        """Raises RefusedError: there is no phase tier."""
        del orders
        raise RefusedError(NO_HOLDS)

    def run_plan(self, plan: Plan) -> None:
        """As `Driver.run_plan`. The controller takes it up where its present cycle ends."""
        said = self._gateway.ask(JUDGED)
        judged = standing(said)
        if not judged.granted:
            raise RefusedError(f"hands off: {judged.reason}")
        tables = self._remember(tables_of(self._gateway.ask(TABLES)))
        asked = propose(plan, self._settings, tables, number_of(said, PLAN))
        reasons = verify(asked, self._settings, tables)
        if reasons:
            raise RefusedError("; ".join(reasons))
        self._gateway.sent.clear()
        timeout = (("S0034.status", self._set_dead_man()),)
        read_back = self._write(asked.slot, asked.numbers)
        self._call(asked.slot)
        called = (("S0014.status", asked.slot),)
        self.written = RsmpWritten(tuple(self._gateway.sent), timeout + read_back + called)

    def keep_alive(self) -> None:
        """As `Driver.keep_alive`. Raises RefusedError where what we set is no longer in force."""
        if not self._called:
            self._gateway.watchdog()
            return
        said = self._gateway.ask(JUDGED)
        self._look(said)
        if self._ran_out:
            self._called, self._ran_out = 0, True
            raise RefusedError(f"what we called ran out: plan {number_of(said, PLAN)} is in force")
        judged = standing(said)
        if not judged.granted:
            raise RefusedError(f"hands off: {judged.reason}")
        self._gateway.watchdog()
        self._alive_s = self._clock()

    def release(self) -> None:
        """As `Driver.release`; then our plans' numbers are set to what they were.

        With hands off they are left as they are: they are idle.
        """
        self._give_back()
        self._called, self._ran_out, self._seen = 0, False, False
        if self._touched and standing(self._gateway.ask(JUDGED)).granted:
            for slot in sorted(self._touched):
                self._write(slot, self._defaults[slot])
            self._touched.clear()

    def close(self) -> None:
        """As `Driver.close`."""
        self._gateway.close()

    def _remember(self, tables: Tables) -> Tables:
        """What our plans' numbers were before we ever wrote them."""
        for slot in self._settings.plans:
            self._defaults.setdefault(slot, tables.numbers(slot))
        return tables

    def _mode(self, said: Said) -> Mode:
        if forced(said, self._settings.plans):
            return Mode.OURS
        return Mode.BACKUP if self._ran_out else Mode.LOCAL

    def _look(self, said: Said) -> None:
        """Whether what was called is in force, and whether it was and no longer is."""
        if self._called and number_of(said, PLAN) == self._called:
            self._seen = True
        elif self._called and self._seen:
            self._ran_out = True

    def _expired(self, said: Said) -> bool:
        """Give back what nobody has kept alive for as long as the dead man waits."""
        limit_s = self._settings.timeout_min * _MINUTE_S
        if not forced(said, self._settings.plans) or self._clock() - self._alive_s < limit_s:
            return False
        LOG.warning("nobody kept the plan alive for %g s: it is given back", limit_s)
        try:
            self._give_back()
        except DriverError as error:
            LOG.warning("can't give it back: %s", error)
            return False
        self._ran_out = True
        return True

    def _dead_man(self) -> int | None:
        """The controller's timeout in minutes; None where it has none (before SXL 1.1)."""
        try:
            found = number_of(self._gateway.ask((TIMEOUT,)), TIMEOUT)
        except RefusedError:
            return None
        return found if found >= 0 else None

    def _set_dead_man(self) -> int:
        """Have the controller's timeout as the settings want it; what it reads."""
        wanted = self._settings.timeout_min
        found = self._dead_man()
        if found is None:
            raise RefusedError(
                "it has no timeout for dynamic bands (S0034): nothing would take our plan back"
            )
        if found == wanted:
            return found
        self._gateway.command(SET_TIMEOUT, {"status": str(wanted)})
        found = self._dead_man()
        if found != wanted:
            raise RefusedError(f"the timeout reads {found} after it was set to {wanted}")
        return wanted

    def _write(self, slot: int, numbers: Numbers) -> tuple[tuple[str, int], ...]:
        """Write a time plan's numbers that differ, and read all of them back."""
        before = tables_of(self._gateway.ask(TABLES)).numbers(slot)
        self._touched.add(slot)
        plan = str(slot)
        if any(before.bands.get(band) != s for band, s in numbers.bands.items()):
            self._gateway.command(BANDS, {"plan": plan, "status": bands_text(numbers.bands)})
        if before.offset_s != numbers.offset_s:
            self._gateway.command(OFFSET, {"status": str(numbers.offset_s), "plan": plan})
        if before.cycle_s != numbers.cycle_s:
            self._gateway.command(CYCLE_TIME, {"status": str(numbers.cycle_s), "plan": plan})
        found = tables_of(self._gateway.ask(TABLES)).numbers(slot)
        sent, there = _pairs(slot, numbers), dict(_pairs(slot, found))
        wrong = [
            f"{name}: sent {value}, read back {there.get(name)}"
            for name, value in sent
            if there.get(name) != value
        ]
        if wrong:
            raise RefusedError("; ".join(wrong))
        return sent

    def _call(self, slot: int) -> None:
        # Before it is sent: without an answer it may have been done, and is then followed.
        self._called, self._seen, self._ran_out = slot, False, False
        self._alive_s = self._clock()
        try:
            self._gateway.command(CALL, {"status": TRUE, "timeplan": str(slot)})
        except RefusedError:
            self._called = 0
            raise
        if not self._becomes(lambda said: forced(said, (slot,))):
            self._called = 0
            self._give_back()
            raise RefusedError(f"time plan {slot} was called and isn't in force (S0014)")
        self._seen = True

    def _give_back(self) -> None:
        """Its own plan again, and read back that it is."""
        ours = self._settings.plans
        self._gateway.command(CALL, {"status": FALSE, "timeplan": str(ours[0])})
        if not self._becomes(lambda said: not forced(said, ours)):
            raise RefusedError("a plan of ours is still in force after it was given back (S0014)")

    def _becomes(self, so: Callable[[Said], bool]) -> bool:
        """Whether what it says of its plan becomes so in the time that it may take."""
        until_s = self._clock() + self._settings.settle_s
        while not so(self._gateway.ask(JUDGED)):
            if self._clock() >= until_s:
                return False
            self._sleep(_BETWEEN_S)
        return True


def _pairs(slot: int, numbers: Numbers) -> tuple[tuple[str, int], ...]:
    """A plan's numbers as a ledger names them: the status, the plan, the band."""
    return (
        (f"S0028.status.{slot}", numbers.cycle_s),
        (f"S0024.status.{slot}", numbers.offset_s),
        *((f"S0023.status.{slot}.{band}", s) for band, s in sorted(numbers.bands.items())),
    )
