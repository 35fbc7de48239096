"""One cabinet of the live service on an honest controller: rungs, what is sent and recorded."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from greenband.cabinet.drift import Commissioned
from greenband.cabinet.driver import Driver, Mode
from greenband.cabinet.event_writer import EventFiles
from greenband.cabinet.ladder import Rung
from greenband.cabinet.ledger import Ledger
from greenband.cabinet.ledger_key import load_key, load_public, make_key
from greenband.cabinet.ledger_record import Approval
from greenband.cabinet.ledger_verify import entries, verify
from greenband.cabinet.live import Guarded
from greenband.cabinet.live_cabinet import LiveCabinet
from greenband.cabinet.live_config import Cabinet, Wiring
from greenband.cabinet.live_link import Link
from greenband.cabinet.live_plans import Planner
from greenband.cabinet.live_record import Brain, Record
from greenband.cabinet.street import CabinetStreet
from greenband.controllers.actuated import Actuated
from greenband.controllers.loop import run
from greenband.controllers.plan import PlanController
from greenband.engine.errors import InputError
from greenband.engine.event_log import parse_event_log
from greenband.engine.frame import Flag, Request, State
from greenband.engine.plan import Plan
from greenband.engine.rules import STREET
from greenband.engine.site import Site

from .conftest import DETECTORS, SIDES, Clock, Fake, plan_of, site_text

DIGEST = "0" * 64
APPROVAL = Approval("An Engineer", dt.datetime(2026, 5, 1, tzinfo=dt.UTC), "all of it")
MIDNIGHT = dt.datetime(2026, 5, 13)
RATE_VEH_S = {2: 0.18, 6: 0.15, 4: 0.08, 8: 0.1}
Script = Callable[[int, "Bench"], None]


class Broken(Actuated):
    """Fails when it is told to."""

    fails = False

    def decide(self, state: State) -> Request:
        if Broken.fails:
            raise ValueError("a mistake in somebody's controller")
        return super().decide(state)


class LeavesIt(Actuated):
    """Counts as if it left every second to a simpler controller."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.fallback_s = {"rotation": 0}

    def decide(self, state: State) -> Request:
        self.fallback_s["rotation"] += 1
        return super().decide(state)


