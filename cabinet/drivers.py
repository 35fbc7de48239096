"""Drivers by name: what a site's configuration says becomes an open driver."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from greenband.engine.errors import InputError

from . import credentials
from .driver import Driver
from .live_config import Wiring, numbers_of, split_address
from .rsmp_credentials import load_code

if TYPE_CHECKING:
    from .gateway_rules import Rights
    from .ntcip_driver import NtcipDriver
    from .ntcip_settings import Settings


def open_driver(wiring: Wiring, credentials_file: Path) -> Driver:
    """The driver of a site, not yet spoken to.

    Raises InputError for credentials that are none, and an address that is none.
    """
    if wiring.config.driver == "rsmp":
        return _rsmp(wiring, credentials_file)
    return _ntcip(wiring, credentials_file)


def secrets_of(wiring: Wiring, credentials_file: Path) -> tuple[str, ...]:
    """All of a site's credentials that no text may hold."""
    if wiring.config.driver == "rsmp":
        return (load_code(wiring.name, credentials_file),)
    return credentials.load(wiring.name, credentials_file).secrets()


def open_for_commissioning(wiring: Wiring, credentials_file: Path) -> NtcipDriver:
    """An NTCIP driver that may set backup time and detector period, which no other may."""
    return _ntcip(wiring, credentials_file, commissioning=True)


def _ntcip(wiring: Wiring, credentials_file: Path, *, commissioning: bool = False) -> NtcipDriver:
    from .gateway import Gateway
    from .ntcip_driver import NtcipDriver

    config = wiring.config
    host, port = split_address(f"site {wiring.name}, address", config.address)
    gateway = Gateway.open(
        host,
        port,
        credentials.load(wiring.name, credentials_file),
        rights_of(wiring, commissioning=commissioning),
        timeout_s=config.timeout_s,
        retries=config.retries,
    )
    return NtcipDriver(gateway, settings_of(wiring))


def rights_of(wiring: Wiring, *, commissioning: bool = False) -> Rights:
    """What a site's configuration allows us at an NTCIP controller."""
    from .gateway_rules import Rights, Slot

    config = wiring.config
    return Rights(
        slots=tuple(Slot(pattern, split) for pattern, split in config.slots),
        phases=frozenset(numbers_of(wiring).values()),
        fallbacks=frozenset(config.fallback_patterns),
        phase_tier=config.tier == "phase",
        omit=config.omit,
        commissioning=commissioning,
        transactions=config.edition is not None,
    )


def settings_of(wiring: Wiring) -> Settings:
    """What a site's configuration says of its NTCIP controller beside that."""
    from .ntcip_settings import Settings

    config = wiring.config
    return Settings(
        numbers=numbers_of(wiring),
        edition=config.edition,
        good_for_s=config.fallback.plan_age_s,
    )


def _rsmp(wiring: Wiring, credentials_file: Path) -> Driver:
    from .rsmp import Identity, SocketListener, Supervisor
    from .rsmp_driver import RsmpDriver
    from .rsmp_gateway import RsmpGateway
    from .rsmp_settings import RsmpSettings, StageTimes

    config = wiring.config
    if config.rsmp is None:
        raise InputError(f"site {wiring.name}", "no table rsmp", "one", "Add it.")
    host, port = split_address(f"site {wiring.name}, address", config.address)
    own = config.rsmp
    settings = RsmpSettings(
        component=own.component,
        plans=own.plans,
        stages=tuple(StageTimes(s.id, s.base_s, s.band) for s in own.stages),
        detectors=own.detectors,
        pedestrians=frozenset(own.pedestrians),
        timeout_min=own.timeout_min,
    )
    supervisor = Supervisor(SocketListener(host, port), Identity(wiring.name))
    code = load_code(wiring.name, credentials_file)
    return RsmpDriver(RsmpGateway(supervisor, settings, code))
