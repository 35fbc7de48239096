"""A crossing of two streets, and an honest controller of it in memory that keeps the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from greenband.cabinet.driver import (
    NOBODY,
    Mode,
    Numbers,
    PhaseOrders,
    Reading,
    RefusedError,
    UnreachableError,
)
from greenband.cabinet.mapping import mapping_of
from greenband.engine.frame import Flag
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site

HEAD = """\
id = "X"
name = "Main & 1st"
rings = [[["2"], ["4"]], [["6"], ["8"]]]
control = "actuated"
"""
LEGS = (("EB", 2, 90), ("WB", 6, 270), ("SB", 4, 180), ("NB", 8, 0))
SIDES = (frozenset({2, 6}), frozenset({4, 8}))
YELLOW_S, RED_S, MIN_S = 4, 1, 7
LOCAL_S = (40, 30)
"""Splits of the two sides in the controller's own plan."""


def site_text() -> str:
    text = HEAD
    for leg, _, bearing in LEGS:
        lane = f'{{id = "{leg}1", movements = ["{leg}T"], length_m = 150.0}}'
        text += f'\n[[approaches]]\nid = "{leg}"\nbearing_deg = {bearing}\nlanes = [{lane}]\n'
    for leg, _, _ in LEGS:
        text += f'\n[[movements]]\nid = "{leg}T"\napproach = "{leg}"\nturn = "T"\n'
    for leg, number, _ in LEGS:
        text += (
            f'\n[[phases]]\nid = "{number}"\nprotected = ["{leg}T"]\n'
            f"min_green_s = {MIN_S}\nyellow_s = {YELLOW_S}\nred_clearance_s = {RED_S}\n"
        )
    for leg, _, _ in LEGS:
        text += f'\n[[detectors]]\nid = "{leg} bar"\nlanes = ["{leg}1"]\nkind = "stop-bar"\n'
    return text


DETECTORS = {f"{leg} bar": number for leg, number, _ in LEGS}


@pytest.fixture
def site() -> Site:
    return with_limits(parse_site(site_text(), "X.toml"), STREET)


@dataclass
class Clock:
    now: float = 36_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Fake:
    """Two sides in turn: by its own plan, by a pattern of ours, or by what its phases are told.

    What was set runs out `backup_s` after the last word, as the clock says. `silent`, `flags` and
    `refuses` are for tests to set. `sets` has what it was told, in order.
    """

    clock: Clock
    backup_s: float = 30.0
    silent: bool = False
    flags: Flag = Flag.NONE
    refuses: bool = False
    active: Numbers = NOBODY
    volumes_veh: Mapping[int, int] = field(default_factory=dict)
    sets: list[tuple[str, object]] = field(default_factory=list)
    plan: Plan | None = None
    orders: PhaseOrders | None = None
    side: int = 0
    at_s: int = 0
    """Seconds since this side's green began."""
    ending_s: int = -1
    """Seconds since its yellow began, -1 in green."""
    last_word_s: float = float("-inf")
    ticked_s: float = float("-inf")
    ran_out: bool = False
    table: dict[str, object] = field(default_factory=lambda: {"unitBackupTime": 30})
    closed: int = 0

    def discover(self) -> Mapping[str, object]:
        self._reach()
        return dict(self.table)

    def read(self) -> Reading:
        self._reach()
        lit = SIDES[self.side]
        green = self.ending_s < 0
        yellow = 0 <= self.ending_s < YELLOW_S
        return Reading(
            time_s=self.clock(),
            greens=lit if green else NOBODY,
            yellows=lit if yellow else NOBODY,
            ons=lit,
            nexts=SIDES[1 - self.side],
            vehicle_calls=self.active - (lit if green else NOBODY),
            active=self.active,
            volumes_veh=self.volumes_veh,
            pattern=1 if self.plan else 0,
            mode=self._mode(),
            flags=self.flags,
            reason="a preempt is active" if self.flags else "",
        )

    def order(self, orders: PhaseOrders) -> None:
        self._set("order", orders)
        self.orders = orders

    def run_plan(self, plan: Plan) -> None:
        self._set("plan", plan)
        self.plan = plan

    def keep_alive(self) -> None:
        self._reach()
        if self.plan is None and self.orders is None:
            raise RefusedError("what we called ran out")
        self._set("keep alive", None)

    def release(self) -> None:
        self._reach()
        self.sets.append(("release", None))
        self.plan = self.orders = None
        self.ran_out = False

    def close(self) -> None:
        self.closed += 1

    def tick(self) -> None:
        """One second of its own time, whether anybody asks or not."""
        ours = self.plan is not None or self.orders is not None
        if ours and self.clock() - self.last_word_s > self.backup_s:
            self.plan = self.orders = None
            self.ran_out = True
        self.at_s += 1
        if self.ending_s >= 0:
            self.ending_s += 1
            if self.ending_s >= YELLOW_S + RED_S:
                self.side, self.at_s, self.ending_s = 1 - self.side, 0, -1
        elif self._due():
            self.ending_s = 0

    def done(self, name: str) -> list[object]:
        return [what for said, what in self.sets if said == name]

    def _due(self) -> bool:
        own, told = SIDES[self.side], self.orders
        if told is not None and not told.force_off & own and told.hold & own:
            return False
        if told is not None and told.force_off & own:
            return self.at_s >= MIN_S
        splits = LOCAL_S
        if self.plan is not None:
            by_name = {s.id: s.split_s for s in self.plan.phases}
            splits = int(by_name["2"]), int(by_name["4"])
        return self.at_s >= splits[self.side] - YELLOW_S - RED_S

    def _mode(self) -> Mode:
        if self.flags:
            return Mode.HANDS_OFF
        if self.plan is not None or self.orders is not None:
            return Mode.OURS
        return Mode.BACKUP if self.ran_out else Mode.LOCAL

    def _reach(self) -> None:
        if self.silent:
            raise UnreachableError("no answer in 1.0 s, 2 retries")

    def _set(self, name: str, what: object) -> None:
        self._reach()
        if self.flags or self.refuses:
            raise RefusedError("hands off: a preempt is active" if self.flags else "not now")
        self.sets.append((name, what))
        self.last_word_s = self.clock()
        self.ran_out = False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Fake:
    return Fake(clock)


def plan_of(main_s: float, side_s: float, offset_s: float = 0.0) -> Plan:
    splits = {"2": main_s, "6": main_s, "4": side_s, "8": side_s}
    return Plan(
        site="X",
        cycle_s=main_s + side_s,
        offset_s=offset_s,
        reference_phase="2",
        phases=tuple(Split(id=p, split_s=s) for p, s in splits.items()),
    )


__all__ = ["DETECTORS", "Clock", "Fake", "mapping_of", "plan_of", "site_text"]
