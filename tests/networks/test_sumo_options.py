from __future__ import annotations

from pathlib import Path

from greenband.networks.scenario import Scenario
from greenband.networks.sumo_options import input_options


def test_a_window_of_many_days_keeps_its_seconds() -> None:
    scenario = Scenario("late", Path("n.net.xml"), (), begin_s=1234567.0, end_s=1234667.5)
    options = input_options(scenario, None)
    assert float(options[options.index("--begin") + 1]) == 1234567.0
    assert float(options[options.index("--end") + 1]) == 1234667.5
