"""The live service's cabinets in the loop: the code that serves a street, by the cabinets' clock.

Each second SUMO's traffic reaches the virtual cabinets' detectors, the cabinets are polled over
SNMP, the controller decides on what the polls show, and what it decides is written to the ledger
and SET, as `greenband live` does it; only the clock and the approval are the bench's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from greenband.cabinet.driver import Driver
from greenband.cabinet.drivers import rights_of, settings_of
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.ladder import Rung
from greenband.cabinet.ledger import Ledger
from greenband.cabinet.ledger_key import load_key, load_public, make_key
from greenband.cabinet.ledger_record import Approval
from greenband.cabinet.ledger_verify import verify
from greenband.cabinet.live import Guarded
from greenband.cabinet.live_cabinet import LiveCabinet
from greenband.cabinet.live_config import Cabinet, Wiring
from greenband.cabinet.live_link import Link
from greenband.cabinet.live_plans import Planner
from greenband.cabinet.live_record import Record, brain_of
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.snmp import UdpSession
from greenband.cabinet.street import CabinetStreet
from greenband.cabinet.virtual import Inputs
from greenband.cabinet.virtual.database import detectors_of
from greenband.controllers.base import Controller
from greenband.controllers.catalogue import Entry
from greenband.controllers.loop import run
from greenband.engine.frame import State
from greenband.engine.rules import STREET
from greenband.engine.site import Site
from greenband.engine.site_toml import site_to_toml
from greenband.networks.sumo_street import SumoStreet

from .hil_coupling import Coupling, over_snmp

Tier = Literal["pattern", "phase"]
PERIOD_S = 10
STARTED_S = 10.0
"""A cabinet flashes and shows red when power comes; in a street that is long ago."""
BEGAN = dt.datetime(2026, 1, 5)
APPROVAL = Approval("hil", BEGAN.replace(tzinfo=dt.UTC), "hardware in the loop")


@dataclass
class Driven:
    """What came of it: seconds of cabinets driven and in all, refusals, plans, orders, the ledger.

    `refusals` : what wasn't done, with the last reason by site. `whole` : whether the ledger
    verifies, and `decisions` how many it holds.
    """

    seconds: int = 0
    adaptive: int = 0
    plans: int = 0
    orders: int = 0
    refused: int = 0
    refusals: dict[str, str] = field(default_factory=dict)
    decisions: int = 0
    whole: bool = False


def drive(
    street: SumoStreet,
    couplings: Mapping[str, Coupling],
    entry: Entry,
    tier: Tier,
    folder: Path,
    *,
    omit: bool = False,
    told: Callable[[float], None] = lambda time_s: None,
) -> Driven:
    """Drive all cabinets by a controller until the street is over; files go into `folder`."""
    found, key = Driven(), folder / "ledger.key"
    public = load_public(make_key(key))
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger(folder / "ledger", load_key(key)))
        record = Record(ledger, brain_of(entry.name, entry.values, ()))
        live = {
            name: stack.enter_context(_live(coupling, tier, omit, record, folder))
            for name, coupling in couplings.items()
        }
        cabinets = list(live.values())

        def make(site: Site) -> Controller:
            return Guarded(entry.make(site), live[site.id])

        def second() -> float | None:
            return _second(street, couplings, cabinets, told)

        def seen(states: Mapping[str, State]) -> None:
            for name, state in states.items():
                live[name].saw(state)
                live[name].act()
                found.seconds += 1
                found.adaptive += live[name].ladder.rung is Rung.ADAPTIVE
            record.tick()

        loop = CabinetStreet(cabinets, second)
        run(
            loop,
            make,
            rules=STREET,
            info="loops",
            needs=entry.needs,
            each_second=seen,
            follow=loop.follow,
        )
        _count(found, live)
        for cabinet in cabinets:
            cabinet.leave()
    audit = verify(folder / "ledger", [public], None)
    found.whole, found.decisions = audit.ok, audit.decisions
    return found


def _second(
    street: SumoStreet,
    couplings: Mapping[str, Coupling],
    cabinets: list[LiveCabinet],
    told: Callable[[float], None],
) -> float | None:
    """SUMO's next second, the cabinets' own, and a poll of each; seconds since their midnight."""
    frames = street.read()
    if not frames:
        return None
    street.apply({site: couplings[site].pass_second(f) for site, f in frames.items()})
    told(street.time_s)
    for cabinet in cabinets:
        cabinet.link.begin_second()
        cabinet.poll()
    return cabinets[0].now_s


@contextmanager
def _live(
    coupling: Coupling, tier: Tier, omit: bool, record: Record, folder: Path
) -> Iterator[LiveCabinet]:
    """One cabinet of the live service before its virtual one."""
    cabinet, site = coupling.cabinet, coupling.cabinet.site
    wiring = _wiring(site, tier, omit, folder)

    def clock() -> float:
        return cabinet.controller.now / 10.0

    def wall() -> dt.datetime:
        return BEGAN + dt.timedelta(seconds=clock())

    cabinet.run(STARTED_S, Inputs())
    with over_snmp(cabinet) as session:
        _commission(session, wiring, clock)

        def opened() -> Driver:
            gateway = Gateway(session, rights_of(wiring), clock=clock)
            return NtcipDriver(gateway, settings_of(wiring), clock=clock)

        link = Link(wiring.name, opened, clock, silent_s=wiring.config.fallback.silent_s)
        yield LiveCabinet(
            wiring,
            link,
            record,
            lambda: (APPROVAL, ""),
            Planner(wiring, wall=clock),
            clock=clock,
            wall=wall,
        )


def _wiring(site: Site, tier: Tier, omit: bool, folder: Path) -> Wiring:
    """As a configuration says it, with the site's file beside it."""
    path = folder / f"site-{len(list(folder.glob('site-*.toml')))}.toml"
    path.write_text(site_to_toml(site), encoding="utf-8")
    config = Cabinet(
        file=path.name,
        address="127.0.0.1:161",
        tier=tier,
        omit=omit,
        slots=((10, 10), (11, 11)),
        reference_phase="2" if "2" in site.phase_index else None,
        detectors=detectors_of(site),
    )
    return Wiring(site.id, config, folder, "hardware in the loop")


def _commission(session: UdpSession, wiring: Wiring, clock: Callable[[], float]) -> None:
    """What an engineer sets once: backup time, and the period of the detectors."""
    gateway = Gateway(session, rights_of(wiring, commissioning=True), clock=clock)
    NtcipDriver(gateway, clock=clock).commission(int(wiring.deadman.backup_s), PERIOD_S)


def _count(found: Driven, live: Mapping[str, LiveCabinet]) -> None:
    for name, cabinet in live.items():
        counts = cabinet.sender.counts
        found.plans += counts.plans
        found.orders += counts.orders
        found.refused += counts.refusals
        if cabinet.refusal:
            found.refusals[name] = cabinet.refusal