@dataclass
class Bench:
    """A cabinet with everything around it, driven second by second."""

    folder: Path
    clock: Clock
    fake: Fake
    tier: str = "pattern"
    kind: Callable[[Site], Any] = Broken
    approval: Approval | None = APPROVAL
    more: dict[str, Any] = field(default_factory=dict)
    rungs: list[Rung] = field(default_factory=list)
    modes: list[Mode] = field(default_factory=list)
    opened: int = 0
    queues: dict[int, int] = field(default_factory=lambda: dict.fromkeys(RATE_VEH_S, 0))
    random: Random = field(default_factory=lambda: Random(1))

    def traffic(self) -> None:
        """Vehicles arrive at random, and leave in green, one in two seconds."""
        lit = SIDES[self.fake.side] if self.fake.ending_s < 0 else frozenset()
        covered = set()
        for number, rate in RATE_VEH_S.items():
            self.queues[number] += self.random.random() < rate
            leaves = number in lit and int(self.clock.now) % 2 == 0
            if self.queues[number] and not leaves:
                covered.add(number)
            elif self.queues[number]:
                self.queues[number] -= 1
        self.fake.active = frozenset(covered)

    def __post_init__(self) -> None:
        (self.folder / "X.toml").write_text(site_text())
        key = self.folder / "key"
        if not key.exists():
            make_key(key)
        config = Cabinet.model_validate(
            {
                "file": "X.toml",
                "address": "127.0.0.1:1",
                "tier": self.tier,
                "slots": ((10, 20), (11, 21)),
                "detectors": DETECTORS,
                "reference_phase": "2",
                "plans": {"every_s": 60.0, "window_s": 600.0},
                **self.more,
            }
        )
        wiring = Wiring("X", config, self.folder, "live.toml")
        self.ledger = Ledger(self.folder / "ledger", load_key(key), now=self.utc)
        self.record = Record(self.ledger, Brain("actuated", {}, DIGEST, DIGEST), self.utc)
        link = Link("X", self._open, self.clock, lambda table: self.cabinet.discovered(table))
        planner = Planner(wiring, self.folder / "plans", wall=self.clock)
        self.cabinet = LiveCabinet(
            wiring,
            link,
            self.record,
            lambda: (self.approval, "" if self.approval else "not approved"),
            planner,
            clock=self.clock,
            wall=self.wall,
            events=EventFiles(self.folder / "events", 7),
            commissioned=Commissioned(self.folder / "found", "X"),
        )

    def _open(self) -> Driver:
        self.opened += 1
        return self.fake

    @property
    def last(self) -> str:
        return self.rungs[-1].value

    def utc(self) -> dt.datetime:
        return (MIDNIGHT + dt.timedelta(seconds=self.clock.now)).replace(tzinfo=dt.UTC)

    def wall(self) -> dt.datetime:
        return MIDNIGHT + dt.timedelta(seconds=self.clock.now)

    def drive(self, seconds: int, script: Script = lambda second, bench: None) -> None:
        left: Iterator[int] = iter(range(seconds))
        cabinet = self.cabinet

        def second() -> float | None:
            if (now := next(left, None)) is None:
                return None
            self.clock.now += 1.0
            script(now, self)
            self.fake.tick()
            self.traffic()
            cabinet.link.begin_second()
            cabinet.poll()
            return self.clock.now

        def seen(states: Any) -> None:
            cabinet.saw(states["X"])
            cabinet.act()
            self.rungs.append(cabinet.ladder.rung)
            if not self.fake.silent:
                self.modes.append(self.fake.read().mode)

        street = CabinetStreet([cabinet], second)
        run(
            street,
            lambda site: Guarded(self.kind(site), cabinet),
            rules=STREET,
            info="loops",
            needs=Actuated.needs,
            each_second=seen,
            follow=street.follow,
        )

    def bodies(self, kind: str = "decision") -> list[Any]:
        return [e.body for _, e in entries(self.folder / "ledger") if e.kind == kind]

    def whole(self) -> bool:
        self.ledger.close()
        return verify(self.folder / "ledger", [load_public(self.folder / "key.pub")], None).ok


@pytest.fixture
def bench(tmp_path: Path, clock: Clock, fake: Fake) -> Iterator[Bench]:
    Broken.fails = False
    made = Bench(tmp_path, clock, fake)
    yield made
    made.ledger.close()


def test_shadow_decides_and_records_and_sets_nothing(bench: Bench) -> None:
    bench.approval = None
    bench.drive(600)
    assert set(bench.rungs) == {Rung.SHADOW}
    assert bench.fake.sets == []
    bodies = bench.bodies()
    assert bodies
    assert {b["outcome"] for b in bodies} == {"shadow"}
    assert all(b["approval"] is None and not b["sent"] for b in bodies)
    assert bench.whole()


def test_shadow_of_the_phase_tier_sets_nothing_either(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, Fake(clock), tier="phase", approval=None)
    bench.drive(200)
    assert bench.fake.sets == []
    assert {b["outcome"] for b in bench.bodies()} == {"shadow"}
    assert any("ForceOff 2,6" in b["note"] for b in bench.bodies())
    assert bench.whole()


def test_an_approved_site_is_taken_after_a_calm_time_by_way_of_standby(bench: Bench) -> None:
    bench.drive(400)
    first = [r for k, r in enumerate(bench.rungs) if k == 0 or r is not bench.rungs[k - 1]]
    assert first == [Rung.STANDBY, Rung.ADAPTIVE]
    assert bench.rungs.index(Rung.ADAPTIVE) == 30
    assert bench.fake.sets[0][0] == "release", "what a process before left is taken back first"
    assert bench.fake.done("plan")
    assert bench.modes[-1] is Mode.OURS


def test_seconds_left_to_a_simpler_controller_are_shown(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, Fake(clock), kind=LeavesIt)
    bench.drive(40)
    assert bench.cabinet.fallback_s == {"rotation": 40}
    bench.ledger.close()


