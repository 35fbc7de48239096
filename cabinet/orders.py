"""The phase tier: a Command as what the controller's phases are told for the next second."""

from __future__ import annotations

from greenband.engine.frame import Colour, Command, Order
from greenband.engine.site import Site

from .driver import Numbers, PhaseOrders, Reading
from .mapping import Mapping

NOTHING = PhaseOrders()


def orders_of(
    command: Command, reading: Reading, site: Site, mapping: Mapping, *, omit: bool = False
) -> PhaseOrders:
    """Hold what is green and wanted, force off what is to end, call what is to come.

    The controller times its own minimum greens, yellow and clearances, so a force-off that comes
    too early does nothing yet. It serves what its rings come to next; with `omit` phases that have
    a call but aren't wanted are passed over while others are to come. Nothing at all while the
    controller says that somebody else has it.
    """
    if reading.flags:
        return NOTHING
    told: dict[str, set[int]] = {"hold": set(), "force_off": set(), "call": set()}
    coming = _coming(command, reading, mapping)
    peds: set[int] = set()
    for k, order in enumerate(command.orders):
        number = mapping.phases[k]
        if site.phases[k].kind == "pedestrian":
            peds |= _walk(order, number, reading)
            continue
        gone = order == Order.END or (coming and command.colours[k] != Colour.GREEN)
        name = _told(order, lit=number in reading.greens, gone=gone)
        if name:
            told[name].add(number)
        if command.walks and command.walks[k] == Colour.GREEN:
            peds |= _walk(Order.SERVE, number, reading)
    hold, force_off = told["hold"] - told["force_off"], told["force_off"]
    wanted = hold | told["call"]
    return PhaseOrders(
        hold=frozenset(hold),
        force_off=frozenset(force_off),
        call=frozenset(told["call"]),
        ped_call=frozenset(peds),
        omit=_passed_over(command, reading, mapping, frozenset(wanted)) if omit else frozenset(),
    )


def _coming(command: Command, reading: Reading, mapping: Mapping) -> bool:
    """Whether some phase is still to become green."""
    wanted = {n for n, o in zip(mapping.phases, command.orders, strict=True) if o == Order.SERVE}
    return bool(wanted - reading.greens)


def _told(order: int, *, lit: bool, gone: bool) -> str:
    """What one phase is told; `gone`: the Gate has ended its green, the controller will."""
    if lit and gone:
        return "force_off"
    if order == Order.SERVE:
        return "hold" if lit else "call"
    return "call" if order == Order.CALL else ""


def _walk(order: int, number: int, reading: Reading) -> set[int]:
    """A pedestrian call, unless somebody walks there already."""
    walking = number in reading.walks | reading.ped_clears
    return {number} if order in (Order.SERVE, Order.CALL) and not walking else set()


def _passed_over(command: Command, reading: Reading, mapping: Mapping, wanted: Numbers) -> Numbers:
    asked = {n for n, o in zip(mapping.phases, command.orders, strict=True) if o == Order.OMIT}
    coming = wanted - reading.greens
    if coming:
        called = reading.vehicle_calls | reading.ped_calls
        ours = frozenset(mapping.phases)
        asked |= (called & ours) - wanted - reading.greens - reading.yellows
    return frozenset(asked)
