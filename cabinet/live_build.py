"""From a configuration to a service that can be run; and what operators do beside it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from greenband import controllers, engine
from greenband.controllers.catalogue import Entry, own_file
from greenband.engine.errors import InputError
from greenband.engine.plan import Plan

from . import approval, drivers
from .drift import Commissioned
from .driver import Driver, DriverError, Mode
from .event_writer import EventFiles
from .ledger import Ledger
from .ledger_key import load_key, load_public, public_path
from .ledger_record import Approval, utc_text
from .live import Service
from .live_cabinet import LiveCabinet
from .live_config import LiveConfig, Wiring
from .live_link import Link
from .live_plans import Planner
from .live_record import Record, brain_of

RELEASED_WITHIN_S = 5.0
Open = Callable[[Wiring, Path], Driver]


@dataclass
class Built:
    """A service with what has to be closed after it, and the texts that no log may hold."""

    service: Service
    ledger: Ledger
    secrets: tuple[str, ...] = field(repr=False)


def build(
    config: LiveConfig,
    entry: Entry,
    *,
    plans: Mapping[str, Plan] | None = None,
    open_driver: Open = drivers.open_driver,
    each_second: Callable[[Service], None] = lambda service: None,
) -> Built:
    """Make all of it; nothing is spoken to yet.

    Raises InputError for keys, credentials and ledgers that aren't as they must be, and for a
    controller that can't be made for a site.
    """
    secrets = tuple(
        secret
        for wiring in config.wirings
        for secret in drivers.secrets_of(wiring, config.credentials)
    )
    key = load_key(config.key)
    own = own_file(entry.name)
    sources = [_folder(controllers), _folder(engine), *([] if own is None else [own])]
    brain = brain_of(entry.name, entry.values, tuple(sources))
    ledger = Ledger(config.ledger, key, secrets=secrets)
    try:
        record = Record(ledger, brain)
        wall = wall_of(config)
        cabinets = {w.name: _cabinet(config, w, record, open_driver, wall) for w in config.wirings}
        service = Service(cabinets, entry, record, plans=plans, wall=wall, each_second=each_second)
    except BaseException:
        ledger.close()
        raise
    return Built(service, ledger, secrets)


def wall_of(config: LiveConfig) -> Callable[[], dt.datetime]:
    """The wall clock of the controllers."""
    return lambda: dt.datetime.now(config.zone).replace(tzinfo=None)


def _cabinet(
    config: LiveConfig,
    wiring: Wiring,
    record: Record,
    open_driver: Open,
    wall: Callable[[], dt.datetime],
) -> LiveCabinet:
    def opened() -> Driver:
        return open_driver(wiring, config.credentials)

    link = Link(
        wiring.name,
        opened,
        time.monotonic,
        lambda table: cabinet.discovered(table),
        wiring.config.fallback.silent_s,
    )
    cabinet = LiveCabinet(
        wiring,
        link,
        record,
        approvals_of(config, wiring),
        Planner(wiring, config.state / "plans"),
        clock=time.monotonic,
        wall=wall,
        events=EventFiles(config.state / "events", config.devices[wiring.name]),
        commissioned=Commissioned(config.state / "commissioned", wiring.name),
    )
    return cabinet


def approvals_of(config: LiveConfig, wiring: Wiring) -> Callable[[], tuple[Approval | None, str]]:
    """Looks whether a site is approved, each time anew: a file that goes is seen at once."""
    public, own = load_public(public_path(config.key)), wiring.config

    def look() -> tuple[Approval | None, str]:
        given, words = approval.find(
            config.approvals, public, wiring.name, own.tier, own.omit, wiring.subject
        )
        return (None, words) if given is None else (given.approval, "")

    return look


def approve(config: LiveConfig, wiring: Wiring, by: str) -> tuple[Path, approval.Grant, bool]:
    """Let a site be driven; what it was commissioned as is found anew.

    Returns the file, what it says, and whether something else had been kept as commissioned.
    """
    own = wiring.config
    given = approval.Grant(
        wiring.name, by, utc_text(dt.datetime.now(dt.UTC)), own.tier, own.omit, wiring.subject
    )
    path = approval.grant(config.approvals, load_key(config.key), given)
    accepted = Commissioned(config.state / "commissioned", wiring.name).accept()
    return path, given, accepted


def withdraw(config: LiveConfig, wiring: Wiring) -> bool:
    """Take a site's approval back; False where it had none."""
    return approval.withdraw(config.approvals, wiring.name, dt.datetime.now(dt.UTC))


@dataclass(frozen=True)
class Released:
    """How giving one cabinet back went: `mode` is what it said afterwards."""

    site: str
    ok: bool
    withdrawn: bool
    mode: str
    words: str


def release(
    config: LiveConfig, wiring: Wiring, open_driver: Open = drivers.open_driver
) -> Released:
    """Withdraw the approval, so that a running service lets go; give it back; read that it went."""
    withdrawn = withdraw(config, wiring)
    try:
        driver = open_driver(wiring, config.credentials)
    except (DriverError, InputError, OSError) as error:
        return Released(wiring.name, False, withdrawn, "unknown", str(error))
    try:
        return _release(driver, wiring.name, withdrawn)
    except DriverError as error:
        words = f"{error}; it takes itself back in {wiring.deadman.local_within_s:g} s"
        return Released(wiring.name, False, withdrawn, "unknown", words)
    finally:
        driver.close()


def _release(driver: Driver, name: str, withdrawn: bool) -> Released:
    until = time.monotonic() + RELEASED_WITHIN_S
    while True:
        driver.release()
        reading = driver.read()
        gone = reading.mode in (Mode.LOCAL, Mode.BACKUP, Mode.HANDS_OFF)
        if gone or time.monotonic() >= until:
            return Released(name, gone, withdrawn, reading.mode.value, reading.reason)
        time.sleep(0.5)  # a service that is running lets go within a second or so


def unit_text() -> str:
    """The systemd unit."""
    return (files(__package__) / "data" / "greenband-live.service").read_text(encoding="utf-8")


def _folder(package: object) -> Path:
    return Path(str(getattr(package, "__file__", ""))).parent
