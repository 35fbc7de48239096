"""Read a SUMO configuration: its files, its window, and which of its options we can't handle."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from greenband.engine.errors import InputError

from .net_xml import BROKEN, open_xml

LONG_NAMES = {
    "n": "net-file",
    "net": "net-file",
    "r": "route-files",
    "routes": "route-files",
    "a": "additional-files",
    "additional": "additional-files",
    "b": "begin",
    "e": "end",
}

CANT_HANDLE = {
    "mesosim": "the mesoscopic model has no lanes and no loops to read",
    "load-state": "a saved state holds vehicles and signals that no window accounts for",
}
"""Options that change what a second of a run means, with the reason."""

IGNORED_SECTIONS = frozenset({"output", "report", "gui_only", "traci_server"})
"""Sections that change what is written or shown, not what happens."""

PLACED = frozenset({"net-file", "route-files", "additional-files", "begin", "end"})


@dataclass(frozen=True)
class Config:
    """What a .sumocfg says. `options` are those that change what happens, as written."""

    net: Path | None = None
    routes: tuple[Path, ...] = ()
    additional: tuple[Path, ...] = ()
    begin_s: float = 0.0
    end_s: float | None = None
    step_length_s: float = 1.0
    options: dict[str, str] = field(default_factory=dict)


def read_config(path: Path) -> Config:
    """Read a .sumocfg; its paths are relative to it.

    Raises InputError for a missing file, a wrong time, or an option that can't be handled.
    """
    settings, sections = _settings(path)
    _refuse(path, settings)
    nets = _files(path, settings, "net-file")
    step = _seconds(path, settings, "step-length")
    end_s = _seconds(path, settings, "end")
    return Config(
        net=nets[0] if nets else None,
        routes=_files(path, settings, "route-files"),
        additional=_files(path, settings, "additional-files"),
        begin_s=_seconds(path, settings, "begin") or 0.0,
        end_s=end_s if end_s is not None and end_s >= 0 else None,
        step_length_s=_step(path, step),
        options={
            key: value
            for key, value in settings.items()
            if key not in PLACED and sections[key] not in IGNORED_SECTIONS
        },
    )


def _settings(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Option to value, and option to the section that it stands in."""
    with open_xml(path) as file:
        try:
            root = ET.parse(file).getroot()
        except BROKEN as error:
            raise InputError(
                str(path),
                f"not well-formed XML ({error})",
                "a SUMO configuration",
                "Mend the file.",
            ) from error
    if root.tag == "net":
        raise InputError(
            str(path),
            "a network, not a configuration",
            "a .sumocfg, or a network whose name ends in .net.xml together with route files",
            "Rename the network, or give its .sumocfg.",
        )
    settings: dict[str, str] = {}
    sections: dict[str, str] = {}
    for section in root:
        for option in (section, *section) if section.get("value") is not None else section:
            key = LONG_NAMES.get(str(option.tag), str(option.tag))
            value = option.get("value") or option.get("v") or (option.text or "")
            settings[key] = value.strip()
            sections[key] = str(section.tag)
    return settings, sections


def _refuse(path: Path, settings: dict[str, str]) -> None:
    for option, reason in CANT_HANDLE.items():
        if settings.get(option, "").lower() not in {"", "false", "0", "no", "off"}:
            raise InputError(
                f"{path}, option {option}",
                f"{settings[option]}: {reason}",
                "a microscopic run from its beginning",
                "Take the option out of a copy of the configuration, and give that.",
            )


def _files(path: Path, settings: dict[str, str], option: str) -> tuple[Path, ...]:
    names = [n.strip() for n in settings.get(option, "").replace(";", ",").split(",")]
    found = []
    for name in filter(None, names):
        file = (path.parent / name).resolve()
        if not file.is_file():
            raise InputError(
                f"{path}, {option}",
                f"{name}: there is no such file ({file})",
                "an existing file, its path relative to the configuration",
                "Correct the name there, or put the file in its place.",
            )
        found.append(file)
    return tuple(found)


def _seconds(path: Path, settings: dict[str, str], option: str) -> float | None:
    text = settings.get(option, "")
    if not text:
        return None
    try:
        return seconds(text)
    except ValueError:
        raise InputError(
            f"{path}, {option}",
            text,
            "seconds, or HH:MM:SS, or DD:HH:MM:SS",
            "Correct the time.",
        ) from None


def seconds(text: str) -> float:
    """Seconds from SUMO's notations: 90, 00:01:30, 0:00:01:30.

    Raises ValueError for anything else.
    """
    sign, parts = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    values = [float(v) for v in parts.split(":")]
    if len(values) not in {1, 3, 4}:
        raise ValueError(text)
    units = {1: (1,), 3: (3600, 60, 1), 4: (86400, 3600, 60, 1)}[len(values)]
    return sign * sum(u * v for u, v in zip(units, values, strict=True))


def _step(path: Path, step_s: float | None) -> float:
    """A second must be a whole number of steps: all that is read and decided is each second."""
    if step_s is None:
        return 1.0
    if not 0.001 <= step_s <= 1.0 or abs(round(1.0 / step_s) * step_s - 1.0) > 1e-9:
        raise InputError(
            f"{path}, step-length",
            f"{step_s:g} s",
            "a step that divides a second: 1, 0.5, 0.25, 0.2, 0.1 s ...",
            "Change the step-length in a copy of the configuration.",
        )
    return step_s
