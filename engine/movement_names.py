"""Names of movements (NBL, EBT2, SBU), pedestrian crossings and heavy-vehicle columns.

An approach is named by where its traffic is going (NB comes from the south), a crossing by
the leg it crosses. Pedestrians written with an approach (``NB_PED``) cross that approach's
own leg, as turning-movement counts have it: ``NB_PED`` is the crossing of the south leg.
"""

from __future__ import annotations

import re
from typing import Literal

APPROACHES = ("NB", "SB", "EB", "WB", "NE", "NW", "SE", "SW")
TURNS = ("U", "L", "T", "R")

# The leg that an approach comes from; diagonals in UTDF are named by where they go, too.
LEG_OF_APPROACH = {
    "NB": "S", "SB": "N", "EB": "W", "WB": "E",
    "NE": "SW", "NW": "SE", "SE": "NW", "SW": "NE",
}  # fmt: skip
_LEGS = frozenset(LEG_OF_APPROACH.values())

_WORDS = (
    ("NORTHEASTBOUND", "NE"), ("NORTHWESTBOUND", "NW"),
    ("SOUTHEASTBOUND", "SE"), ("SOUTHWESTBOUND", "SW"),
    ("NORTHBOUND", "NB"), ("SOUTHBOUND", "SB"), ("EASTBOUND", "EB"), ("WESTBOUND", "WB"),
    ("NORTH", "N"), ("SOUTH", "S"), ("EAST", "E"), ("WEST", "W"),
    ("UTURNS", "U"), ("UTURN", "U"), ("LEFTS", "L"), ("LEFT", "L"),
    ("THROUGH", "T"), ("STRAIGHT", "T"), ("THRU", "T"), ("RIGHTS", "R"), ("RIGHT", "R"),
    ("TURN", ""), ("VOLUME", ""), ("HEAVYVEHICLES", "HV"), ("HEAVY", "HV"),
    ("TRUCKS", "HV"), ("TRUCK", "HV"), ("HVEH", "HV"),
)  # fmt: skip
# Only at the end of a word: PED_S is the south leg, Peds are people.
_PEOPLE = re.compile(r"PED(?:ESTRIAN)?S?(?![A-Z0-9])|PEDESTRIAN")
_MOVEMENT = re.compile(r"^(NB|SB|EB|WB|NE|NW|SE|SW)(U|L2?|TH?|R2?)$")
_PED = re.compile(r"^(?:PED(NB|SB|EB|WB|NE|NW|SE|SW|N|S|E|W)|(NB|SB|EB|WB|N|S|E|W)PED)$")
_HEAVY = re.compile(r"^(?:HV)?([A-Z0-9]+?)(?:HV)?$")

Kind = Literal["vehicles", "heavy", "pedestrians"]


def movement_name(text: str) -> str | None:
    """``NBL`` for ``nbl``, ``NB Left``, ``Northbound-Left``; None for no movement's name."""
    match = _MOVEMENT.match(_squeeze(text))
    return f"{match[1]}{match[2].replace('TH', 'T')}" if match else None


def pedestrian_leg(text: str) -> str | None:
    """The leg crossed: ``N`` for ``PED_N`` and for ``SB_PED``; None for no crossing's name."""
    match = _PED.match(_squeeze(text))
    if not match:
        return None
    name = match[1] or match[2]
    return LEG_OF_APPROACH[name] if name.endswith("B") else name


def classify(column: str) -> tuple[Kind, str] | None:
    """What a column of a counts file holds, and of which movement or leg; None for neither."""
    if leg := pedestrian_leg(column):
        return "pedestrians", leg
    if movement := movement_name(column):
        return "vehicles", movement
    squeezed = _squeeze(column)
    match = _HEAVY.match(squeezed)
    if "HV" in squeezed and match and (movement := movement_name(match[1])):
        return "heavy", movement
    return None


def approach_of(movement: str) -> str:
    """``NB`` of ``NBL``."""
    return movement[:2]


def turn_of(movement: str) -> str:
    """``L`` of ``NBL`` and of ``NBL2``."""
    return movement[2]


def _squeeze(text: str) -> str:
    squeezed = re.sub(r"[^A-Z0-9]", "", _PEOPLE.sub("PED", text.upper()))
    for word, short in _WORDS:
        squeezed = squeezed.replace(word, short)
    return squeezed
