"""The configuration of the live service: one TOML file; `docs/live.md` explains every key."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError

from greenband.engine.errors import InputError
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import Model, Site
from greenband.engine.site_toml import parse_site

from .deadman import DeadMan
from .greens_to_plan import PlanLimits
from .ladder import LadderLimits
from .ledger_chain import canonical
from .mapping import Mapping, mapping_of

LEAST_SLOTS = 2
RSMP_LOST_S = 90.0
"""A Watchdog each minute, and 30 s for its acknowledgement."""


class Stage(Model):
    """A stage of an RSMP controller, as `rsmp_settings.StageTimes`."""

    id: str
    base_s: int = Field(ge=1)
    band: int = Field(ge=0)


class Rsmp(Model):
    """What is said of an RSMP controller; see `rsmp_settings.RsmpSettings`."""

    component: str
    plans: tuple[int, ...] = Field(min_length=2)
    stages: tuple[Stage, ...] = Field(min_length=2)
    detectors: tuple[str, ...] = ()
    pedestrians: tuple[int, ...] = ()
    timeout_min: int = Field(default=1, ge=1, le=15)


class DeadManTimes(Model):
    """As `deadman.DeadMan`."""

    keep_alive_s: float = 5.0
    backup_s: float = 30.0
    round_trip_s: float = 3.0
    margin_s: float = 2.0


class Plans(Model):
    """As `greens_to_plan.PlanLimits`."""

    every_s: float = Field(default=300.0, ge=60.0)
    window_s: float = Field(default=900.0, ge=120.0)
    enough_ratio: float = Field(default=0.9, gt=0, le=1)
    cycle_s: tuple[float, float] = (50.0, 120.0)
    cycle_change_s: float = Field(default=12.0, gt=0)
    split_change_s: float = Field(default=8.0, gt=0)
    growth_ratio: float = Field(default=0.12, ge=0, le=1)


class Fallback(Model):
    """As `ladder.LadderLimits`; `silent_s`: without an answer for so long it is out of reach."""

    plan_age_s: float = Field(default=3600.0, ge=0)
    calm_s: float = Field(default=30.0, ge=1)
    silent_s: float = Field(default=5.0, ge=2)
    least_believed_ratio: float = Field(default=0.5, ge=0, le=1)


class Cabinet(Model):
    """One site of the service."""

    file: str
    driver: Literal["ntcip", "rsmp"] = "ntcip"
    address: str
    device: int | None = Field(default=None, ge=0)
    tier: Literal["pattern", "phase"] = "pattern"
    omit: bool = False
    reference_phase: str | None = None
    slots: tuple[tuple[int, int], ...] = ()
    fallback_patterns: tuple[int, ...] = ()
    edition: Literal["v01", "v02"] | None = None
    timeout_s: float = Field(default=1.0, gt=0, le=10)
    retries: int = Field(default=2, ge=0, le=5)
    phases: dict[str, int] = Field(default_factory=dict)
    detectors: dict[str, int] = Field(default_factory=dict)
    dead_man: DeadManTimes = DeadManTimes()
    plans: Plans = Plans()
    fallback: Fallback = Fallback()
    rsmp: Rsmp | None = None


class Config(Model):
    """The whole file; paths are relative to its folder."""

    state: str = "state"
    key: str = "ledger.key"
    credentials: str = "credentials.toml"
    page: str = "127.0.0.1:8420"
    time_zone: str | None = None
    sites: dict[str, Cabinet] = Field(min_length=1)


class Wiring:
    """One site as the service needs it: everything read, checked and filled in.

    `subject`: the digest of the configuration and of the site's file, which an approval names.
    """

    def __init__(self, name: str, config: Cabinet, folder: Path, where: str) -> None:
        path = folder / config.file
        text = _text(path, f"{where}, file")
        self.name, self.config = name, config
        site = with_limits(parse_site(text, str(path)), STREET)
        if site.id != name:
            raise InputError(
                f"{where}, file", f"{path} is of site {site.id}", f"site {name}", "Correct one."
            )
        self.site: Site = site
        self.mapping: Mapping = mapping_of(site, config.phases, config.detectors)
        self.deadman = DeadMan(**config.dead_man.model_dump())
        self.plan_limits = PlanLimits(**config.plans.model_dump())
        limits = config.fallback
        self.ladder_limits = LadderLimits(limits.plan_age_s, limits.calm_s)
        self.subject = hashlib.sha256(
            canonical({"site": text, "config": config.model_dump(mode="json")})
        ).hexdigest()
        self._check(where)

    def _check(self, where: str) -> None:
        if not any(self.mapping.detectors):
            raise InputError(
                f"{where}, detectors", "none", "a number of the controller's for its loops",
                "Add the loops to the site's file, and their numbers here.",
            )  # fmt: skip
        reference = self.config.reference_phase
        if reference is not None and reference not in self.site.phase_index:
            raise InputError(
                f"{where}, reference_phase", reference, ", ".join(self.site.phase_index),
                "Name a phase of the site.",
            )  # fmt: skip
        if self.config.driver == "rsmp" and self.config.rsmp is None:
            raise InputError(
                where, "driver rsmp and no table rsmp", f"[sites.{self.name}.rsmp]", "Add it."
            )
        if self.config.driver == "rsmp" and self.config.tier == "phase":
            raise InputError(
                f"{where}, tier", "phase with driver rsmp", "pattern: RSMP has no holds",
                "Choose the pattern tier.",
            )  # fmt: skip
        if self.config.rsmp is not None:
            least_s = max(60.0 * self.config.rsmp.timeout_min, RSMP_LOST_S)
            if self.deadman.backup_s < least_s:
                raise InputError(
                    f"{where}, dead_man.backup_s", f"{self.deadman.backup_s:g} s",
                    f"{least_s:g} s or more: timeout_min, and what it takes to count us as lost",
                    "Set it to what the controller takes.",
                )  # fmt: skip
        if self.config.driver == "ntcip" and len(self.config.slots) < LEAST_SLOTS:
            raise InputError(
                f"{where}, slots", f"{len(self.config.slots)} of them",
                "two idle pairs of a pattern and a split at least: [[10, 20], [11, 21]]",
                "Agree on them with who keeps the controller.",
            )  # fmt: skip


class LiveConfig:
    """A configuration file that has been read, with the sites that were chosen."""

    def __init__(self, path: Path, sites: tuple[str, ...] = ()) -> None:
        self.path, folder = path, path.resolve().parent
        table = _toml(path)
        try:
            config = Config.model_validate(table)
        except ValidationError as error:
            raise _mistake(path, error) from None
        unknown = sorted(set(sites) - set(config.sites))
        if unknown:
            raise InputError(
                f"{path}, sites", ", ".join(unknown), ", ".join(config.sites), "Name one of these."
            )
        self.config = config
        self.state = folder / config.state
        self.key, self.credentials = folder / config.key, folder / config.credentials
        self.approvals, self.ledger = self.state / "approvals", self.state / "ledger"
        self.zone = _zone(path, config.time_zone)
        chosen = sites or tuple(config.sites)
        self.devices = _devices(path, config)
        self.wirings = tuple(
            Wiring(name, config.sites[name], folder, f"{path}, sites.{name}") for name in chosen
        )

    @property
    def page(self) -> tuple[str, int] | None:
        """Host and port of the status page; None where there is to be none."""
        return split_address(f"{self.path}, page", self.config.page) if self.config.page else None


def split_address(where: str, text: str) -> tuple[str, int]:
    """``host:port``; InputError where it is none."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 <= int(port) < 1 << 16:
        raise InputError(where, repr(text), "host:port, such as 192.0.2.10:161", "Correct it.")
    return host.strip("[]"), int(port)


