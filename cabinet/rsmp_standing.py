"""When an RSMP site may be told anything at all; each rule looks at what it says now.

What can't be read counts as a reason not to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from greenband.engine.frame import Flag

from .rsmp.messages import StatusValue
from .rsmp.supervisor import Name

LAMPS, CYCLE = ("S0001", "signalgroupstatus"), ("S0001", "cyclecounter")
LOOPS = ("S0002", "detectorlogicstatus")
PLAN, SOURCE = ("S0014", "status"), ("S0014", "source")
EMERGENCY, ON, MANUAL, FLASH, ALL_RED = (
    (code, "status") for code in ("S0006", "S0007", "S0008", "S0011", "S0012")
)
CONTROL = ("S0020", "controlmode")
FORCED, BY_HAND = "forced", "operator_panel"
JUDGED: tuple[Name, ...] = (EMERGENCY, ON, MANUAL, FLASH, ALL_RED, CONTROL, PLAN, SOURCE, LAMPS)
"""What every judgement needs."""
_TRUE = "True"
_MODES = frozenset({"startup", "standby", "failure", "test"})
"""Beside `control`: a site's own words get into no text of ours."""

Said = Mapping[Name, StatusValue]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether we may act: `flags` and `reason` say why not."""

    flags: Flag = Flag.NONE
    reason: str = ""

    @property
    def granted(self) -> bool:
        """Nothing speaks against it."""
        return self.flags == Flag.NONE


Finding = tuple[Flag, str] | None


def text_of(said: Said, name: Name) -> str:
    """A value as text; empty where it isn't there or isn't known."""
    row = said.get(name)
    return row.s if row is not None and row.q == "recent" and isinstance(row.s, str) else ""


def number_of(said: Said, name: Name) -> int:
    """A value as a whole number, -1 where it is none."""
    text = text_of(said, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1


def _words(said: Said, name: Name) -> list[str]:
    """The words of a value that is a list: one for each intersection."""
    return [word.strip() for word in text_of(said, name).split(",")]


def _unread(said: Said) -> Finding:
    missing = sorted({code for code, name in JUDGED if not text_of(said, (code, name))})
    return (Flag.FAULT, f"can't be read: {', '.join(missing)}") if missing else None


def _emergency(said: Said) -> Finding:
    on = text_of(said, EMERGENCY) == _TRUE
    return (Flag.PREEMPT, "an emergency route is active (S0006)") if on else None


def _dark(said: Said) -> Finding:
    dark = set(_words(said, ON)) != {_TRUE}
    return (Flag.FAULT, "switched off (S0007)") if dark and text_of(said, ON) else None


def _manual(said: Said) -> Finding:
    on = _TRUE in _words(said, MANUAL)
    return (Flag.MANUAL, "manual control (S0008)") if on else None


def _flash(said: Said) -> Finding:
    on = _TRUE in _words(said, FLASH)
    return (Flag.FLASH, "yellow flash (S0011)") if on else None


def _all_red(said: Said) -> Finding:
    on = _TRUE in _words(said, ALL_RED)
    return (Flag.MANUAL, "all red (S0012)") if on else None


def _control(said: Said) -> Finding:
    words = set(_words(said, CONTROL)) - {"control", ""}
    named = sorted(words & _MODES) or ["of another kind"]
    return (Flag.FAULT, f"control mode {', '.join(named)} (S0020)") if words else None


def _panel(said: Said) -> Finding:
    by_hand = text_of(said, SOURCE) == BY_HAND
    return (Flag.MANUAL, "the time plan was set at its panel (S0014)") if by_hand else None


RULES: Mapping[str, Callable[[Said], Finding]] = {
    "unread": _unread,
    "emergency": _emergency,
    "dark": _dark,
    "manual": _manual,
    "flash": _flash,
    "all_red": _all_red,
    "control": _control,
    "panel": _panel,
}
"""By name, so that a test can take each out."""


def standing(said: Said) -> Standing:
    """Whether we may act on what it says."""
    findings = [finding for rule in RULES.values() if (finding := rule(said)) is not None]
    flags = Flag.NONE
    for flag, _ in findings:
        flags |= flag
    return Standing(flags, "; ".join(reason for _, reason in findings))