def test_every_plan_is_written_down_before_and_after(bench: Bench) -> None:
    bench.drive(600)
    plans = bench.fake.done("plan")
    intents = bench.bodies("intent")
    decisions = [b for b in bench.bodies() if b["tier"] == "pattern"]
    assert len(intents) == len(plans) == len(decisions) > 1
    for decision in decisions:
        assert decision["outcome"] == "confirmed"
        assert decision["verdict"] == {"accepted": True, "rules": ["gate"], "refusal": ""}
        assert decision["approval"]["by"] == "An Engineer"
        assert decision["inputs_digest"] != DIGEST
        assert decision["intent"] is not None
    assert bench.whole()


def test_it_is_kept_alive_in_time_and_runs_out_when_nobody_does(bench: Bench) -> None:
    bench.drive(400)
    assert len(bench.fake.done("keep alive")) >= 40
    silent = 0
    while bench.fake._mode() is Mode.OURS:  # the service is killed: nobody calls it any longer
        bench.clock.now += 1.0
        bench.fake.tick()
        silent += 1
    assert 0 < silent <= bench.cabinet.wiring.deadman.local_within_s


@pytest.mark.parametrize("flag", [Flag.PREEMPT, Flag.FLASH, Flag.MANUAL, Flag.FAULT])
def test_hands_off(bench: Bench, flag: Flag) -> None:
    def script(second: int, bench: Bench) -> None:
        bench.fake.flags = flag if 300 <= second < 400 else Flag.NONE
        if second in (300, 400):
            told.append(len(bench.fake.sets))

    told: list[int] = []
    bench.drive(500, script)
    assert told[0] == told[1], "nothing was set while somebody else had it"
    assert bench.rungs[299:302] == [Rung.ADAPTIVE, Rung.HANDS_OFF, Rung.HANDS_OFF]
    assert bench.rungs[400] is Rung.STANDBY
    assert bench.fake.sets[told[1]][0] == "release"
    assert bench.last == "adaptive"


def test_silence_and_return(bench: Bench) -> None:
    def script(second: int, bench: Bench) -> None:
        bench.fake.silent = 300 <= second < 400

    bench.drive(700, script)
    assert bench.rungs[310] is Rung.BACKUP
    assert bench.opened > 1
    assert bench.fake.closed == bench.opened - 1
    back = next(k for k in range(400, 700) if bench.rungs[k] is Rung.STANDBY)
    assert back < 470, "it is tried again at growing intervals"
    assert bench.last == "adaptive"
    assert bench.whole()


def test_a_controller_that_fails_falls_to_the_last_verified_plan(bench: Bench) -> None:
    def script(second: int, bench: Bench) -> None:
        Broken.fails = 600 <= second < 700

    bench.drive(800, script)
    assert bench.rungs[605] is Rung.LAST_PLAN
    assert bench.modes[650] is Mode.OURS
    assert bench.last == "adaptive"
    kept = list((bench.folder / "plans").iterdir())
    assert [p.name for p in kept] == ["X.json"]


def test_without_a_verified_plan_it_falls_to_standby(tmp_path: Path, clock: Clock) -> None:
    fake = Fake(clock)
    bench = Bench(tmp_path, clock, fake, more={"fallback": {"plan_age_s": 0.0}})

    def script(second: int, bench: Bench) -> None:
        Broken.fails = second >= 300

    bench.drive(400, script)
    assert bench.last == "standby"
    assert fake.plan is None
    assert bench.modes[-1] is Mode.LOCAL
    Broken.fails = False


def test_a_service_that_starts_anew_has_the_plan_that_was_verified(bench: Bench) -> None:
    bench.drive(600)
    assert bench.cabinet.planner.verified is not None
    again = Planner(bench.cabinet.wiring, bench.folder / "plans", wall=bench.clock)
    assert again.verified == bench.cabinet.planner.verified
    assert again.age_s() < 600
    (bench.folder / "plans" / "X.json").write_text('{"at": 1, "plan": {"site": "Y"}}')
    assert Planner(bench.cabinet.wiring, bench.folder / "plans").verified is None


