"""What is sent to one controller, and written down before and after: plans, orders, releases.

What can't be written down isn't sent; giving back is the exception.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from greenband.engine.plan import Plan

from .deadman import Words
from .driver import DriverError, PhaseOrders, Reading, RefusedError
from .ledger_record import Approval, Decision, Outcome, Value, Verdict
from .live_config import Wiring
from .live_link import Link
from .live_plans import Planner
from .live_record import NO_INPUT, Record, order_values, reading_values, written_values

LOG = logging.getLogger("greenband.live")
GATE = ("gate",)
"""The rules that every plan is checked by first: those of the Gate."""
GIVEN_BACK = {
    "ntcip": (Value("systemPatternControl", 0),),
    "rsmp": (Value("M0002.status", "False"),),
}
"""What a driver sets when it gives a controller back."""
Clock = Callable[[], float]


@dataclass
class Counts:
    """What has happened since the service began, for metrics."""

    plans: int = 0
    orders: int = 0
    keep_alives: int = 0
    releases: int = 0
    refusals: int = 0
    moves: dict[str, int] = field(default_factory=dict)


class Sender:
    """Sends to one controller; every call may raise DriverError, and InputError of the ledger.

    `inputs` and `approval` are those that the next decision is recorded with; `orders` are those
    in force, None where there are none of ours.
    """

    def __init__(
        self, wiring: Wiring, link: Link, record: Record, planner: Planner, clock: Clock
    ) -> None:
        self._wiring, self._link, self._record = wiring, link, record
        self._planner, self._clock = planner, clock
        self.words, self.counts = Words(wiring.deadman), Counts()
        self.inputs = NO_INPUT
        self.approval: Approval | None = None
        self.orders: PhaseOrders | None = None
        self._shadowed: PhaseOrders | None = None

    def run(self, plan: Plan, note: str = "", *, shadow: bool) -> bool:
        """The pattern tier: whether the plan was verified, written down, sent and called."""
        refusal = self._planner.refusal(plan)
        verdict = Verdict(not refusal, GATE, refusal)
        note = note or plan_words(plan)
        driver = self._link.driver
        if refusal or shadow or driver is None:
            self._planner.keep(plan, shadow=True)
            self.counts.refusals += bool(refusal)
            self._record.append(self.made("shadow" if shadow else "refused", verdict, note))
            return False
        intent = self._record.intend(self.made("confirmed", verdict, note))
        try:
            driver.run_plan(plan)
        except DriverError as error:
            self._record.append(_ended(intent, error))
            raise
        self.words.said(self._clock())
        self._planner.keep(plan)
        self.counts.plans += 1
        sent, back, rules = written_values(getattr(driver, "written", None))
        told = Verdict(True, (*GATE, *rules))
        self._record.append(replace(intent, verdict=told, sent=sent, read_back=back))
        return True

    def order(self, orders: PhaseOrders, reading: Reading, *, shadow: bool) -> None:
        """The phase tier: what the phases are told, where it isn't what they were told."""
        back, driver = reading_values(reading), self._link.driver
        if shadow or driver is None:
            if orders != self._shadowed:
                self._shadowed = orders
                made = self.made("shadow", Verdict(True), order_words(orders))
                self._record.append(replace(made, read_back=back))
            return
        if orders == self.orders:
            return
        made = self.made("confirmed", Verdict(True), order_words(orders))
        intent = self._record.intend(replace(made, sent=order_values(orders)))
        try:
            driver.order(orders)
        except DriverError as error:
            self._record.append(_ended(intent, error))
            raise
        self.words.said(self._clock())
        self.orders = orders
        self.counts.orders += 1
        self._record.append(replace(intent, read_back=back))

    def clear_orders(self) -> None:
        """Take back all holds and calls: one would outlast a plan's green."""
        if self._wiring.config.tier == "phase" and self._link.driver is not None:
            self._link.driver.order(PhaseOrders())
        self.orders = None

    def keep_alive(self) -> None:
        """Say that what is in force is still meant."""
        if self._link.driver is not None:
            self._link.driver.keep_alive()
            self.words.said(self._clock())
            self.counts.keep_alives += 1

    def release(self, reason: str) -> None:
        """Give it back; written down when it is done, whatever the ledger says to it."""
        driver = self._link.driver
        if driver is None:
            return
        driver.release()
        self.words.taken_back()
        self.orders = None
        self._planner.dropped()
        self.counts.releases += 1
        LOG.info("released", extra={"site": self._wiring.name, "reason": reason})
        made = self._record.decision(
            self._wiring.name, "release", "confirmed", approval=self.approval, note=reason
        )
        sent = GIVEN_BACK[self._wiring.config.driver]
        self._record.append(replace(made, sent=sent, read_back=reading_values(self._link.last)))

    def remark(self, note: str) -> None:
        """Write down that nothing was done, and why."""
        self._record.append(self.made("refused", Verdict(False, (), note), ""))

    def made(self, outcome: Outcome, verdict: Verdict, note: str) -> Decision:
        """A decision of now for this site."""
        return self._record.decision(
            self._wiring.name,
            self._wiring.config.tier,
            outcome,
            inputs_digest=self.inputs,
            verdict=verdict,
            approval=self.approval,
            note=note,
        )


def _ended(intent: Decision, error: DriverError) -> Decision:
    refused = isinstance(error, RefusedError)
    verdict = Verdict(False, intent.verdict.rules, str(error)) if refused else intent.verdict
    return replace(
        intent, outcome="refused" if refused else "failed", verdict=verdict, note=str(error)
    )


def plan_words(plan: Plan) -> str:
    """A plan in one line."""
    parts = " ".join(f"{s.id}:{s.split_s:g}" for s in plan.phases or plan.stages)
    return f"cycle {plan.cycle_s:g} s, offset {plan.offset_s:g} s, splits {parts}"


def order_words(orders: PhaseOrders) -> str:
    """Orders in one line."""
    told = (f"{v.object.removeprefix('phaseControlGroup')} {v.value}" for v in order_values(orders))
    return "; ".join(told) or "nothing"
