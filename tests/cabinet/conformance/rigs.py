"""What the contract's tests need of each driver: itself, its controller, and the time of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from greenband.cabinet.driver import Driver
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import RsmpGateway
from greenband.cabinet.rsmp_settings import settings_of
from greenband.engine.plan import Plan, Split
from tests.cabinet.ntcip.conftest import make_bench, plan_of
from tests.cabinet.rsmp.conftest import CODE, make_pair

NTCIP_BACKUP_S = 30


@dataclass
class Rig:
    """One driver before its controller, which is normal and runs its own plan.

    `on`: lets seconds pass for both. `changed`: what the controller has been told so far, to be
    compared. `ours`: whether what it was told is in force, by the controller itself. `hands_off`:
    somebody on site takes it, or gives it back. `cut`: nobody hears the other any more.
    `backup_s`: silence after which nothing of ours is in force, the margin included.
    """

    driver: Driver
    on: Callable[[float], None]
    changed: Callable[[], object]
    ours: Callable[[], bool]
    hands_off: Callable[[bool], None]
    cut: Callable[[], None]
    good: Plan
    other: Plan
    bad: tuple[Plan, ...]
    backup_s: float
    phase_tier: bool = False


def rsmp_rig() -> Rig:
    """RSMP: the virtual site, in lock step."""
    pair = make_pair()
    settings = settings_of(pair.site.config)
    gateway = RsmpGateway(pair.supervisor, settings, CODE, clock=pair.clock)
    controller = pair.site.controller

    def on(seconds: float) -> None:
        pair.on(round(seconds))

    def cut() -> None:
        pair.site.close()
        pair.listener.work = lambda: None
        pair.site._dial_s = float("inf")

    def hands_off(taken: bool) -> None:
        controller.manual = taken

    on(20)
    return Rig(
        driver=RsmpDriver(gateway, clock=pair.clock, sleep=on),
        on=on,
        changed=lambda: (
            dict(controller.plans),
            controller.wanted,
            controller.timeout_min,
            controller.position,
        ),
        ours=lambda: controller.commanded != 0,
        hands_off=hands_off,
        cut=cut,
        good=stage_plan(90, 8, {"2+6": 41, "3+7": 14, "4+8": 35}),
        other=stage_plan(80, 0, {"2+6": 40, "3+7": 12, "4+8": 28}),
        bad=(
            stage_plan(90, 8, {"2+6": 57, "3+7": 8, "4+8": 25}),
            stage_plan(90, 8, {"2+6": 41, "3+7": 14, "4+8": 30}),
            stage_plan(300, 8, {"2+6": 200, "3+7": 50, "4+8": 50}),
            stage_plan(90, 95, {"2+6": 41, "3+7": 14, "4+8": 35}),
            stage_plan(90, 8, {"2+6": 55, "4+8": 35}),
            plan_of(),
        ),
        backup_s=91,
    )


def stage_plan(cycle_s: float, offset_s: float, splits_s: dict[str, float]) -> Plan:
    """A plan of stages for the example junction."""
    stages = tuple(Split(id=name, split_s=split_s) for name, split_s in splits_s.items())
    return Plan(site="J", cycle_s=cycle_s, offset_s=offset_s, stages=stages)


def ntcip_rig() -> Rig:
    """NTCIP 1202 over SNMP: a controller in memory, with backup mode after a time without a SET."""
    bench = make_bench(phase_tier=True)
    controller = bench.controller
    heard = [bench.clock.now, 0.0]

    def on(seconds: float) -> None:
        """A SET since the last look counts as heard now: at most as long ago as one call."""
        for _ in range(round(seconds)):
            if len(controller.sets) != heard[1]:
                heard[:] = [bench.clock.now, len(controller.sets)]
            bench.on(1.0)
            if bench.clock.now - heard[0] >= NTCIP_BACKUP_S and ours():
                controller.say("unitControlStatus", 4)
                controller.say("systemPatternControl", 0)

    def ours() -> bool:
        return controller.said("systemPatternControl") != 0

    def hands_off(taken: bool) -> None:
        controller.say("unitControlStatus", 5 if taken else 3)

    def cut() -> None:
        bench.agent.handle = lambda datagram, source: None  # type: ignore[method-assign]

    return Rig(
        driver=bench.driver,
        on=on,
        changed=lambda: len(controller.sets),
        ours=ours,
        hands_off=hands_off,
        cut=cut,
        good=plan_of(),
        other=plan_of(offset_s=20, p1=20, p2=25),
        bad=(
            plan_of(p1=1, p2=44),
            plan_of(p1=20),
            plan_of(cycle_s=300),
            plan_of(offset_s=95),
            stage_plan(90, 0, {"a": 90}),
        ),
        backup_s=NTCIP_BACKUP_S + 1,
        phase_tier=True,
    )


RIGS: dict[str, Callable[[], Rig]] = {"rsmp": rsmp_rig, "ntcip": ntcip_rig}
