"""The table of objects against the lists that were read from the published MIBs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.objects import OBJECTS, NtcipObject, group_bits, group_numbers

LINE = re.compile(r"^([\d.]+) (\S+) (\S+) *\| *(.*)$")


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, tuple[str, str, str]]:
    """Per name its OID, access and syntax."""
    found = {}
    for edition in ("ntcip1201_v02_oids.txt", "ntcip1202_v02_oids.txt"):
        text = (shared / "data" / "ntcip" / edition).read_text(encoding="utf-8")
        for line in text.splitlines():
            if match := LINE.match(line):
                found[match[2]] = (match[1], match[3], match[4])
    return found


@pytest.mark.parametrize("thing", OBJECTS.values(), ids=OBJECTS)
def test_as_published(thing: NtcipObject, published: dict[str, tuple[str, str, str]]) -> None:
    oid, access, syntax = published[thing.name]
    assert ".".join(map(str, thing.oid)) == oid
    assert thing.writable == (access == "read-write")
    assert (thing.syntax == "octets") == syntax.startswith("OCTET STRING")
    if bounds := re.search(r"\((\d+)\s*\.\.\s*(\d+)\)", syntax):
        assert (thing.low, thing.high) == (int(bounds[1]), int(bounds[2]))
    elif "{" in syntax:
        # The list cuts long lines, so that of an enumeration may lack its last values.
        values = [int(value) for value in re.findall(r"\((\d+)\)", syntax)]
        assert thing.low == min(values)
        assert thing.high == max(values) if syntax.endswith("}") else thing.high >= max(values)


def test_enumerations_that_the_newer_list_cuts(shared: Path) -> None:
    lines = (shared / "data" / "ntcip" / "ntcip1202_v01_oids_enums.txt").read_text("utf-8")
    for name in ("localFreeStatus", "preemptState", "splitMode"):
        match = re.search(rf" {name} \S+ (.*=.*)$", lines, re.MULTILINE)
        assert match is not None, name
        assert OBJECTS[name].high == max(map(int, re.findall(r"=(\d+)", match[1]))), name


def test_no_two_share_a_place() -> None:
    assert len({thing.oid for thing in OBJECTS.values()}) == len(OBJECTS)


def test_instances() -> None:
    assert OBJECTS["systemPatternControl"].instance()[-3:] == (4, 14, 0)
    assert OBJECTS["splitTime"].instance(2, 6)[-3:] == (3, 2, 6)


def test_range() -> None:
    cycle = OBJECTS["patternCycleTime"]
    assert [cycle.admits(value) for value in (-1, 0, 255, 256)] == [False, True, True, False]


def test_phase_eight_is_the_highest_bit_of_group_one_and_nine_the_lowest_of_two() -> None:
    assert group_bits({1, 8, 9}, 1) == 0b1000_0001
    assert group_bits({1, 8, 9}, 2) == 1


@given(st.sets(st.integers(1, 16)))
def test_groups_lose_nothing(phases: set[int]) -> None:
    assert set().union(*(group_numbers(group_bits(phases, g), g) for g in (1, 2))) == phases
