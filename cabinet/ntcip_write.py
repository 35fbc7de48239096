"""Writes a plan into an idle slot, reads it back, and compares; nothing is called here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

from .driver import DriverError, RefusedError
from .gateway import Gateway, set_parts
from .gateway_rules import Slot, items_of, label
from .ntcip_plan import Proposal
from .objects import OBJECTS
from .store import Oid

Edition = Literal["v01", "v02"]
VERIFIED: dict[Edition, int] = {"v01": 2, "v02": 3}
"""What dbVerifyStatus says where a transaction is in order."""
_NORMAL, _TRANSACTION, _VERIFY, _DONE = 1, 2, 3, 6
_LOOKS, _BETWEEN_S = 50, 0.1

Pair = tuple[Oid, int]


def pairs_of(plan: Proposal, slot: Slot) -> list[Pair]:
    """What is to be SET for a plan."""
    splits = sorted(plan.splits_s.items())
    return [
        *((OBJECTS["splitTime"].instance(slot.split, phase), value) for phase, value in splits),
        (OBJECTS["patternCycleTime"].instance(slot.pattern), plan.cycle_s),
        (OBJECTS["patternOffsetTime"].instance(slot.pattern), plan.offset_s),
    ]


def write(
    gateway: Gateway,
    pairs: Sequence[Pair],
    *,
    edition: Edition | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[tuple[str, int]]:
    """SET the pairs, in parts that fit, and read them back; `edition` where by a transaction.

    Returns what was read back, in words. Raises RefusedError where a value isn't as it was sent.
    """
    if edition is None:
        _send(gateway, pairs)
    else:
        _by_transaction(gateway, pairs, edition, sleep)
    found = gateway.get([oid for oid, _ in pairs])
    items = items_of(
        [
            (oid, value if isinstance(value, int) else -1)
            for (oid, _), value in zip(pairs, found, strict=True)
        ]
    )
    wrong = [
        f"{label(item)}: sent {sent}, read back {item.number}"
        for item, (_, sent) in zip(items, pairs, strict=True)
        if item.number != sent
    ]
    if wrong:
        raise RefusedError("; ".join(wrong))
    return [(label(item), item.number) for item in items]


def _send(gateway: Gateway, pairs: Sequence[Pair]) -> None:
    for part in set_parts(pairs, gateway.max_size):
        gateway.set(part)


def _by_transaction(
    gateway: Gateway, pairs: Sequence[Pair], edition: Edition, sleep: Callable[[float], None]
) -> None:
    """Open, send, have it checked, commit; left open by a mistake it is closed again."""
    place = OBJECTS["dbCreateTransaction"].instance()
    if _state(gateway) not in (_NORMAL, _DONE):
        raise RefusedError("another transaction is open")
    try:
        gateway.set([(place, _TRANSACTION)])
        _send(gateway, pairs)
        gateway.set([(place, _VERIFY)])
        _await_done(gateway, sleep)
        said = gateway.scalars(("dbVerifyStatus", "dbVerifyError"))
        if said["dbVerifyStatus"] != VERIFIED[edition]:
            error = said["dbVerifyError"]
            text = error.decode("latin-1") if isinstance(error, bytes) else ""
            raise RefusedError(f"the controller's own check failed: {text!r}")
    finally:
        # This commits where the check was passed, and throws away else.
        gateway.set([(place, _NORMAL)])


def _await_done(gateway: Gateway, sleep: Callable[[float], None]) -> None:
    for _ in range(_LOOKS):
        if _state(gateway) == _DONE:
            return
        sleep(_BETWEEN_S)
    raise DriverError("the controller doesn't end its check of the transaction")


def _state(gateway: Gateway) -> int:
    value = gateway.scalars(("dbCreateTransaction",))["dbCreateTransaction"]
    return value if isinstance(value, int) else -1
