"""Charts: what they show is in the text of the SVG, and the same input gives the same text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from greenband.benchmarks.charts import LETTER_IN, WIDTH_IN, clock, delay_bars_svg, lines_svg

DELAYS = {"Before": {"NBL": 31.0, "NBT": 12.5}, "After": {"NBT": 9.0}}
OVER_TIME = {"Before": ([27000.0, 27300.0, 27600.0], [10.0, 20.0, 15.0])}


def words_of(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_bars_name_movements_cases_and_unit() -> None:
    words = words_of(delay_bars_svg(DELAYS, ["NBL", "NBT"]))
    assert {"NBL", "NBT", "Before", "After"} <= set(words)
    assert any("s per vehicle" in word for word in words)


def test_lines_show_the_time_of_day() -> None:
    words = words_of(lines_svg(OVER_TIME, "delay, s", "departure"))
    assert {"07:30", "07:35", "07:40", "delay, s", "departure"} <= set(words)


def test_no_cases_apart_from_a_single_point() -> None:
    assert "07:30" in words_of(lines_svg({"One": ([27000.0], [0.0])}, "y", "x"))


def test_the_same_input_gives_the_same_text() -> None:
    assert delay_bars_svg(DELAYS, ["NBL", "NBT"]) == delay_bars_svg(DELAYS, ["NBL", "NBT"])
    assert lines_svg(OVER_TIME, "y", "x") == lines_svg(OVER_TIME, "y", "x")


def test_long_names_of_many_cases_stay_in_the_chart() -> None:
    """Drawn in letters that are wider than those of most pages."""
    cases = [f"my-controller.py:LongestWait{k}@loops" for k in range(9)]
    svg = lines_svg(dict.fromkeys(cases, ([0.0, 600.0], [1.0, 2.0])), "y", "x", ["#000000"] * 9)
    found = [e for e in ET.fromstring(svg).iter() if "LongestWait" in (e.text or "")]
    assert len(found) == 9
    for text in found:
        width = 72.0 * LETTER_IN * len(text.text or "")
        assert float(text.attrib["x"]) + width <= 72.0 * WIDTH_IN


def test_nothing_is_fetched_from_elsewhere() -> None:
    svg = delay_bars_svg(DELAYS, ["NBL", "NBT"])
    assert svg.startswith("<svg")
    assert 'href="http' not in svg


@given(st.integers(0, 23), st.integers(0, 59))
def test_clock(hour: int, minute: int) -> None:
    assert clock(3600.0 * hour + 60.0 * minute) == f"{hour:02d}:{minute:02d}"
