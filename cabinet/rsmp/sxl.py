"""The signal exchange list of traffic light controllers, version 1.1: codes, names, values.

Only what the virtual site does and the driver uses is spelled out; of the rest the codes are
known, so that «not done here» and «no such code» are told apart (RSMP core, error handling).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

VERSION = "1.1.0"
TRUE, FALSE = "True", "False"
LARGEST_BAND, LARGEST_EXTENSION_S = 10, 99
_BAND = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_NUMBER = re.compile(r"[0-9]{1,5}")
_POSITIONS = ("NormalControl", "YellowFlash", "Dark")

Check = Callable[[str], str]
"""Says what is wrong with a value, or nothing."""


def whole(low: int, high: int) -> Check:
    """A whole number within bounds, both included."""

    def check(text: str) -> str:
        number = re.fullmatch(r"[0-9]{1,5}", text)
        fits = number is not None and low <= int(text) <= high
        return "" if fits else f"no whole number from {low} to {high}"

    return check


def one_of(*words: str) -> Check:
    """One of these words."""
    return lambda text: "" if text in words else f"none of {', '.join(words)}"


def _text(text: str) -> str:
    return "" if len(text) <= 64 else "longer than 64 characters"


def _bands(text: str) -> str:
    try:
        bands_of(text)
    except ValueError as error:
        return str(error)
    return ""


def bands_of(text: str) -> dict[int, int]:
    """Extensions in seconds by band, as M0014 has them: `1-5,2-0`. Raises ValueError."""
    found: dict[int, int] = {}
    for part in text.split(",") if text else ():
        match = _BAND.fullmatch(part)
        if match is None or not 1 <= int(match[1]) <= LARGEST_BAND:
            raise ValueError(f"a dynamic band is 1 to {LARGEST_BAND}, a dash, seconds to 99")
        if int(match[1]) in found:
            raise ValueError(f"band {int(match[1])} twice")
        found[int(match[1])] = int(match[2])
    return found


def bands_text(bands: Mapping[int, int]) -> str:
    """The same back."""
    return ",".join(f"{band}-{seconds}" for band, seconds in sorted(bands.items()))


def table_of(text: str, columns: int) -> list[tuple[int, ...]]:
    """Rows of numbers as S0023, S0024 and S0028 have them: `1-90,2-60`. Raises ValueError."""
    parts = [part.split("-") for part in text.split(",") if part]
    if any(len(row) != columns or not all(map(_NUMBER.fullmatch, row)) for row in parts):
        raise ValueError(f"not {columns} numbers a row")
    return [tuple(map(int, row)) for row in parts]


@dataclass(frozen=True)
class Command:
    """A command: the word it is given with, and what its arguments may be."""

    order: str
    arguments: Mapping[str, Check]


_CODE = {"securityCode": _text}
COMMANDS: Mapping[str, Command] = {
    "M0001": Command(
        "setValue",
        {
            "status": one_of(*_POSITIONS),
            **_CODE,
            "timeout": whole(0, 1440),
            "intersection": whole(0, 255),
        },
    ),
    "M0002": Command(
        "setPlan", {"status": one_of(TRUE, FALSE), **_CODE, "timeplan": whole(1, 255)}
    ),
    "M0014": Command("setCommands", {"plan": whole(0, 255), "status": _bands, **_CODE}),
    "M0015": Command("setOffset", {"status": whole(0, 255), "plan": whole(0, 255), **_CODE}),
    "M0018": Command("setCycleTime", {"status": whole(1, 255), "plan": whole(0, 255), **_CODE}),
    "M0023": Command("setTimeout", {"status": whole(0, 65535), **_CODE}),
}
KNOWN_COMMANDS = frozenset(f"M{number:04d}" for number in (*range(1, 9), *range(10, 24), 103, 104))

_BY_INTERSECTION = ("intersection", "status", "source")
_CLASSES = ("P", "PS", "L", "LS", "B", "SP", "MC", "C", "F")
STATUSES: Mapping[str, tuple[str, ...]] = {
    "S0001": ("signalgroupstatus", "cyclecounter", "basecyclecounter", "stage"),
    "S0002": ("detectorlogicstatus",),
    "S0005": ("status",),
    "S0006": ("status", "emergencystage"),
    "S0007": _BY_INTERSECTION,
    "S0008": _BY_INTERSECTION,
    "S0009": _BY_INTERSECTION,
    "S0010": _BY_INTERSECTION,
    "S0011": _BY_INTERSECTION,
    "S0012": _BY_INTERSECTION,
    "S0014": ("status", "source"),
    "S0020": ("intersection", "controlmode"),
    "S0022": ("status",),
    "S0023": ("status",),
    "S0024": ("status",),
    "S0028": ("status",),
    "S0034": ("status",),
    "S0095": ("status",),
    "S0096": ("year", "month", "day", "hour", "minute", "second"),
    "S0205": ("start", "vehicles"),
    "S0206": ("start", "speed"),
    "S0207": ("start", "occupancy"),
    "S0208": ("start", *_CLASSES),
}
"""Of the controller itself."""
DETECTOR_STATUSES: Mapping[str, tuple[str, ...]] = {
    "S0201": ("starttime", "vehicles"),
    "S0202": ("starttime", "speed"),
    "S0203": ("starttime", "occupancy"),
    "S0204": ("starttime", *_CLASSES),
}
"""Of one detector logic."""
KNOWN_STATUSES = frozenset(
    f"S{number:04d}" for number in (*range(1, 35), 91, 92, *range(95, 99), *range(201, 209))
)
