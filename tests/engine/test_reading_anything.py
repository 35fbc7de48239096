"""Whatever text is read, the answer is data or an InputError: never another exception."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenband.engine.counts import parse_counts
from greenband.engine.detector_counts import parse_detector_counts
from greenband.engine.errors import InputError
from greenband.engine.event_log import parse_event_log
from greenband.engine.peak_hour import peak_hour
from greenband.engine.utdf_parse import parse_utdf
from greenband.engine.utdf_site import plan_from_utdf, site_from_utdf

UTDF = (Path(__file__).parent / "data" / "signal_utdf.csv").read_text(encoding="utf-8")


def read_counts(text: str) -> None:
    peak_hour(parse_counts(text, "any.csv"))


def read_detectors(text: str) -> None:
    parse_detector_counts(text, "any.csv")


def read_log(text: str) -> None:
    parse_event_log(text, "any.csv")


def read_utdf(text: str) -> None:
    network = parse_utdf(text, "any.csv")
    for node in network.signals():
        for read in (site_from_utdf, plan_from_utdf):
            with suppress(InputError):
                read(network, node)


SAMPLES: dict[Callable[[str], None], str] = {
    read_counts: "start,NBL,NBT,NBT_HV,PED_N\n07:00,3,100,4,2\n07:15,4,110,5,1\n07:30,4,90,,0\n",
    read_detectors: "start,detector,volume,occupancy\n07:00,1,3,5\n07:15,1,4,6\n07:00,2,1,0\n",
    read_log: "TimeStamp,DeviceId,EventId,Parameter\n2024-05-13T15:00:00.1,7,82,3\n"
    "2024-05-13T15:00:01.1,7,81,3\n",
    read_utdf: UTDF,
}
READERS = list(SAMPLES)

cells = st.one_of(
    st.sampled_from(["", "-1", "1e999", "nan", "07:00", "24:00", "2024-05-13", "NBT", '"', "0",
                     "999999999999999999999", "\x00", "½", "\uff11", "*", "-", "inf", "1_000"]),
    st.text(max_size=6),
)  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=50)
@given(text=st.text(max_size=200))
def test_any_text(read: Callable[[str], None], text: str) -> None:
    with suppress(InputError):
        read(text)


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=100)
@given(data=st.data())
def test_a_sound_file_with_cells_changed(read: Callable[[str], None], data: st.DataObject) -> None:
    rows = [line.split(",") for line in SAMPLES[read].splitlines()]
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.integers(0, len(rows) - 1))
        column = data.draw(st.integers(0, len(rows[row]) - 1))
        rows[row][column] = data.draw(cells)
    with suppress(InputError):
        read("\n".join(",".join(row) for row in rows))


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_sound_file_with_lines_dropped_doubled_or_cut(
    read: Callable[[str], None], data: st.DataObject
) -> None:
    lines = SAMPLES[read].splitlines()
    picked = data.draw(st.lists(st.sampled_from(lines), max_size=len(lines)))
    text = "\n".join(picked)
    with suppress(InputError):
        read(text[: data.draw(st.integers(0, len(text)))])


@pytest.mark.parametrize("read", READERS)
def test_the_sound_files_are_read(read: Callable[[str], None]) -> None:
    read(SAMPLES[read])
