"""The virtual site's controller: fixed time by stages, flash and dark, and a dead man's timeout.

`tick` is one second. A plan that is called begins where the one before ends its cycle; then stage
one's green is held until the cycle counter fits, so that no minimum or clearance is ever cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from .time_plan import Group, Stage, TimePlan, change_s, durations_s, problem

Position = Literal["NormalControl", "YellowFlash", "Dark"]
Source = Literal["startup", "calendar_clock", "forced", "operator_panel"]
RED, RED_YELLOW, MINIMUM_GREEN, GREEN, YELLOW = "B", "0", "1", "4", "N"
FLASHING, DARK, STARTING = "c", "b", "g"
"""Signal group status by the list: the letters of S0001 that are shown here."""
STARTUP_S = 6
_MINUTE_S = 60


class NotPossibleError(Exception):
    """A command that this controller can't follow; nothing has changed."""


@dataclass
class Controller:
    """State of the controller. Numbers of groups and stages begin at 1.

    `timeout_min`: after so many minutes without its supervisor it goes back to `own_plan`
    (M0023; 0: never). `manual` and `emergency` are what a person or a vehicle on site does.
    """

    groups: Sequence[Group]
    stages: Sequence[Stage]
    plans: dict[int, TimePlan]
    own_plan: int
    base: int = 0
    timeout_min: int = 0
    source: Source = "startup"
    position: Position = "NormalControl"
    position_source: Source = "startup"
    manual: bool = False
    emergency: int = 0
    commanded: int = 0
    lost_s: int | None = None
    at: int = 0
    starting_s: int = STARTUP_S
    running: TimePlan = field(init=False)
    _back: tuple[int, Position] | None = None

    def __post_init__(self) -> None:
        self.running = self.plans[self.own_plan]

    @property
    def cycle_counter(self) -> int:
        """c = (b + o) mod t, of the list's section on coordination."""
        return (self.base + self.running.offset_s) % self.running.cycle_s

    @property
    def in_step(self) -> bool:
        """Whether the cycle that is shown is where the cycle counter says."""
        return self.at == self.cycle_counter and self.running.number == self.wanted

    @property
    def wanted(self) -> int:
        """The plan that is to be run: the supervisor's, else its own."""
        return self.commanded or self.own_plan

    @property
    def mode(self) -> str:
        """Control mode, S0020."""
        if self.starting_s and self.position == "NormalControl":
            return "startup"
        return "control" if self.position == "NormalControl" else "standby"

    def call(self, number: int) -> None:
        """M0002: run this plan."""
        plan = self._plan(number)
        self._possible(plan)
        self.commanded, self.source = number, "forced"

    def give_back(self, source: Source = "calendar_clock") -> None:
        """M0002 with False, or the dead man: its own plan again."""
        self.commanded, self.source = 0, source

    def change(self, number: int, **values: object) -> None:
        """M0014, M0015, M0018: other numbers for a plan; one that may have to run must do."""
        changed = replace(self._plan(number), **values)  # type: ignore[arg-type]
        if number in (self.wanted, self.running.number, self.own_plan):
            self._possible(changed)
        self.plans[number] = changed

    def place(self, position: Position, timeout_min: int, source: Source = "forced") -> None:
        """M0001: normal, flash or dark; back to what it was after so many minutes (0: not)."""
        if position != self.position:
            before = self.position
            self._back = (timeout_min * _MINUTE_S, before) if timeout_min else None
            self.position, self.position_source = position, source
            self.starting_s, self.at = STARTUP_S, 0

    def tick(self) -> None:
        """One second."""
        self.base += 1
        self._dead_man()
        self._return()
        if self.position != "NormalControl":
            return
        if self.starting_s:
            self.starting_s -= 1
            if not self.starting_s:
                self.running = self.plans[self.wanted]
            return
        self._advance()

    def lose(self, silent_s: int) -> None:
        """The supervisor is gone, and was last heard so many seconds ago."""
        self.lost_s = silent_s

    def find(self) -> None:
        """The supervisor is there again."""
        self.lost_s = None

    def stage(self) -> int:
        """The stage that is green or being left, from 1; 0 where there is none."""
        running = self.position == "NormalControl" and not self.starting_s
        return self._place()[0] + 1 if running else 0

    def lamps(self) -> str:
        """S0001: a letter for each group."""
        if self.position != "NormalControl":
            return (FLASHING if self.position == "YellowFlash" else DARK) * len(self.groups)
        if self.starting_s:
            return STARTING * len(self.groups)
        k, into_s, length_s = self._place()
        now, following = self._greens(k), self._greens(k + 1)
        fresh = now - self._greens(k - 1)
        left_s = length_s - into_s
        change = change_s(now, following, self.groups)
        found = []
        for number, group in enumerate(self.groups, start=1):
            if number not in now:
                begins = number in following and left_s == 1 and change > 1
                found.append(RED_YELLOW if begins and not group.pedestrian else RED)
            elif left_s > change or number in following:
                least = number in fresh and into_s < group.min_green_s
                found.append(MINIMUM_GREEN if least else GREEN)
            else:
                found.append(YELLOW if change - left_s < group.yellow_s else RED)
        return "".join(found)

    def _greens(self, k: int) -> frozenset[int]:
        return self.stages[k % len(self.stages)].groups

    def _place(self) -> tuple[int, int, int]:
        """Index of the stage, seconds into it, its length."""
        into_s = self.at
        lengths = durations_s(self.running, self.stages)
        for k, length_s in enumerate(lengths):
            if into_s < length_s:
                return k, into_s, length_s
            into_s -= length_s
        return len(lengths) - 1, lengths[-1] - 1, lengths[-1]

    def _advance(self) -> None:
        if self.at + 1 >= self.running.cycle_s:
            self.running, self.at = self.plans[self.wanted], 0
            return
        k, into_s, length_s = self._place()
        green_s = length_s - change_s(self._greens(0), self._greens(1), self.groups)
        leaves = k == 0 and into_s == green_s - 1
        if not leaves or self.cycle_counter == self.at + 1:
            self.at += 1

    def _dead_man(self) -> None:
        if self.lost_s is None:
            return
        self.lost_s += 1
        if self.commanded and 0 < self.timeout_min * _MINUTE_S <= self.lost_s:
            self.give_back()

    def _return(self) -> None:
        if self._back is None:
            return
        left_s, before = self._back
        self._back = (left_s - 1, before)
        if left_s <= 1:
            self._back = None
            self.place(before, 0, "calendar_clock")

    def _plan(self, number: int) -> TimePlan:
        if number not in self.plans:
            raise NotPossibleError(f"no time plan {number}")
        return self.plans[number]

    def _possible(self, plan: TimePlan) -> None:
        reason = problem(plan, self.stages)
        if reason:
            raise NotPossibleError(reason)
