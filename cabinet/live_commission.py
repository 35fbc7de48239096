"""What is done at a controller by hand, once: look at it, and set the dead man's time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from greenband.engine.errors import InputError

from . import drivers
from .drift import Commissioned, backup_words
from .driver import Driver, DriverError
from .live_config import LiveConfig, Wiring

Open = Callable[[Wiring, Path], Driver]
_ENABLED = 1


@dataclass(frozen=True)
class Looked:
    """What a look at one controller found; `words` is empty where it may be driven."""

    site: str
    ok: bool
    mode: str
    words: tuple[str, ...]
    found: Mapping[str, object]


def look(config: LiveConfig, wiring: Wiring, open_driver: Open = drivers.open_driver) -> Looked:
    """Read a controller, set nothing, and say what stands against driving it."""
    try:
        driver = open_driver(wiring, config.credentials)
    except (DriverError, OSError) as error:
        return Looked(wiring.name, False, "unknown", (str(error),), {})
    try:
        table, reading = driver.discover(), driver.read()
    except DriverError as error:
        return Looked(wiring.name, False, "unknown", (str(error),), {})
    finally:
        driver.close()
    commissioned = Commissioned(config.state / "commissioned", wiring.name)
    if commissioned.kept:
        commissioned.compare(table)
    words = (
        backup_words(table, wiring.deadman.backup_s),
        commissioned.words,
        _phases_words(table, wiring),
        _detectors_words(table, wiring),
        reading.reason,
    )
    told = tuple(word for word in words if word)
    return Looked(wiring.name, not told, reading.mode.value, told, table)


def commission(
    config: LiveConfig, wiring: Wiring, period_s: int | None = None
) -> dict[str, int | None]:
    """Set unitBackupTime to the configured backup time, and the detectors' period where given.

    Raises InputError for a controller whose dead man isn't set in this way, and DriverError.
    """
    if wiring.config.driver != "ntcip":
        raise InputError(
            f"site {wiring.name}", f"driver {wiring.config.driver}", "driver ntcip",
            "An RSMP controller is given its timeout with each plan.",
        )  # fmt: skip
    backup_s = wiring.deadman.backup_s
    if backup_s != int(backup_s):
        raise InputError(
            f"site {wiring.name}, dead_man.backup_s", f"{backup_s:g} s", "whole seconds", "Round."
        )
    driver = drivers.open_for_commissioning(wiring, config.credentials)
    try:
        driver.commission(int(backup_s), period_s)
    finally:
        driver.close()
    return {"backup_s": int(backup_s), "period_s": period_s}


def _phases_words(table: Mapping[str, object], wiring: Wiring) -> str:
    """The controller's enabled phases against those of the site, where it says which they are."""
    options = {
        int(name.rpartition(".")[2]): value
        for name, value in table.items()
        if name.startswith("phaseOptions.") and isinstance(value, int)
    }
    enabled = {number for number, value in options.items() if value & _ENABLED}
    ours = set(wiring.mapping.phases)
    if not options or enabled == ours:
        return ""
    return f"the controller has phases {sorted(enabled)} enabled, the site has {sorted(ours)}"


def _detectors_words(table: Mapping[str, object], wiring: Wiring) -> str:
    most = table.get("maxVehicleDetectors")
    beyond = [n for n in wiring.mapping.detectors if isinstance(most, int) and n > most]
    return f"detectors {beyond}, and the controller has {most}" if beyond else ""
