"""Orders to phases as the octets of the phase control groups."""

from __future__ import annotations

from collections.abc import Iterator

from .driver import PhaseOrders
from .gateway_rules import ORDERS
from .objects import OBJECTS, group_bits
from .store import Oid

NOTHING = PhaseOrders()


def phases_of(orders: PhaseOrders) -> frozenset[int]:
    """All phases that are told something."""
    return orders.hold | orders.force_off | orders.call | orders.ped_call | orders.omit


def order_pairs(orders: PhaseOrders, groups: int, *, omit: bool) -> list[tuple[Oid, int]]:
    """All groups of all orders, so that what isn't named is taken back."""
    told = (orders.hold, orders.force_off, orders.call, orders.ped_call, orders.omit)
    return [
        (OBJECTS[name].instance(group), group_bits(set(phases), group))
        for name, phases in zip(ORDERS, told, strict=True)
        if omit or name != "phaseControlGroupPhaseOmit" or phases
        for group in range(1, groups + 1)
    ]


def hold_pairs(orders: PhaseOrders, groups: int) -> Iterator[tuple[Oid, int]]:
    """The holds alone: what may be said again without being another order."""
    for group in range(1, groups + 1):
        yield OBJECTS[ORDERS[0]].instance(group), group_bits(set(orders.hold), group)
