"""A run that takes long says how far it is, even while a controller decides."""

from __future__ import annotations

from pathlib import Path
from time import sleep

import pytest

from greenband.benchmarks.run import simulate
from greenband.cli.run_progress import run_progress

from .conftest import Greenband

SLOW = """
from time import sleep
from greenband.engine import Request

class Slow:
    needs, interval_s = frozenset(), 100
    def __init__(self, site): ...
    def decide(self, state):
        sleep(0.3)
        return Request(stage=0)
"""


def test_it_speaks_while_a_controller_sleeps(
    small_scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "slow.py"
    own.write_text(SLOW)
    with run_progress(100.0, 400.0, every_s=0.1) as begun:
        simulate(small_scenario, f"{own}:Slow", begun=begun)
    told = [line.split() for line in capsys.readouterr().err.splitlines() if "simulated" in line]
    assert all(words[1:5] == ["of", "300", "s", "simulated"] for words in told)
    seconds = [int(words[0]) for words in told]
    assert seconds == sorted(seconds)
    assert {1, 101, 201} <= set(seconds)


def test_it_is_silent_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    with run_progress(0.0, None, every_s=0.2):
        sleep(0.3)
    assert capsys.readouterr().err.strip() == "0 s simulated in 0 s"
    sleep(0.3)
    assert not capsys.readouterr().err


def test_a_short_run_says_nothing(greenband: Greenband, small_scenario: Path) -> None:
    assert "simulated in" not in greenband("simulate", small_scenario, "--json").err
