"""The driver of an NTCIP 1202 controller: patterns by default, phases where the site allows it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from greenband.engine.plan import Plan

from .authority import BACKUP_MODE, COORD_ALARM
from .driver import DriverError, PhaseOrders, Reading, RefusedError, UnreachableError
from .gateway import Gateway
from .gateway_rules import CALL
from .ntcip_confirm import Confirmation, Outcome
from .ntcip_discovery import Discovery, discover, find_suffix
from .ntcip_live import LARGEST_PATTERN, read_live
from .ntcip_orders import NOTHING, hold_pairs, order_pairs, phases_of
from .ntcip_plan import Proposal, propose
from .ntcip_poll import NO_PERIOD, Detectors, Poll, Polled, read_period, reading_of
from .ntcip_settings import Settings, Written
from .ntcip_verify import verify
from .ntcip_write import pairs_of, write
from .objects import OBJECTS

LOG = logging.getLogger("greenband.cabinet.ntcip")
_CALL = OBJECTS[CALL].instance()
FRESH_S = 2.0
"""A poll older than this is no ground to keep something alive."""


class NtcipDriver:
    """One controller through its gateway; see `driver.Driver` for the contract.

    `written` has what the last plan sent and read back, `confirmation` how far the controller
    has followed it.
    """

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gateway, self._settings = gateway, settings or Settings()
        self._clock = clock
        self._found: Discovery | None = None
        self._poll: Poll | None = None
        self._last: Polled | None = None
        self._asked_s = float("-inf")
        self._period = -1
        self._cycles_s: dict[int, int] = {}
        self._orders = NOTHING
        self._good: tuple[int, float] | None = None
        self.confirmation: Confirmation | None = None
        self.written: Written | None = None

    def discover(self) -> Mapping[str, object]:
        """As `Driver.discover`; `ntcip_discovery.drift` compares two of them."""
        self._found = discover(self._gateway, self._gateway.rights.slots)
        groups = self._found.number("maxVehicleDetectorStatusGroups", 1)
        poll = Poll(self._phase_groups, groups)
        poll.learn(self._gateway)
        self._poll = poll
        return self._found.table

    def read(self) -> Reading:
        """As `Driver.read`."""
        polled = self._ask()
        pattern = max(polled.number("coordPatternStatus"), 0)
        return reading_of(
            polled,
            self._clock(),
            ours=self._gateway.rights.patterns,
            ordered=self._orders != NOTHING,
            cycle_s=self._cycle_of(pattern),
            detectors=self._detectors(polled),
        )

    def order(self, orders: PhaseOrders) -> None:
        """As `Driver.order`; the gateway refuses what the site hasn't allowed."""
        omit = self._gateway.rights.omit
        self._discovered()
        strange = phases_of(orders) - self._gateway.rights.phases
        if strange:
            raise RefusedError(f"phases {sorted(strange)} aren't ours")
        self._gateway.set(order_pairs(orders, self._phase_groups, omit=omit))
        self._orders = orders

    def run_plan(self, plan: Plan) -> None:
        """As `Driver.run_plan`. Returns once the pattern is called; `confirm` follows it.

        Nothing of a plan that is refused is in force, though some of it may stand in the idle slot.
        """
        found = self._discovered()
        standing = self._gateway.standing()
        if not standing.granted:
            raise RefusedError(f"hands off: {standing.reason}")
        live = read_live(
            self._gateway,
            self._gateway.rights.slots,
            found.number("maxPhases", 8),
            found.number("maxRings", 2),
        )
        proposal = propose(plan, live, self._settings.numbers)
        reasons = verify(proposal, live, self._settings.limits)
        if reasons:
            raise RefusedError("; ".join(reasons))
        if self._good is not None and self._good[0] == live.slot.pattern:
            self._good = None  # about to be overwritten
        pairs = pairs_of(proposal, live.slot)
        self._gateway.sent.clear()
        read_back = write(self._gateway, pairs, edition=self._settings.edition)
        polled = self._ask()
        self._call(live.slot.pattern, proposal, polled)
        self.written = Written(tuple(self._gateway.sent), (*read_back, (CALL, live.slot.pattern)))

    def confirm(self) -> Outcome | None:
        """Poll, and say how far the last plan is; None where none is being followed.

        Goes back and raises RefusedError where the controller doesn't run it.
        """
        self._ask()
        return self._judged()

    def keep_alive(self) -> None:
        """As `Driver.keep_alive`. Raises RefusedError where what we set is no longer in force."""
        ordered = self._orders != NOTHING
        polled = self._recent()
        self._judged()
        if self.confirmation is None and not ordered:
            return
        if polled.number("unitControlStatus") == BACKUP_MODE:
            self._orders, self.confirmation = NOTHING, None
            raise RefusedError("what we set ran out: the controller is in backup mode")
        if self._orders != NOTHING:
            self._gateway.set(list(hold_pairs(self._orders, self._phase_groups)))
        called = polled.number(CALL)
        if self.confirmation is None:
            return
        if called != self.confirmation.pattern:
            self.confirmation = None
            raise RefusedError(f"what we called ran out: pattern {called} is called now")
        self._gateway.set([(_CALL, called)])

    def release(self) -> None:
        """As `Driver.release`."""
        if self._found is None:
            self._gateway.suffix = find_suffix(self._gateway)
        self._take_back()
        said = self._gateway.scalars((CALL,))
        if said[CALL] != 0:
            raise RefusedError(f"systemPatternControl reads {said[CALL]!r} after it was set to 0")

    def close(self) -> None:
        """As `Driver.close`."""
        self._gateway.close()

    def commission(self, backup_time_s: int, period_s: int | None = None) -> None:
        """Set the dead man's time, and the detectors' period; needs the right to.

        Raises RefusedError where it doesn't read back.
        """
        wanted = {"unitBackupTime": backup_time_s}
        if period_s is not None:
            wanted["volumeOccupancyPeriod"] = period_s
        self._discovered()
        self._gateway.set([(OBJECTS[name].instance(), value) for name, value in wanted.items()])
        said = self._gateway.scalars(tuple(wanted))
        wrong = [f"{name} reads {said[name]!r}" for name in wanted if said[name] != wanted[name]]
        if wrong:
            raise RefusedError("; ".join(wrong))

    @property
    def _phase_groups(self) -> int:
        found = self._found
        return found.number("maxPhaseGroups", 1) if found is not None else 1

    def _discovered(self) -> Discovery:
        if self._found is None:
            self.discover()
        if self._found is None or self._poll is None:
            raise UnreachableError("it wasn't found out what the controller has")
        return self._found

    def _ask(self) -> Polled:
        self._discovered()
        if self._poll is None:
            raise UnreachableError("it wasn't found out what the controller has")
        polled = self._poll.ask(self._gateway)
        self._notice_restart(polled)
        now_s = self._clock()
        self._last, self._asked_s = polled, now_s
        if polled.number("unitControlStatus") == BACKUP_MODE:
            self._orders = NOTHING  # the controller has cleared them
        if self.confirmation is not None:
            self.confirmation.look(polled, now_s)
        return polled

    def _recent(self) -> Polled:
        """The last poll where it is fresh and from after our last call, else a new one."""
        if self._last is not None and self._clock() - self._asked_s <= FRESH_S:
            return self._last
        return self._ask()

    def _notice_restart(self, polled: Polled) -> None:
        """After a start of the controller nothing of ours is in force; its tables may differ."""
        before = self._last.up_time if self._last is not None else None
        if before is not None and polled.up_time is not None and polled.up_time < before:
            LOG.warning("the controller has started anew")
            self._orders, self._good, self._period = NOTHING, None, -1
            self._cycles_s.clear()

    def _detectors(self, polled: Polled) -> Detectors:
        period = polled.number("volumeOccupancySequence")
        if period < 0 or period == self._period:
            return NO_PERIOD
        first, self._period = self._period < 0, period
        if first:
            return NO_PERIOD  # it ended before we looked
        return read_period(
            self._gateway, self._discovered().number("maxVehicleDetectors", 0), period
        )

    def _cycle_of(self, pattern: int) -> int:
        if not 1 <= pattern <= LARGEST_PATTERN:
            return 0
        if pattern not in self._cycles_s:
            (value,) = self._gateway.get([OBJECTS["patternCycleTime"].instance(pattern)])
            self._cycles_s[pattern] = value if isinstance(value, int) else 0
        return self._cycles_s[pattern]

    def _call(self, pattern: int, proposal: Proposal, polled: Polled) -> None:
        alarmed = bool(polled.number("shortAlarmStatus") & COORD_ALARM)
        self._cycles_s.pop(pattern, None)
        before = self.confirmation
        if before is not None and before.outcome == "confirmed":
            self._good = before.pattern, self._clock()
        self._asked_s = float("-inf")
        try:
            self._gateway.set([(_CALL, pattern)])
            said = self._gateway.scalars((CALL,))[CALL]
        except UnreachableError:
            # It may have been done: what is called is followed, or it runs out by itself.
            self._follow(pattern, proposal.cycle_s, alarmed=alarmed)
            raise
        if said != pattern:
            self._take_back()
            raise RefusedError(f"systemPatternControl reads {said!r} after it was set to {pattern}")
        self._follow(pattern, proposal.cycle_s, alarmed=alarmed)

    def _follow(self, pattern: int, cycle_s: int, *, alarmed: bool) -> None:
        self.confirmation = Confirmation(pattern, cycle_s, self._clock(), alarmed)

    def _judged(self) -> Outcome | None:
        if self.confirmation is None:
            return None
        if self.confirmation.outcome != "failed":
            return self.confirmation.outcome
        reason = self.confirmation.reason
        self.confirmation = None
        raise RefusedError(f"{reason}; {self._go_back()}")

    def _go_back(self) -> str:
        """The last confirmed pattern where it isn't too old, else the controller's own plans."""
        good, self._good = self._good, None
        if good is not None and self._clock() - good[1] <= self._settings.good_for_s:
            try:
                self._asked_s = float("-inf")
                self._gateway.set([(_CALL, good[0])])
            except DriverError as error:
                LOG.warning("can't go back to pattern %d: %s", good[0], error)
            else:
                self._follow(good[0], self._cycle_of(good[0]), alarmed=True)
                return f"went back to pattern {good[0]}"
        self._take_back()
        return "gave it back to its own plans"

    def _take_back(self) -> None:
        """No pattern and no order; what follows is the controller's own time of day."""
        self._asked_s = float("-inf")
        self._gateway.set([(_CALL, 0)])
        if self._gateway.rights.phase_tier:
            self._gateway.set(order_pairs(NOTHING, self._phase_groups, omit=True))
        self._orders, self.confirmation = NOTHING, None