def _devices(path: Path, config: Config) -> dict[str, int]:
    """The number of each site in the event log: as it is given, else its place in the file."""
    devices = {
        name: place if site.device is None else site.device
        for place, (name, site) in enumerate(config.sites.items(), start=1)
    }
    if len(set(devices.values())) < len(devices):
        raise InputError(
            f"{path}, device", "one number for two sites", "a number for each", "Correct one."
        )
    return devices


def _zone(path: Path, name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"{path}, time_zone", repr(name), "a name such as Europe/Berlin", "Correct it."
        ) from None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path, str(path)))
    except tomllib.TOMLDecodeError as error:
        raise InputError(str(path), str(error), "TOML", "Correct its form.") from None


def _text(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "not a text"
        raise InputError(where, f"{path}: {said}", "a readable file", "Correct the path.") from None


def _mistake(path: Path, error: ValidationError) -> InputError:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    found = "nothing" if first["type"] == "missing" else repr(first.get("input"))
    return InputError(
        f"{path}, {place}", found[:200], first["msg"], "See docs/live.md, configuration."
    )


def numbers_of(wiring: Wiring) -> dict[str, int]:
    """The controller's phase by the site's, for vehicle phases."""
    pairs = zip(wiring.site.phases, wiring.mapping.phases, strict=True)
    return {phase.id: number for phase, number in pairs if phase.kind == "vehicle"}


def as_table(deadman: DeadMan) -> dict[str, float]:
    """The dead man's times with the bound that they make, for people and pages."""
    return {**asdict(deadman), "local_within_s": deadman.local_within_s}
