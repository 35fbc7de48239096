"""Each rule of the gateway refuses something that no other rule does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.gateway_rules import (
    LISTED,
    RULES,
    SET_RULES,
    Now,
    Rights,
    gives_back,
    refusals,
)
from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.store import Oid, Value

from .conftest import at, rights_with

Pairs = list[tuple[Oid, Value]]
ALL = {"phase_tier": True, "omit": True, "commissioning": True, "transactions": True}
FULL = rights_with(**ALL)
NOW = Now(frozenset({1}), 0, 0)
CYCLE, CALL = at("patternCycleTime", 10), at("systemPatternControl")


def but(**other: object) -> Rights:
    return rights_with(**{**ALL, **other})


BREAKS: dict[str, tuple[Pairs, Rights, Now]] = {
    "listed": ([(at("phaseYellowChange", 2), 40)], FULL, NOW),
    "range": ([(at("splitTime", 20, 2), 256)], FULL, NOW),
    "instance": ([(at("patternCycleTime", 10, 1), 90)], FULL, NOW),
    "own slot": ([(at("patternCycleTime", 5), 90)], FULL, NOW),
    "idle slot": ([(CYCLE, 90)], FULL, Now(frozenset({10}), 10, 0)),
    "split phase": ([(at("splitTime", 20, 9), 20)], FULL, NOW),
    "pattern": ([(CALL, 5)], FULL, NOW),
    "rate": ([(CALL, 10)], FULL, Now(frozenset({1}), 0, 12)),
    "phase tier": ([(at("phaseControlGroupHold", 1), 2)], but(phase_tier=False), NOW),
    "omit": ([(at("phaseControlGroupPhaseOmit", 1), 2)], but(omit=False), NOW),
    "phases": ([(at("phaseControlGroupHold", 2), 1)], FULL, NOW),
    "commissioning": ([(at("unitBackupTime"), 30)], but(commissioning=False), NOW),
    "dead man": ([(at("unitBackupTime"), 0)], FULL, NOW),
    "transaction": ([(at("dbCreateTransaction"), 2)], but(transactions=False), NOW),
    "alone": ([(CALL, 10), (at("patternCycleTime", 11), 90)], FULL, NOW),
    "once": ([(CYCLE, 90), (CYCLE, 91)], FULL, NOW),
    "hold and force-off": (
        [(at("phaseControlGroupHold", 1), 3), (at("phaseControlGroupForceOff", 1), 2)], FULL, NOW,
    ),
    "some": ([], FULL, NOW),
}  # fmt: skip


@pytest.mark.parametrize("rule", [*RULES, *SET_RULES])
def test_each_rule_is_the_only_one_to_see_something(rule: str) -> None:
    """Taken out, what it refuses would be SET."""
    pairs, rights, now = BREAKS[rule]
    said = refusals(pairs, rights, now)
    assert len(said) == 1
    assert said[0].endswith(f"(rule {rule})")
    without = {name: check for name, check in RULES.items() if name != rule}
    whole = {name: check for name, check in SET_RULES.items() if name != rule}
    assert refusals(pairs, rights, now, without, whole) == []


@pytest.mark.parametrize(
    "pairs",
    [
        [(CYCLE, 90), (at("patternOffsetTime", 10), 5), (at("splitTime", 20, 8), 30)],
        [(CALL, 11)],
        [(CALL, 0)],
        [(at("phaseControlGroupHold", 1), 2), (at("phaseControlGroupForceOff", 1), 4)],
        [(at("phaseControlGroupPhaseOmit", 1), 255)],
        [(at("unitBackupTime"), 4), (at("volumeOccupancyPeriod"), 60)],
        [(at("dbCreateTransaction"), 3)],
    ],
)
def test_what_the_site_has_allowed_passes(pairs: Pairs) -> None:
    assert refusals(pairs, FULL, NOW) == []


def test_there_is_no_row_0() -> None:
    for pair in ((at("phaseControlGroupHold", 0), 0), (at("splitTime", 20, 0), 20)):
        assert "rule instance" in " ".join(refusals([pair], FULL, NOW))


@pytest.mark.parametrize("value", [-1, 254, 255, 12, b"\x0a", True])
def test_no_other_pattern_is_called(value: Value) -> None:
    assert refusals([(CALL, value)], FULL, NOW) != []


def test_the_pattern_that_is_called_may_be_called_again_at_any_rate() -> None:
    assert refusals([(CALL, 10)], FULL, Now(frozenset({10}), 10, 99)) == []
    assert refusals([(CALL, 0)], FULL, Now(frozenset({10}), 10, 99)) == []


def test_what_must_never_be_set_is_not_on_the_list() -> None:
    never = [
        "phaseYellowChange", "phaseRedClear", "phasePedestrianClear", "phaseWalk",
        "phaseMinimumGreen", "phaseConcurrency", "phaseRing", "phaseRedRevert", "phaseOptions",
        "sequenceData", "preemptControlState", "unitControl", "unitStartUpFlash", "splitMode",
        "splitCoordPhase", "coordOperationalMode", "systemSyncControl", "globalTime",
    ]  # fmt: skip
    assert all(OBJECTS[name].writable for name in never)
    assert not LISTED & set(never)


@given(
    st.sampled_from(sorted(OBJECTS)),
    st.lists(st.integers(0, 300), max_size=3),
    st.one_of(st.integers(-5, 70000), st.binary(max_size=3)),
)
def test_whatever_passes_is_on_the_list_and_in_range(
    name: str, row: list[int], value: Value
) -> None:
    if refusals([(at(name, *row), value)], FULL, NOW):
        return
    assert name in LISTED
    assert isinstance(value, int)
    assert OBJECTS[name].admits(value)
    if name in ("patternCycleTime", "patternOffsetTime"):
        assert row in ([10], [11])
    if name == "splitTime":
        assert row[0] in (20, 21)
        assert 1 <= row[1] <= 8
    if name == "systemPatternControl":
        assert value in (0, 10, 11)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=20), st.integers(0, 255))
def test_no_oid_outside_the_table_passes(arcs: list[int], value: int) -> None:
    assert refusals([((1, 3, *arcs), value)], FULL, NOW) != []


def test_giving_back_is_told_from_the_rest() -> None:
    hold = at("phaseControlGroupHold", 1)
    assert gives_back([(CALL, 0)])
    assert gives_back([(hold, 0), (at("phaseControlGroupVehCall", 2), 0)])
    assert gives_back([(at("dbCreateTransaction"), 1)])
    for pairs in ([], [(CALL, 10)], [(hold, 0), (hold, 1)], [(CYCLE, 0)]):
        assert not gives_back(pairs)
