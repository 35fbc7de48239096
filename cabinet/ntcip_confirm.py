"""Whether a pattern that was called is really run: watched for three cycles after the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .authority import COORD_ALARM
from .ntcip_poll import IN_TRANSITION, NOT_FREE, Polled

CYCLES = 3
_SLACK_S = 5.0
TAKEN_UP_S = 2.0
"""A controller may say for so long after the call what it did before: free by a command."""
_BY_COMMAND = 3
_FREE_BECAUSE = {
    1: "other", 3: "a command", 5: "an input", 6: "coordination", 7: "a bad plan",
    8: "a bad cycle time", 9: "splits that overrun", 10: "an invalid offset", 11: "a failure",
}  # fmt: skip
Outcome = Literal["pending", "confirmed", "failed"]


@dataclass(slots=True)
class Confirmation:
    """Follows one call; `alarmed` says whether the coordination alarm was on before it."""

    pattern: int
    cycle_s: int
    since_s: float
    alarmed: bool
    outcome: Outcome = "pending"
    reason: str = ""

    def look(self, polled: Polled, now_s: float) -> Outcome:
        """Judge by one more poll; what is decided stays."""
        if self.outcome == "pending":
            self.reason = self._trouble(polled, now_s)
            if self.reason:
                self.outcome = "failed"
            elif now_s - self.since_s >= CYCLES * self.cycle_s and self._runs(polled):
                self.outcome = "confirmed"
        return self.outcome

    def _runs(self, polled: Polled) -> bool:
        free = polled.number("localFreeStatus")
        return polled.number("coordPatternStatus") == self.pattern and free == NOT_FREE

    def _trouble(self, polled: Polled, now_s: float) -> str:
        free = polled.number("localFreeStatus")
        called = polled.number("systemPatternControl")
        alarm = bool(polled.number("shortAlarmStatus") & COORD_ALARM)
        self.alarmed = self.alarmed and alarm
        if called != self.pattern:
            return f"pattern {self.pattern} is no longer called, but {called}"
        if now_s - self.since_s < TAKEN_UP_S and free == _BY_COMMAND:
            return ""
        if free not in (NOT_FREE, IN_TRANSITION):
            return f"the controller went free: {_FREE_BECAUSE.get(free, free)}"
        if alarm and not self.alarmed:
            return "coordination alarm"
        late = now_s - self.since_s > CYCLES * self.cycle_s + _SLACK_S
        if late and not self._runs(polled):
            status = polled.number("coordPatternStatus")
            return f"after {CYCLES} cycles pattern {status} runs (localFreeStatus {free})"
        return ""
