"""No figure of a suite's tables is cut, however many controllers there are."""

from __future__ import annotations

import pytest
from rich.console import Console

from greenband.benchmarks.rows import Row
from greenband.cli.bench_table import delay_tables
from greenband.controllers.disturbance import NONE

CONTROLLERS = ("program", "actuated", "max-pressure", "longest-queue", "my/mine.py:LongestWait")


def row(controller: str, info: str, seed: int) -> Row:
    spec = {
        "scenario": "ingolstadt21",
        "controller": controller,
        "info": info,
        "league": "street",
        "demand": "published",
        "seed": seed,
        "disturbance": NONE.model_dump(),
    }
    if seed == 3:
        return {"key": "", "status": "failed", "reason": "why", "spec": spec, "result": None}
    result = {"delay_s": 123.4 + seed, "gridlock": True}
    return {"key": "", "status": "done", "reason": "", "spec": spec, "result": result}


@pytest.mark.parametrize("width", [40, 80, 160])
def test_nothing_is_cut(width: int) -> None:
    cases = [(c, i) for c in CONTROLLERS for i in ("loops", "full")][1:]  # `program` sees nothing
    rows = [row(*case, seed) for case in cases for seed in (1, 2, 3)]
    console = Console(width=width)
    with console.capture() as captured:
        for table in delay_tables(rows, width):
            console.print(table)
    text = captured.get()
    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    assert text.count("124.4-125.4") == 9
    assert text.count("gridlocked") == text.count("1 of 3") == 9
    assert text.count("LongestWait") == 2
    assert ("more controllers" in " ".join(text.split())) == (width < 160)
