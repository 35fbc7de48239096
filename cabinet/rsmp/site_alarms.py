"""The virtual site's alarms: a detector that has failed, and the supervisor's absence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .messages import Alarm, AlarmValue, timestamp
from .site_config import SiteConfig
from .sxl import FALSE

DETECTOR_ERROR, COMMUNICATION_ERROR = "A0301", "A0007"
_CATEGORY, _PRIORITY = "D", "3"


@dataclass
class AlarmState:
    """Of one alarm of one component."""

    component: str
    code: str
    values: list[AlarmValue]
    at_s: float
    active: bool = False
    acknowledged: bool = True
    suspended: bool = False

    def say(self, event: str = "Issue") -> Alarm:
        """It as a message; `event` is what has happened to it."""
        return Alarm(
            cId=self.component,
            aCId=self.code,
            aSp=event,
            ack="Acknowledged" if self.acknowledged else "notAcknowledged",
            aS="Active" if self.active else "inActive",
            # The words differ between the message of an issue and that of a suspension.
            sS="notSuspended" if not self.suspended else _SUSPENDED[event == "Suspend"],
            aTs=timestamp(self.at_s),
            cat=_CATEGORY,
            pri=_PRIORITY,
            rvs=self.values,
        )


_SUSPENDED = {False: "suspended", True: "Suspended"}


class Alarms:
    """All alarms of a site, by component and code."""

    def __init__(self, config: SiteConfig, wall_s: float) -> None:
        self.known: dict[tuple[str, str], AlarmState] = {}
        self._add(config.component, COMMUNICATION_ERROR, {"protocol": "rsmp"}, wall_s)
        for name in config.detectors:
            values = {"detector": name, "type": "loop", "errormode": "on", "manual": FALSE}
            self._add(name, DETECTOR_ERROR, values, wall_s)

    def set(self, component: str, code: str, active: bool, wall_s: float) -> Iterator[Alarm]:
        """An alarm begins or ends; what is to be said of it."""
        state = self.known[component, code]
        if state.active == active:
            return
        state.active, state.at_s = active, wall_s
        state.acknowledged = state.acknowledged and not active
        if not state.suspended:
            yield state.say()

    def why_not(self, asked: Alarm) -> str:
        """Why a message about an alarm is no request; empty where it is."""
        if (asked.cId, asked.aCId) not in self.known:
            return f"no alarm {asked.aCId} of that component"
        return "" if asked.aSp.lower() in _EVENTS else "its aSp is for the site to say, or unknown"

    def answer(self, asked: Alarm, wall_s: float) -> Alarm:
        """Acknowledge, suspend, resume or request one."""
        state, event = self.known[asked.cId, asked.aCId], asked.aSp.lower()
        if event == "acknowledge":
            state.acknowledged = True
        elif event != "request":
            state.suspended = event == "suspend"
        if event != "request":
            state.at_s = wall_s
        return state.say(_EVENTS[event])

    def any_active(self) -> bool:
        """Whether one is on."""
        return any(state.active for state in self.known.values())

    def _add(self, component: str, code: str, values: dict[str, str], wall_s: float) -> None:
        rows = [AlarmValue(n=name, v=value) for name, value in values.items()]
        self.known[component, code] = AlarmState(component, code, rows, wall_s)


_EVENTS = {
    "acknowledge": "Acknowledge",
    "suspend": "Suspend",
    "resume": "Suspend",
    "request": "Issue",
}
"""What is asked, and as what event the site says it."""
