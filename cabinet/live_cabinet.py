"""One cabinet of the live service: polled, judged, driven as far as its rung allows.

`poll` and `act` are called each second by one thread of its own; the loop's thread gives it
commands and reads what it shows. Whatever fails here stays here.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping
from math import inf

import numpy as np

from greenband.engine.errors import InputError
from greenband.engine.frame import Command, State
from greenband.engine.plan import Plan

from .drift import Commissioned, backup_words
from .driver import Mode, PhaseOrders, Reading, RefusedError
from .event_writer import Coded, EventFiles, Seen, changes, plan_events, seen_of
from .frames import share_believed
from .ladder import DRIVES, Ladder, Move, Rung, Situation
from .ledger_record import Approval, digest
from .live_config import Wiring, numbers_of
from .live_link import Link
from .live_plans import Planner, same_plan
from .live_record import Record
from .live_send import Sender
from .orders import orders_of

LOG = logging.getLogger("greenband.live")
DECIDED_WITHIN_S = 5.0
"""A controller that has not been heard for so long doesn't decide."""
RECORD_AGAIN_S = 30.0
"""Between attempts to write to a ledger that couldn't be written."""
Approved = Callable[[], tuple[Approval | None, str]]


class LiveCabinet:
    """See the module. `clock` is monotonic, `wall` the controllers' wall-clock time."""

    def __init__(
        self,
        wiring: Wiring,
        link: Link,
        record: Record,
        approved: Approved,
        planner: Planner,
        *,
        clock: Callable[[], float],
        wall: Callable[[], dt.datetime],
        events: EventFiles | None = None,
        commissioned: Commissioned | None = None,
    ) -> None:
        self.wiring, self.link, self.planner = wiring, link, planner
        self.site, self.mapping = wiring.site, wiring.mapping
        self._approved, self._events, self._commissioned = approved, events, commissioned
        self._clock, self._wall = clock, wall
        self.ladder = Ladder(wiring.ladder_limits, clock())
        self.sender = Sender(wiring, link, record, planner, clock)
        self.not_approved, self.not_safe = "not approved", ""
        self.controller_error, self.record_error, self.refusal = "", "", ""
        self.command: Command | None = None
        self.asked_plan: Plan | None = None
        self.fallback_s: Mapping[str, int] = {}
        self.believed = 1.0
        self._calls: tuple[bool, ...] = (False,) * len(self.site.phases)
        self._decided_s = -inf
        self._ran_out = self._give_back = False
        self._seen: Seen | None = None
        self._events_error = ""
        self._record_again_s = -inf

    @property
    def reading(self) -> Reading | None:
        """As `street.Sighted.reading`."""
        return self.link.reading

    @property
    def follows(self) -> bool:
        """As `street.Sighted.follows`."""
        return self.wiring.config.tier == "phase" and self.ladder.rung is Rung.ADAPTIVE

    @property
    def now_s(self) -> float:
        """Its clock."""
        return self._clock()

    def tell(self, command: Command) -> None:
        """As `street.Sighted.tell`."""
        self.command = command

    def saw(self, state: State) -> None:
        """The controller has decided on this state; called by the loop's thread."""
        self._calls = tuple(state.calls.tolist())
        self.sender.inputs = digest(
            state.time_s, state.counts_veh, state.occupancy_ratio, state.presence, state.health,
            state.colour, state.colour_s, state.calls, state.queue_veh,
        )  # fmt: skip
        mapped = np.array(self.mapping.detectors) > 0
        self.believed = share_believed(state.finding[mapped])
        self._decided_s = self._clock()

    def discovered(self, table: Mapping[str, object]) -> None:
        """What the controller is, each time it is opened: for `Link`."""
        self.not_safe = backup_words(table, self.wiring.deadman.backup_s)
        if self._commissioned is not None:
            self._commissioned.compare(table)
            self.not_safe = self.not_safe or self._commissioned.words
        if self.not_safe:
            LOG.error("cabinet differs", extra={"site": self.site.id, "reason": self.not_safe})

    def poll(self) -> None:
        """Read it, and keep what it shows."""
        reading = self.link.poll()
        if reading is None:
            self.planner.forget()
            return
        lost = {Mode.BACKUP} if self.planner.current is None else {Mode.BACKUP, Mode.LOCAL}
        if self.sender.words.in_force and reading.mode in lost and self.ladder.rung in DRIVES:
            self._ran_out = True
        self._keep_events(reading)
        if reading.flags or self.command is None:
            self.planner.forget()
        else:
            self.planner.see(self._second_s(), reading, self.command, self._calls)
        self.planner.watch(reading, self._clock())

    def act(self) -> None:
        """Climb or fall, and do what the rung asks for."""
        self.sender.approval, self.not_approved = self._approved()
        if self.not_safe and self._commissioned is not None and not self._commissioned.kept:
            self.link.close()  # approved anew: it is opened and looked at again
        move = self.ladder.step(self._situation(), self._clock())
        if move is not None:
            self._moved(move)
        if self.link.driver is None or not self.link.reachable:
            return
        try:
            self._do()
        except RefusedError as error:
            self._refused(error)
        except InputError as error:  # the ledger: what can't be written down may not be sent
            if not self.record_error:
                LOG.error("ledger fails", extra={"site": self.site.id, "reason": str(error)})
            self.record_error, self._record_again_s = str(error), self._clock() + RECORD_AGAIN_S
        except Exception as error:  # the way there, or a mistake of ours: it stays here
            self.link.failed(error)

    def leave(self) -> None:
        """At the end of the service: give back what is ours, and close."""
        try:
            if self.sender.words.in_force:
                self.sender.release("the service stops")
        except Exception as error:  # it runs out by itself
            LOG.error("can't give back", extra={"site": self.site.id, "reason": str(error)})
        self.link.close()
        try:
            if self._events is not None:
                self._events.close()
        except Exception as error:  # its CSV stays, and is taken up the next time
            LOG.error("event log fails", extra={"site": self.site.id, "reason": str(error)})

    def _situation(self) -> Situation:
        last, link = self.link.last, self.link
        approved = self.sender.approval is not None and not self.not_safe
        hands_off = last is not None and last.mode is Mode.HANDS_OFF
        undecided = self._undecided()
        why = (
            (not approved, self.not_safe or self.not_approved),
            (not link.reachable, link.trouble),
            (hands_off, last.reason if last is not None else ""),
            (self._ran_out, self.refusal),
        )
        return Situation(
            approved=approved,
            reachable=link.reachable,
            hands_off=hands_off,
            ran_out=self._ran_out,
            deciding=not undecided,
            plan_age_s=inf if self.record_error else self.planner.age_s(),
            words=next((words for found, words in why if found), undecided),
        )

    def _undecided(self) -> str:
        """Words where the controller's decisions can't be used."""
        if self.record_error:
            return f"the ledger can't be written: {self.record_error}"
        if self.controller_error:
            return f"the controller fails: {self.controller_error}"
        if self._clock() - self._decided_s > DECIDED_WITHIN_S:
            return "the controller doesn't decide"
        least = self.wiring.config.fallback.least_believed_ratio
        if self.believed < least:
            return f"{self.believed:.0%} of its detectors are believed"
        return ""

    def _moved(self, move: Move) -> None:
        before, after = move.before.value, move.after.value
        LOG.info(
            "rung",
            extra={
                "site": self.site.id, "before": before, "after": after, "reason": move.reason,
            },
        )  # fmt: skip
        moves = self.sender.counts.moves
        moves[after] = moves.get(after, 0) + 1
        self.sender.orders = None
        self.planner.begin(self._clock())
        leaves = move.after is Rung.SHADOW and self.sender.words.in_force
        if move.after is Rung.STANDBY or leaves:
            self._give_back = True
        elif move.after is not Rung.SHADOW:
            self._give_back = False

    def _do(self) -> None:
        rung, now_s = self.ladder.rung, self._clock()
        if self._give_back:
            self._release()
        elif rung is Rung.LAST_PLAN:
            self._run_verified()
        elif rung in (Rung.ADAPTIVE, Rung.SHADOW):
            self._adapt(shadow=rung is Rung.SHADOW)
        elif self.record_error and now_s >= self._record_again_s:
            self.sender.remark(self.record_error)
            self.record_error = ""
        if rung in DRIVES and self.sender.words.due(now_s):
            self.sender.keep_alive()

    def _release(self) -> None:
        self._ran_out = False
        before = self.sender.counts.releases
        try:
            self.sender.release(self.ladder.reason)
        finally:  # it may have been done, and not written down
            self._give_back = self.sender.counts.releases == before

    def _run_verified(self) -> None:
        plan = self.planner.verified
        if plan is None or same_plan(plan, self.planner.current):
            return
        self.sender.clear_orders()
        if self.sender.run(plan, "the last verified plan", shadow=False):
            self._tell_plan(plan)
        else:
            self.planner.distrust()

    def _adapt(self, *, shadow: bool) -> None:
        reading, command = self.link.reading, self.command
        if reading is None or command is None or (reading.flags and not shadow):
            return
        if self.wiring.config.tier == "phase":
            omit = self.wiring.config.omit
            orders = orders_of(command, reading, self.site, self.mapping, omit=omit)
            self.sender.order(orders, reading, shadow=shadow)
            return
        plan = self.planner.due(self._clock(), self.asked_plan)
        if plan is not None and self.sender.run(plan, shadow=shadow):
            self._tell_plan(plan)

    def _refused(self, error: RefusedError) -> None:
        """Not done. Where it was to keep something alive, that is no longer in force."""
        words = self.sender.words
        self.refusal = str(error)
        self.sender.counts.refusals += 1
        LOG.warning("refused", extra={"site": self.site.id, "reason": self.refusal})
        if self.ladder.rung is Rung.LAST_PLAN:
            self.planner.distrust()
        if words.in_force and self.ladder.rung in DRIVES and words.due(self._clock()):
            self._ran_out = True

    def _keep_events(self, reading: Reading) -> None:
        told = self.sender.orders or PhaseOrders()
        seen = seen_of(reading, holds=told.hold, forced=told.force_off)
        self._tell(changes(self._seen or Seen(), seen))
        self._seen = seen

    def _tell_plan(self, plan: Plan) -> None:
        numbers = numbers_of(self.wiring)
        splits = {numbers[s.id]: round(s.split_s) for s in plan.phases if s.id in numbers}
        self._tell(plan_events(round(plan.cycle_s), round(plan.offset_s), splits))

    def _tell(self, events: Iterable[Coded]) -> None:
        """Keep them; a log that can't be written is said once, and holds nothing up."""
        if self._events is None:
            return
        try:
            self._events.add(self._wall(), events)
        except Exception as error:  # of the disk, or of what stands in the file already
            if not self._events_error:
                LOG.error("event log fails", extra={"site": self.site.id, "reason": str(error)})
            self._events_error = str(error)
        else:
            self._events_error = ""

    def _second_s(self) -> float:
        now = self._wall()
        return float(now.hour * 3600 + now.minute * 60 + now.second)
