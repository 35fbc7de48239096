"""The same loop and controllers as in simulation, over a controller behind a driver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from greenband.cabinet.driver import Reading, UnreachableError
from greenband.cabinet.mapping import Mapping, mapping_of
from greenband.cabinet.orders import orders_of
from greenband.cabinet.street import CabinetStreet
from greenband.controllers.actuated import Actuated
from greenband.controllers.loop import Outcome, run
from greenband.controllers.rolling_horizon import RollingHorizon
from greenband.engine.colour_check import audit
from greenband.engine.frame import Command, Flag, State
from greenband.engine.rules import STREET
from greenband.engine.site import Site

from .conftest import DETECTORS, LOCAL_S, MIN_S, RED_S, YELLOW_S, Clock, Fake


@dataclass
class Box:
    """A cabinet that polls and tells at once."""

    site: Site
    fake: Fake
    follows: bool
    mapping: Mapping = field(init=False)
    reading: Reading | None = None
    commands: list[Command] = field(default_factory=list)
    shown: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mapping = mapping_of(self.site, {}, DETECTORS)

    def poll(self) -> None:
        self.fake.tick()
        try:
            self.reading = self.fake.read()
        except UnreachableError:
            self.reading = None
            return
        r = self.reading
        colours = tuple(
            2 if n in r.greens else 1 if n in r.yellows else 0 for n in self.mapping.phases
        )
        self.shown.append((self.fake.clock(), colours))

    def act(self) -> None:
        if self.follows and self.commands and self.reading is not None:
            command = self.commands[-1]
            told = orders_of(command, self.reading, self.site, self.mapping)
            if not self.reading.flags:
                self.fake.order(told)

    def tell(self, command: Command) -> None:
        self.commands.append(command)

    def greens_s(self, phase: int) -> list[int]:
        """Lengths of the whole greens of a phase that were shown."""
        lit = "".join(str(int(colours[phase] == 2)) for _, colours in self.shown)
        return [len(part) for part in lit.split("0")[1:-1] if part]


def drive(
    boxes: list[Box],
    seconds: int,
    kind: type[Actuated | RollingHorizon] = Actuated,
    script: Callable[[int], None] | None = None,
) -> Outcome:
    left = iter(range(seconds))

    def second() -> float | None:
        if (now := next(left, None)) is None:
            return None
        for box in boxes:
            box.act()
        clock = boxes[0].fake.clock
        clock.now += 1.0
        if script is not None:
            script(now)
        for box in boxes:
            box.poll()
        return clock.now

    street = CabinetStreet(boxes, second)
    return run(street, kind, rules=STREET, info="loops", needs=kind.needs, follow=street.follow)


def other(site: Site) -> Site:
    return site.model_copy(update={"id": "Y"})


@pytest.mark.parametrize("kind", [Actuated, RollingHorizon])
def test_the_phase_tier_drives_the_lamps_and_they_stay_legal(
    site: Site, clock: Clock, kind: type[Actuated | RollingHorizon]
) -> None:
    box = Box(site, Fake(clock), follows=True)

    def traffic(second: int) -> None:
        box.fake.active = frozenset({4, 8} if second % 60 > 30 else {2, 6} if second % 3 else ())

    drive([box], 600, kind, traffic)
    assert not [v for v in audit(box.shown, site, STREET) if v.rule != "longest_red"]
    main, side = box.greens_s(0), box.greens_s(2)
    assert len(side) >= 3
    assert LOCAL_S[0] - YELLOW_S - RED_S not in main[1:]
    assert min(main[1:] + side) >= MIN_S


def test_without_traffic_on_the_side_street_the_main_street_rests_in_green(
    site: Site, clock: Clock
) -> None:
    box = Box(site, Fake(clock), follows=True)

    def traffic(second: int) -> None:
        box.fake.active = frozenset({2}) if second % 3 else frozenset()

    drive([box], 400, Actuated, traffic)
    assert [c for _, c in box.shown[-200:]] == [(2, 2, 0, 0)] * 200


def test_in_shadow_the_gate_follows_and_nothing_is_told(site: Site, clock: Clock) -> None:
    box = Box(site, Fake(clock), follows=False)
    box.fake.active = frozenset({4, 8})
    outcome = drive([box], 300)
    assert outcome.seconds == 300
    assert box.fake.sets == []
    assert set(box.greens_s(0)) == {LOCAL_S[0] - YELLOW_S - RED_S}
    leaving = [c for c in box.commands if c.colours[0] == 1]
    assert leaving, "with nobody on the main street it would have ended its green"
    assert {c.time_s for c in leaving} & {t for t, shown in box.shown if shown[0] == 2}


def test_hands_off_reaches_the_gate(site: Site, clock: Clock) -> None:
    box = Box(site, Fake(clock), follows=True)

    def script(second: int) -> None:
        box.fake.active = frozenset({4, 8})
        box.fake.flags = Flag.PREEMPT if 100 <= second < 150 else Flag.NONE

    drive([box], 200, Actuated, script)
    during = [c for c in box.commands if clock.now - 100 < c.time_s <= clock.now - 52]
    assert any("hands off: preempt" in c.refused for c in during)
    assert all(set(c.orders) == {0} for c in during if "hands off" in c.refused)


def test_a_cabinet_that_is_silent_leaves_the_others_alone(site: Site, clock: Clock) -> None:
    alone = Box(site, Fake(clock), follows=True)
    traffic = frozenset({2, 4, 6, 8})
    alone.fake.active = traffic
    start = clock.now
    drive([alone], 300)

    clock.now = start
    well, ill = Box(site, Fake(clock), follows=True), Box(other(site), Fake(clock), follows=True)
    well.fake.active = ill.fake.active = traffic

    def script(second: int) -> None:
        ill.fake.silent = second >= 50

    drive([well, ill], 300, Actuated, script)
    assert well.shown == alone.shown
    assert len(ill.shown) == 50


def test_the_states_of_a_silent_cabinet_say_so(site: Site, clock: Clock) -> None:
    box = Box(site, Fake(clock), follows=True)
    seen: list[tuple[Flag, float]] = []

    class Looks(Actuated):
        def decide(self, state: State) -> object:  # type: ignore[override]
            seen.append((state.flags, float(state.trust_ratio.mean())))
            return super().decide(state)

        join = None  # type: ignore[assignment]

    def script(second: int) -> None:
        box.fake.silent = second >= 10

    drive([box], 20, Looks, script)
    assert seen[5] == (Flag.NONE, 1.0)
    assert seen[-1][0] == Flag.FAULT
    assert seen[-1][1] < 1.0