def test_the_phase_tier_drives_and_lets_go(tmp_path: Path, clock: Clock) -> None:
    fake = Fake(clock)
    bench = Bench(tmp_path, clock, fake, tier="phase")

    def script(second: int, bench: Bench) -> None:
        if second == 300:
            bench.approval = None

    bench.drive(310, script)
    assert len(fake.done("order")) > 10
    assert bench.modes[290] is Mode.OURS
    assert bench.last == "shadow"
    assert fake.orders is None
    assert bench.modes[-1] is Mode.LOCAL
    confirmed = [b for b in bench.bodies() if b["tier"] == "phase" and b["outcome"] == "confirmed"]
    assert {name for b in confirmed for name, _ in b["sent"]} >= {
        "phaseControlGroupHold",
        "phaseControlGroupForceOff",
        "phaseControlGroupVehCall",
    }
    assert bench.whole()


def test_what_cant_be_written_down_is_not_sent_and_is_given_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> int:
        raise InputError("ledger", "No space left on device", "a disk with room", "Make room.")

    with monkeypatch.context() as patch:

        def script(second: int, bench: Bench) -> None:
            if second == 300:
                patch.setattr(Ledger, "_append", full)

        bench.drive(700, script)  # another plan is due
        assert bench.last == "standby"
        assert bench.fake.plan is None
        told = len(bench.fake.done("plan"))
        bench.drive(60)
        assert len(bench.fake.done("plan")) == told
    bench.drive(120)
    assert bench.last == "adaptive"
    assert bench.whole()


def test_what_ran_out_leads_to_standby_and_back(bench: Bench) -> None:
    def script(second: int, bench: Bench) -> None:
        if second == 300:
            bench.fake.plan, bench.fake.ran_out = None, True

    bench.drive(400, script)
    assert bench.rungs[301] is Rung.STANDBY
    assert bench.last == "adaptive"


def test_a_refused_plan_is_recorded_and_the_cabinet_stays_as_it_was(bench: Bench) -> None:
    bench.fake.refuses = True
    bench.drive(300)
    assert bench.fake.plan is None
    refused = [b for b in bench.bodies() if b["outcome"] == "refused"]
    assert refused
    assert len(refused) <= 300 // 60 + 1, "not each second anew"
    assert refused[0]["verdict"]["accepted"] is False
    assert refused[0]["verdict"]["refusal"] == "not now"


def test_drift_is_an_alarm_and_nothing_is_set(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.drive(50)
    assert bench.last == "adaptive"
    bench.fake.table = {"unitBackupTime": 30, "phaseYellowChange.2": 25}
    bench.cabinet.link.close()
    told = len(bench.fake.sets)
    with caplog.at_level(logging.ERROR, "greenband.live"):
        bench.drive(100)
    assert bench.last == "shadow"
    assert "phaseYellowChange.2 was None, is 25" in bench.cabinet.not_safe
    assert "cabinet differs" in [r.message for r in caplog.records]
    assert [s for s, _ in bench.fake.sets[told:] if s != "release"] == []


def test_a_dead_man_that_is_set_otherwise_is_none(bench: Bench) -> None:
    bench.fake.table = {"unitBackupTime": 0}
    bench.drive(100)
    assert set(bench.rungs) == {Rung.SHADOW}
    assert bench.cabinet.ladder.reason.startswith("just begun")
    assert "unitBackupTime is 0 s" in bench.cabinet.not_safe


def test_too_few_detectors_that_are_believed(bench: Bench) -> None:
    def script(second: int, bench: Bench) -> None:
        bench.cabinet.believed = 1.0

    bench.drive(100, script)
    assert bench.last == "adaptive"
    bench.cabinet.believed = 0.4
    assert "40% of its detectors" in bench.cabinet._undecided()


def test_a_controller_that_gives_plans_has_its_plan_run(bench: Bench) -> None:
    plan: Plan = plan_of(45, 35)
    bench.kind = lambda site: PlanController(site, plan)
    bench.drive(300)
    assert bench.fake.done("plan") == [plan]


def test_the_high_resolution_log_tells_what_was_shown(bench: Bench) -> None:
    bench.drive(300)
    text = next((bench.folder / "events").glob("*.csv")).read_text()
    log = parse_event_log(text, "events")
    assert log.devices == (7,)
    assert {1, 7, 8, 9, 82, 131, 132, 135, 150} <= set(log.event.tolist())


def test_at_the_end_it_is_given_back(bench: Bench) -> None:
    bench.drive(300)
    bench.cabinet.leave()
    assert bench.fake.plan is None
    assert bench.fake.closed == 1
    assert bench.bodies()[-1]["note"] == "the service stops"
