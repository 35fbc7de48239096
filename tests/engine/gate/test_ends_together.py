"""Plans as the Gate runs them: phases that leave for the same stage."""

from __future__ import annotations

import numpy as np

from greenband.engine.frame import Flag, Request
from greenband.engine.gate import Gate
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site_toml import parse_site

# the lefts clear the junction more slowly than the through beside them
SITE = """
id = "X"
approaches = [
    {id = "NB", lanes = ["L", "T"]}, {id = "SB", lanes = ["L", "T"]}, {id = "WB", lanes = ["T"]},
]

[[phases]]
id = "T"
protected = ["NBT", "SBT"]
min_green_s = 7
yellow_s = 3.3
red_clearance_s = 1.9

[[phases]]
id = "L"
permitted = ["NBL", "SBL"]
min_green_s = 5
yellow_s = 3.3
red_clearance_s = 3.0

[[phases]]
id = "E"
protected = ["WBT"]
min_green_s = 7
yellow_s = 3.3
red_clearance_s = 1.9

[[stages]]
id = "NS"
phases = ["T", "L"]

[[stages]]
id = "E"
phases = ["E"]
"""


def test_a_through_ends_with_the_slower_left_and_the_plan_is_never_late() -> None:
    site = with_limits(parse_site(SITE, "here"), STREET)
    stages = (Split(id="NS", split_s=30.0), Split(id="E", split_s=20.0))
    request = Request(plan=Plan(site="X", cycle_s=50.0, stages=stages))
    gate = Gate(site, STREET)
    calls = np.ones(3, np.bool_)
    shown: list[tuple[int, ...]] = []
    refused = []
    for second in range(400):
        command = gate.step(request, calls, calls & False, Flag.NONE, float(second))
        if second >= 100:  # the plan has come in
            shown.append(command.colours)
            refused.append(command.refused)
    assert set(refused) == {""}
    through, left = (np.array([c[k] for c in shown]) for k in (0, 1))
    assert np.array_equal(through == 2, left == 2)
    assert 2 in through
