"""What can't be true of a node, on nodes made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenband.engine.utdf import Finding, UtdfNode, UtdfPhase, UtdfTimeplan
from greenband.engine.utdf_checks import LIMITS, Limit, check_network
from greenband.engine.utdf_table import UtdfFile

FILE = UtdfFile("n.csv")


def phase(number: int, brp: int, start_s: float | None, end_s: float | None) -> UtdfPhase:
    return UtdfPhase(
        phase=number, barrier=brp // 100, ring=brp // 10 % 10, position=brp % 10,
        min_green_s=5.0, max_green_s=30.0, passage_s=3.0, yellow_s=4.0, red_clearance_s=1.0,
        walk_s=None, ped_clearance_s=None, min_split_s=10.0, recall="none", dual_entry=False,
        start_s=start_s, end_s=end_s,
    )  # fmt: skip


def node(*phases: UtdfPhase, cycle_s: float = 90.0, reference: tuple[int, ...] = ()) -> UtdfNode:
    plan = UtdfTimeplan("coordinated", cycle_s, 0.0, "last_green", reference, False, (5,))
    return UtdfNode(
        5, "signal", 0.0, 0.0, "", False, phases={p.phase: p for p in phases}, timeplan=plan,
        controller=5,
    )  # fmt: skip


def check(one: UtdfNode) -> list[Finding]:
    return check_network(FILE, {one.node: one})


DUAL = (
    phase(1, 111, 0, 15), phase(2, 112, 15, 50), phase(3, 211, 50, 65), phase(4, 212, 65, 0),
    phase(5, 121, 0, 20), phase(6, 122, 20, 50), phase(7, 221, 50, 60), phase(8, 222, 60, 0),
)  # fmt: skip


def test_two_rings_that_meet_at_the_barriers_are_sound() -> None:
    assert check(node(*DUAL, reference=(2, 6))) == []


def test_lagging_lefts_and_any_place_in_the_cycle_are_sound() -> None:
    turned = [
        replace(p, start_s=((p.start_s or 0) + 77) % 90, end_s=((p.end_s or 0) + 77) % 90)
        for p in DUAL
    ]
    assert check(node(*turned)) == []


def test_rounding_to_a_tenth_is_no_fault_and_more_is() -> None:
    rounded = replace(DUAL[0], end_s=15.2)
    assert check(node(rounded, *DUAL[1:])) == []
    rings, cycle = check(node(replace(DUAL[0], end_s=18.0), *DUAL[1:]))
    assert cycle.found == "splits that sum to 93.0 s"
    assert rings.found == "splits up to barrier 1 of 53.0 s (ring 1) and 50.0 s (ring 2)"


def test_unused_phases_do_not_count() -> None:
    unused = phase(9, 213, None, None)
    assert check(node(*DUAL, unused)) == []
    assert check(node(phase(2, 111, 0, 50), phase(3, 211, None, None), phase(4, 212, 50, 0))) == []


def test_a_ring_may_rest_between_two_barriers() -> None:
    """Split phasing: one ring serves both side streets in turn."""
    split = (*DUAL[:2], phase(3, 211, 50, 70), phase(4, 212, 70, 0), *DUAL[4:6])
    assert check(node(*split)) == []


def test_barriers_that_do_not_fill_the_cycle_are_found() -> None:
    short = (phase(2, 111, 0, 40), phase(6, 121, 0, 40))
    (finding,) = check(node(*short))
    assert (finding.found, finding.allowed) == ("splits that sum to 40.0 s", "the cycle, 90 s")


def test_a_shared_controller_is_checked_once() -> None:
    owner = node(phase(2, 111, 0, 40))
    guest = replace(owner, node=6)
    findings = check_network(FILE, {5: owner, 6: guest})
    assert [f.node for f in findings] == [5]


def test_a_reference_to_an_unused_phase_is_found() -> None:
    findings = check(node(*DUAL, phase(9, 213, None, None), reference=(9,)))
    assert [f.found for f in findings] == ["phase 9, which the controller doesn't have"]


@pytest.mark.parametrize(
    ("section", "record", "good", "bad"),
    [
        ("Lanes", "PHF", (0.25, 0.92, 1.0), (0.2, 1.01, -0.9)),
        ("Lanes", "HeavyVehicles", (0, 100), (-1, 101)),
        ("Lanes", "Shared", (0, 3), (4, -1)),
        ("Links", "Speed", (25, 65), (0, 500)),
        ("Timeplans", "Cycle Length", (40, 240), (0, 1e4)),
        ("Phases", "Yellow", (3, 6), (-1, 30)),
        ("Phases", "BRP", (111, 222), (0, 1111)),
    ],
)
def test_limits(section: str, record: str, good: tuple[float, ...], bad: tuple[float, ...]) -> None:
    limit = LIMITS[section, record]
    assert all(limit.low <= value <= limit.high for value in good)
    assert not any(limit.low <= value <= limit.high for value in bad)


def test_a_limit_is_said_with_its_unit() -> None:
    assert str(Limit(0, 10, "s")) == "0 to 10 s"
    assert str(Limit(0.25, 1)) == "0.25 to 1"
