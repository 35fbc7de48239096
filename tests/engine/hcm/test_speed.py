"""A search over plans asks for thousands of evaluations."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np

from greenband.engine.hcm import analyse, evaluate, lay_out, mean_delay_s, window_records
from greenband.engine.plan import Plan, green_windows
from greenband.engine.site import Site

VOLUMES = {
    f"{d}{t}": v
    for d in ("EB", "WB", "NB", "SB")
    for t, v in (("L", 90.0), ("T", 600.0), ("R", 80.0))
}


def test_an_evaluation_takes_milliseconds(
    four_legs: Callable[..., Site], four_leg_plan: Callable[..., Plan]
) -> None:
    """About 0.5 ms where nothing else runs; ten times that is let pass."""
    site, plan = four_legs("both", ["L", "T", "TR"]), four_leg_plan("both")
    layout = lay_out(site, VOLUMES)
    windows = window_records(site, green_windows(site, plan))
    evaluate(layout, windows, plan.cycle_s)
    begun = process_time()
    for _ in range(100):
        evaluate(layout, windows, plan.cycle_s)
    assert (process_time() - begun) / 100 < 5e-3


def test_the_fast_way_says_what_the_readable_one_says(
    four_legs: Callable[..., Site], four_leg_plan: Callable[..., Plan]
) -> None:
    site, plan = four_legs("both", ["L", "T", "TR"]), four_leg_plan("both")
    layout = lay_out(site, VOLUMES)
    windows = window_records(site, green_windows(site, plan))
    table = evaluate(layout, windows, plan.cycle_s)
    result = analyse(site, plan, VOLUMES)
    assert mean_delay_s(table) == result.control_delay_s
    assert np.array_equal(table, evaluate(layout, windows, plan.cycle_s))
