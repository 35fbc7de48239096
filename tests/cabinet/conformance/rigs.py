"""What the contract's tests need of each driver: itself, its controller, and the time of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from greenband.cabinet.driver import Driver
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.gateway_rules import Rights, Slot
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import RsmpGateway
from greenband.cabinet.rsmp_settings import settings_of
from greenband.cabinet.snmp import V2C, Agent, CallTransport, Community, SnmpSession
from greenband.cabinet.virtual import Inputs
from greenband.cabinet.virtual.cabinet import VirtualCabinet
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site_toml import parse_site
from tests.cabinet.ntcip.conftest import COMMUNITIES, make_bench, plan_of
from tests.cabinet.rsmp.conftest import CODE, make_pair

NTCIP_BACKUP_S = 30
SITES = Path(__file__).parents[3] / "networks" / "data" / "corridor" / "sites"


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


def virtual_rig() -> Rig:
    """NTCIP 1202 over SNMP: the virtual cabinet with its own rings, coordination and dead man."""
    site = parse_site((SITES / "A.toml").read_text(encoding="utf-8"), "A.toml")
    cabinet = VirtualCabinet(with_limits(site, STREET))
    controller, reachable, manual = cabinet.controller, [True], [False]
    agent = Agent(cabinet.values, COMMUNITIES, clock=lambda: controller.now / 10.0)

    def way(datagram: bytes, source: str) -> bytes | None:
        return agent.handle(datagram, source) if reachable[0] else None

    def clock() -> float:
        return controller.now / 10.0

    def on(seconds: float) -> None:
        cabinet.run(seconds, Inputs(manual=manual[0]))

    def hands_off(taken: bool) -> None:
        manual[0] = taken
        on(0.1)

    access = Community(V2C, b"reads-only", b"writes-too")
    session = SnmpSession(CallTransport(way), access, retries=0)
    rights = Rights(
        (Slot(10, 10), Slot(11, 11)), frozenset(controller.program.phases), phase_tier=True
    )
    on(10)
    return Rig(
        driver=NtcipDriver(Gateway(session, rights, clock=clock), clock=clock),
        on=on,
        changed=lambda: dict(controller.database),
        ours=lambda: controller.read.number("systemPatternControl") != 0,
        hands_off=hands_off,
        cut=lambda: reachable.__setitem__(0, False),
        good=ringed_plan(),
        other=ringed_plan(offset_s=20.0, p1=18, p2=42, p5=18, p6=42),
        bad=(
            ringed_plan(p1=4, p2=56, p5=4, p6=56),
            ringed_plan(p1=20),
            ringed_plan(cycle_s=300.0),
            ringed_plan(offset_s=95.0),
            stage_plan(90, 0, {"a": 90}),
        ),
        backup_s=NTCIP_BACKUP_S + 1,
        phase_tier=True,
    )


def ringed_plan(cycle_s: float = 90.0, offset_s: float = 8.0, **splits_s: float) -> Plan:
    """A plan for site A of the corridor; splits as ``p2=45``."""
    table: dict[str, float] = {"1": 15, "2": 45, "4": 30, "5": 15, "6": 45, "8": 30}
    table |= {name[1:]: split_s for name, split_s in splits_s.items()}
    phases = tuple(Split(id=p, split_s=float(split_s)) for p, split_s in table.items())
    return Plan(site="A", cycle_s=cycle_s, offset_s=offset_s, reference_phase="2", phases=phases)


RIGS: dict[str, Callable[[], Rig]] = {
    "rsmp": rsmp_rig,
    "ntcip": ntcip_rig,
    "virtual cabinet": virtual_rig,
}
