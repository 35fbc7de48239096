"""What the live service writes down: each decision for a site, before and after it is sent."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from greenband.engine.kernels.jit import KERNELS, sources_digest

from .driver import PhaseOrders, Reading
from .ledger import Ledger
from .ledger_record import Approval, Decision, Outcome, Scalar, Tier, Value, Verdict

NO_INPUT = "0" * 64
UNQUESTIONED = Verdict(accepted=True)
_ORDERS = (
    ("hold", "phaseControlGroupHold"),
    ("force_off", "phaseControlGroupForceOff"),
    ("call", "phaseControlGroupVehCall"),
    ("ped_call", "phaseControlGroupPedCall"),
    ("omit", "phaseControlGroupPhaseOmit"),
)


@dataclass(frozen=True)
class Brain:
    """Who decides, as every decision names it."""

    controller: str
    parameters: Mapping[str, Scalar]
    controller_digest: str
    kernel_digest: str


def brain_of(controller: str, parameters: Mapping[str, Scalar], sources: tuple[Path, ...]) -> Brain:
    """The controller with the digests of its code and of the compiled kernels.

    `sources`: folders of Python files and single files that it is made of.
    """
    sha = hashlib.sha256()
    for source in sources:
        files = sorted(source.rglob("*.py")) if source.is_dir() else [source]
        for file in files:
            name = file.name if file == source else file.relative_to(source).as_posix()
            data = file.read_bytes()
            sha.update(f"{len(name)}:{name}{len(data)}:".encode())
            sha.update(data)
    return Brain(controller, dict(parameters), sha.hexdigest(), sources_digest(KERNELS))


class Record:
    """The ledger, shared by the threads of all cabinets; without one (``None``) nothing is kept."""

    def __init__(
        self,
        ledger: Ledger | None,
        brain: Brain,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._ledger, self.brain, self._now = ledger, brain, now
        self._lock = threading.Lock()
        self.entries = 0

    def decision(
        self,
        site: str,
        tier: Tier,
        outcome: Outcome,
        *,
        inputs_digest: str = NO_INPUT,
        verdict: Verdict = UNQUESTIONED,
        approval: Approval | None = None,
        note: str = "",
    ) -> Decision:
        """A decision of now, to be completed with what was sent."""
        return Decision(
            site=site,
            time=self._now(),
            tier=tier,
            inputs_digest=inputs_digest,
            controller=self.brain.controller,
            parameters=self.brain.parameters,
            controller_digest=self.brain.controller_digest,
            kernel_digest=self.brain.kernel_digest,
            verdict=verdict,
            approval=approval,
            outcome=outcome,
            note=note,
        )

    def intend(self, decision: Decision) -> Decision:
        """Write down what is about to be sent; the decision with that entry's number.

        Raises InputError where it can't be written: then nothing may be sent.
        """
        if self._ledger is None:
            return decision
        with self._lock:
            self.entries += 1
            return replace(decision, intent=self._ledger.intend(decision))

    def append(self, decision: Decision) -> None:
        """Write down a decision. Raises InputError where it can't be written."""
        if self._ledger is None:
            return
        with self._lock:
            self.entries += 1
            self._ledger.append(decision)

    def tick(self) -> None:
        """Sign a head where it is time to."""
        if self._ledger is not None:
            with self._lock:
                self._ledger.tick()


def order_values(orders: PhaseOrders) -> tuple[Value, ...]:
    """Orders as the ledger has them: an object an order, phases as a list."""
    return tuple(
        Value(name, ",".join(map(str, sorted(told))))
        for attribute, name in _ORDERS
        if (told := getattr(orders, attribute))
    )


def reading_values(reading: Reading | None) -> tuple[Value, ...]:
    """What a controller said, as the ledger has it."""
    if reading is None:
        return ()
    return (
        Value("coordPatternStatus", reading.pattern),
        Value("phaseStatusGroupGreens", ",".join(map(str, sorted(reading.greens)))),
        Value("phaseStatusGroupYellows", ",".join(map(str, sorted(reading.yellows)))),
    )


def written_values(written: object) -> tuple[tuple[Value, ...], tuple[Value, ...], tuple[str, ...]]:
    """What a driver's last plan sent and read back, and the rules that it was checked by."""
    sent = tuple(Value(name, value) for name, value in getattr(written, "sent", ()))
    back = tuple(Value(name, value) for name, value in getattr(written, "read_back", ()))
    return sent, back, tuple(getattr(written, "rules", ()))
