"""The yellow trap of a left that is protected alone and gives way beside another phase."""

from __future__ import annotations

from greenband.engine.colour_check import audit
from greenband.engine.rules import STREET

from .conftest import Driver

YIELDING = """
id = "Y"
stages = [["L", "S"], ["S"], ["L", "N"]]
conflicts = [{a = "S", b = "N"}]
yields = [{phase = "L", to = "S"}]
approaches = [{id = "NB", lanes = ["L", "T"]}, {id = "SB", lanes = ["T"]}]
phases = [
    {id = "L", protected = ["NBL"], min_green_s = 5, yellow_s = 3, red_clearance_s = 2},
    {id = "S", protected = ["SBT"], min_green_s = 7, yellow_s = 3, red_clearance_s = 1},
    {id = "N", protected = ["NBT"], min_green_s = 7, yellow_s = 3, red_clearance_s = 1},
]
"""


def test_a_left_that_gives_way_takes_the_opposing_through_along() -> None:
    d = Driver(YIELDING)
    d.ask(0, 20)
    d.ask(1, 20)
    assert d.words("L").index("y") == d.words("S").index("y") == 20
    assert d.words("S").endswith("G")
    found = audit([(float(k), c.colours) for k, c in enumerate(d.shown)], d.site, STREET)
    assert not [v for v in found if not v.warning]


def test_the_same_left_may_end_beside_a_phase_that_it_does_not_give_way_to() -> None:
    d = Driver(YIELDING)
    d.ask(2, 20)
    d.ask(1, 20)
    assert d.words("L").index("y") == 20
    trapped = "r" * 3 + "G" * 20 + "yyy" + "r" * 9
    staying = "r" * 3 + "G" * 32
    history = [
        (float(k), tuple("ryG".index(c) for c in column))
        for k, column in enumerate(zip(trapped, staying, "r" * 35, strict=True))
    ]
    assert {v.rule for v in audit(history, d.site, STREET)} >= {"yellow_trap"}
