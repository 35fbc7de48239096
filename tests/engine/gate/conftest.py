"""Sites small enough to follow with a pencil, and a driver for their Gate."""

from __future__ import annotations

from typing import Any

import numpy as np

from greenband.engine.frame import Command, Flag, Request
from greenband.engine.gate import Gate
from greenband.engine.rules import STREET, Rules, with_limits
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site

RINGS = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
LEGS = (("NB", 2, 5), ("SB", 6, 1), ("EB", 4, 7), ("WB", 8, 3))
"""Approach, and the phases of its through and its left."""


def nema(through: str, permissive: tuple[str, ...]) -> str:
    """Four legs in two rings; the limits of a through, and the legs whose lefts may give way."""
    text = f'id = "N"\nrings = {RINGS}\n'
    for name, own, left in LEGS:
        permitted = f'permitted = ["{name}L"]' if name in permissive else ""
        text += f"""
[[approaches]]
id = "{name}"
lanes = ["L", "TR"]

[[phases]]
id = {own}
protected = ["{name}T", "{name}R"]
{permitted}
min_green_s = 7
yellow_s = 4
{through}

[[phases]]
id = {left}
protected = ["{name}L"]
min_green_s = 5
yellow_s = 3
red_clearance_s = 1
"""
    return text


NEMA = nema("red_clearance_s = 1", permissive=("NB", "SB"))
TWO_STAGES = """
id = "X"
stages = [["N"], ["E"]]
longest_red_s = 60

[[approaches]]
id = "NB"
lanes = ["T"]

[[approaches]]
id = "EB"
lanes = ["T"]

[[phases]]
id = "N"
protected = ["NBT"]
min_green_s = 7
yellow_s = 3.6
red_clearance_s = 1.4

[[phases]]
id = "E"
protected = ["EBT"]
min_green_s = 5
yellow_s = 3
red_clearance_s = 1
"""
STAGES = ("1+5", "1+6", "2+5", "2+6", "3+7", "3+8", "4+7", "4+8")
WALK = TWO_STAGES.replace(
    'protected = ["EBT"]', 'protected = ["EBT"]\nwalk_s = 7\nped_clearance_s = 11'
)
PED_PHASE = (
    TWO_STAGES.replace('[["N"], ["E"]]', '[["N", "W"], ["E"]]')
    + """
[[phases]]
id = "W"
kind = "pedestrian"
walk_s = 7
ped_clearance_s = 12
"""
)


class Driver:
    """Steps a Gate and remembers what it showed."""

    def __init__(self, text: str, rules: Rules = STREET, **start: Any) -> None:
        self.site: Site = with_limits(parse_site(text), rules)
        self.gate = Gate(self.site, rules, **start)
        self.calls = np.zeros(len(self.site.phases), np.bool_)
        self.peds = np.zeros(len(self.site.phases), np.bool_)
        self.time_s = 25200.0
        self.shown: list[Command] = []

    def call(self, *phases: str) -> None:
        self.calls[:] = [p.id in phases for p in self.site.phases]

    def ask(
        self, request: Any, seconds: int = 1, flags: Flag = Flag.NONE, preempts: int = 0
    ) -> Command:
        if isinstance(request, int):
            request = Request(stage=request)
        for _ in range(seconds):
            given = (request, self.calls, self.peds, flags, self.time_s, preempts)
            self.shown.append(self.gate.step(*given))
            self.time_s += 1.0
        return self.shown[-1]

    def words(self, phase: str) -> str:
        """What a phase showed: r, y or G a second."""
        i = self.site.phase_index[phase]
        return "".join("ryG"[c.colours[i]] for c in self.shown)

    def walked(self, phase: int = 1) -> str:
        """What the crosswalk beside a phase showed: W walk, f flashing, r red."""
        return "".join("rfW"[c.walks[phase]] if c.walks else "r" for c in self.shown)


def greens(command: Command, site: Site) -> set[str]:
    return {p.id for p, c in zip(site.phases, command.colours, strict=True) if c == 2}
