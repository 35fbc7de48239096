"""The sections of a UTDF file, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.errors import InputError
from greenband.engine.utdf_table import (
    Record,
    Section,
    UtdfFile,
    is_utdf,
    read_utdf,
    with_records,
    write_utdf_file,
)

TEXT = """[Network]
Network Settings
RECORDNAME,DATA
UTDFVERSION,8

[Nodes]
Node Data
INTID,TYPE,X,Y
39,0,100,200

[Timeplans]
Timing Plan Settings
RECORDNAME,INTID,DATA
Cycle Length,39,90.0
Offset,39,10.0

"""


def test_records_are_found_by_node_and_name() -> None:
    file = read_utdf(TEXT, "n.csv")
    assert [s.name for s in file.sections] == ["Network", "Nodes", "Timeplans"]
    assert file.section("Network").by_key["", "UTDFVERSION"].cells == {"DATA": "8"}
    assert file.section("Nodes").by_key["39", ""].cells == {"TYPE": "0", "X": "100", "Y": "200"}
    assert file.section("Timeplans").by_key["39", "Offset"].line == 15
    assert file.section("Timeplans").nodes() == ("39",)
    assert file.section("Lanes") == Section("Lanes", (), ())


def test_a_file_is_written_as_it_was_read() -> None:
    assert write_utdf_file(read_utdf(TEXT, "n.csv")) == TEXT


def test_unknown_sections_are_kept() -> None:
    text = TEXT + "[Volume]\nVolume\nRECORDNAME,INTID,NBL\nVolume,39,12\n\n"
    file = read_utdf(text, "n.csv")
    assert file.section("Volume").by_key["39", "Volume"].cells == {"NBL": "12"}
    assert "[Volume]" in write_utdf_file(file)


def test_the_later_of_two_records_counts() -> None:
    again = "[Timeplans]\nTiming Plan Settings\nRECORDNAME,INTID,DATA\nOffset,39,33.0\n"
    section = read_utdf(TEXT + again, "n.csv").section("Timeplans")
    assert section.by_key["39", "Offset"].cells["DATA"] == "33.0"
    assert section.by_key["39", "Cycle Length"].cells["DATA"] == "90.0"


@pytest.mark.parametrize(
    ("text", "answer"),
    [(TEXT, True), ("\ufeff\n" + TEXT, True), ("start,NBL\n", False), ("[section]\n", False),
     ("", False)],
)  # fmt: skip
def test_a_utdf_file_is_known_by_its_first_line(text: str, answer: bool) -> None:
    assert is_utdf(text) is answer


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("start,NBL\n", "n.csv"),
        ("[Lanes]\nLane Group Data\n", "n.csv, section [Lanes]"),
        (TEXT + "[Phases]\nP\nRECORDNAME,INTID,D1\nBRP,39,111,112\n",
         "n.csv line 20, section [Phases]"),
    ],
)  # fmt: skip
def test_what_is_no_utdf_is_refused(text: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        read_utdf(text, "n.csv")
    assert caught.value.where == where


def test_records_are_put_in_place_of_old_ones_and_new_sections_at_the_end() -> None:
    file = read_utdf(TEXT, "n.csv")
    file = with_records(file, "Timeplans", [Record("Offset", "39", {"DATA": "5.0"})])
    file = with_records(file, "Phases", [Record("BRP", "39", {"D2": "112"})])
    assert write_utdf_file(file) == TEXT.replace("10.0", "5.0") + (
        "[Phases]\nPhasing Data\nRECORDNAME,INTID,D2\nBRP,39,112\n\n"
    )


def test_cells_that_a_record_does_not_name_stay() -> None:
    file = UtdfFile("n", (Section("Lanes", ("NBL", "NBT"), (
        Record("Volume", "1", {"NBL": "3", "NBT": "4"}),)),))  # fmt: skip
    file = with_records(file, "Lanes", [Record("Volume", "1", {"NBT": "9", "EBT": "7"})])
    section = file.section("Lanes")
    assert section.columns == ("NBL", "NBT", "EBT")
    assert section.by_key["1", "Volume"].cells == {"NBL": "3", "NBT": "9", "EBT": "7"}


printable = st.characters(codec="utf-8", exclude_categories=("Z", "C"))
cells = st.text(printable, max_size=8)


@given(st.dictionaries(st.tuples(st.integers(1, 99), st.sampled_from(["Volume", "PHF"])),
                       st.lists(cells, min_size=2, max_size=2), min_size=1))  # fmt: skip
def test_any_cells_survive(rows: dict[tuple[int, str], list[str]]) -> None:
    records = tuple(
        Record(name, str(node), {"NBL": a, "NBT": b}) for (node, name), (a, b) in rows.items()
    )
    file = UtdfFile("n", (Section("Lanes", ("NBL", "NBT"), records),))
    back = read_utdf(write_utdf_file(file), "n").section("Lanes")
    assert [(r.name, r.node, r.cells) for r in back.records] == [
        (r.name, r.node, r.cells) for r in records
    ]
