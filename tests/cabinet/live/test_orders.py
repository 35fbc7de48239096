"""A Command as holds, force-offs and calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenband.cabinet.driver import PhaseOrders, Reading
from greenband.cabinet.mapping import mapping_of
from greenband.cabinet.orders import NOTHING, orders_of
from greenband.engine.frame import Colour, Command, Flag, Order
from greenband.engine.site import Site

REST, SERVE, END, CALL, OMIT = (int(o) for o in Order)
MAIN = Reading(0.0, frozenset({2, 6}), frozenset())


def only(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def command(
    orders: tuple[int, ...], walks: tuple[int, ...] = (), colours: tuple[int, ...] = (2, 2, 0, 0)
) -> Command:
    return Command(0.0, colours, orders, 0, walks=walks)


@pytest.mark.parametrize(
    ("orders", "reading", "told"),
    [
        ((SERVE, SERVE, REST, REST), MAIN, PhaseOrders(hold=only(2, 6))),
        (
            (END, END, SERVE, SERVE),
            MAIN,
            PhaseOrders(force_off=only(2, 6), call=only(4, 8)),
        ),
        ((END, END, SERVE, SERVE), Reading(0.0, only(), only(2, 6)), PhaseOrders(call=only(4, 8))),
        ((REST, REST, CALL, REST), MAIN, PhaseOrders(call=only(4))),
        ((REST, REST, REST, REST), MAIN, NOTHING),
    ],
)
def test_what_phases_are_told(
    site: Site, orders: tuple[int, ...], reading: Reading, told: PhaseOrders
) -> None:
    assert orders_of(command(orders), reading, site, mapping_of(site, {}, {})) == told


@pytest.mark.parametrize("colours", [(1, 1, 0, 0), (0, 0, 0, 0), (0, 0, 2, 2)])
def test_a_green_that_the_gate_has_ended_is_forced_off_until_it_ends(
    site: Site, colours: tuple[int, ...]
) -> None:
    """The Gate's command shows yellow at once; the controller has its minimums to finish."""
    asked = command((REST, REST, SERVE, SERVE), colours=colours)
    told = orders_of(asked, MAIN, site, mapping_of(site, {}, {}))
    assert told == PhaseOrders(force_off=only(2, 6), call=only(4, 8))


def test_nothing_is_forced_off_where_nobody_is_to_come(site: Site) -> None:
    asked = command((REST, REST, REST, REST), colours=(0, 0, 0, 0))
    assert orders_of(asked, MAIN, site, mapping_of(site, {}, {})) == NOTHING


def test_numbers_are_the_controllers(site: Site) -> None:
    reading = Reading(0.0, only(12), only())
    told = orders_of(
        command((REST, REST, SERVE, SERVE), colours=(0, 0, 2, 2)),
        reading,
        site,
        mapping_of(site, {"4": 12}, {}),
    )
    assert told == PhaseOrders(hold=only(12), call=only(8))


@pytest.mark.parametrize("flag", [Flag.PREEMPT, Flag.FLASH, Flag.MANUAL, Flag.FAULT])
def test_nothing_while_somebody_else_has_it(site: Site, flag: Flag) -> None:
    reading = replace(MAIN, flags=flag)
    asked = command((END, END, SERVE, SERVE))
    assert orders_of(asked, reading, site, mapping_of(site, {}, {}), omit=True) == NOTHING


def test_walks_are_called_until_somebody_walks(site: Site) -> None:
    asked = command((SERVE, SERVE, REST, REST), (Colour.GREEN, Colour.RED, 0, 0))
    mapping = mapping_of(site, {}, {})
    assert orders_of(asked, MAIN, site, mapping).ped_call == only(2)
    for walking in (replace(MAIN, walks=only(2)), replace(MAIN, ped_clears=only(2))):
        assert orders_of(asked, walking, site, mapping).ped_call == only()


def test_a_called_phase_is_passed_over_only_where_that_is_allowed(site: Site) -> None:
    reading = replace(MAIN, vehicle_calls=only(4, 8))
    asked = command((END, SERVE, REST, SERVE))
    mapping = mapping_of(site, {}, {})
    assert orders_of(asked, reading, site, mapping).omit == only()
    assert orders_of(asked, reading, site, mapping, omit=True).omit == only(4)
    resting = command((SERVE, SERVE, REST, REST))
    assert orders_of(resting, reading, site, mapping, omit=True).omit == only()


def test_hold_and_force_off_never_name_the_same_phase(site: Site) -> None:
    for first in range(5):
        for second in range(5):
            told = orders_of(
                command((first, second, REST, REST)), MAIN, site, mapping_of(site, {}, {})
            )
            assert not told.hold & told.force_off
