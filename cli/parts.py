"""What Greenband needs on this computer, what of it is there, and how to get the rest."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from greenband.engine.kernels.jit import CACHE_FOLDER

OLDEST_PYTHON = (3, 11)
SUMO_PACKAGES = ("eclipse-sumo", "libsumo", "traci", "sumolib")
SUMO_PROGRAMS = {
    "sumo": "simulates",
    "netconvert": "builds networks",
    "sumo-gui": "the window of `simulate --gui`",
}
EXTRAS = {
    "scenarios": "the eight RESCO scenarios",
    "train": "training learned policies",
    "cabinet": "signal cabinets",
    "ray": "benchmarks on a cluster",
}
REQUIREMENT = re.compile(
    r"(?P<needs>(?P<package>[\w.-]+)[^;]*?)\s*;.*\bextra == [\"'](?P<extra>[\w-]+)[\"']"
)
PROGRAM_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Part:
    """One thing that Greenband uses.

    `found` says what is there, `used_for` what it does, `do` how to get it where it is missing.
    Without a `required` part the main commands don't work.
    """

    name: str
    ok: bool
    required: bool
    found: str
    used_for: str
    do: str = ""


def checkup() -> list[Part]:
    """Every part that Greenband uses, there or not; nothing is changed on this computer."""
    return [_python(), *_sumo(), _libsumo(), *_programs(), _cache(), *_extras()]


def as_dicts(parts: list[Part]) -> list[dict[str, str | bool]]:
    """The parts as JSON can hold them."""
    return [asdict(part) for part in parts]


def _python() -> Part:
    version = ".".join(map(str, sys.version_info[:3]))
    return Part(
        name="Python",
        ok=sys.version_info[:2] >= OLDEST_PYTHON,
        required=True,
        found=f"{version} at {sys.executable}",
        used_for="everything",
        do="Install Python 3.11 or newer, remove the folder .venv and run make demo again.",
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _sumo() -> Iterator[Part]:
    """The four packages work at one version only."""
    versions = {name: _version(name) for name in SUMO_PACKAGES}
    first = versions[SUMO_PACKAGES[0]]
    wanted = "" if first is None else f"=={first}"
    for name, version in versions.items():
        differs = version is not None and version != first
        yield Part(
            name=f"package {name}",
            ok=version is not None and not differs,
            required=True,
            found=(version or "not installed") + (f", but eclipse-sumo is {first}" * differs),
            used_for="SUMO, the traffic simulation",
            do=f"{sys.executable} -m pip install {name}{wanted}",
        )


def _libsumo() -> Part:
    try:
        module = importlib.import_module("libsumo")
        found, ok = (
            f"{module.simulation.getVersion()[1]} at {Path(module.__file__ or '').parent}",
            True,
        )
    except Exception as error:  # a library that can't be loaded raises what it likes
        found, ok = f"{type(error).__name__}: {error}", False
    return Part(
        name="libsumo in this Python",
        ok=ok,
        required=True,
        found=found,
        used_for="simulating inside Greenband's own process",
        do=f"{sys.executable} -m pip install --force-reinstall --no-deps libsumo",
    )


def _programs() -> Iterator[Part]:
    for name, used_for in SUMO_PROGRAMS.items():
        ok, found = _runs(name)
        yield Part(
            name=f"program {name}",
            ok=ok,
            required=name != "sumo-gui",
            found=found,
            used_for=used_for,
            do=f"{sys.executable} -m pip install --force-reinstall --no-deps eclipse-sumo"
            if name != "sumo-gui"
            else "It needs the graphics libraries of a desktop (libGL, X11); simulate without it.",
        )


def _runs(program: str) -> tuple[bool, str]:
    """Whether a program of SUMO's wheel runs, and its first words or what went wrong."""
    try:
        path = Path(importlib.import_module("sumo").SUMO_HOME) / "bin" / program
        done = subprocess.run(
            [str(path), "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=PROGRAM_TIMEOUT_S,
        )
    except (ImportError, OSError, subprocess.TimeoutExpired) as error:
        return False, f"{type(error).__name__}: {error}"
    if done.returncode:
        return False, (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
    return True, f"{done.stdout.splitlines()[0]} at {path}"


def _cache() -> Part:
    return Part(
        name="folder for compiled code",
        ok=CACHE_FOLDER is not None,
        required=False,
        found=str(CACHE_FOLDER) if CACHE_FOLDER else "no folder can be written to",
        used_for="starting fast: without it every command compiles again, half a minute or so",
        do="Make ~/.cache writable, or set NUMBA_CACHE_DIR to a folder of your own.",
    )


def _extras() -> Iterator[Part]:
    """The optional packages, as the installed Greenband declares them."""
    wanted: dict[str, dict[str, str]] = {name: {} for name in EXTRAS}
    for text in metadata.requires("greenband") or ():
        match = REQUIREMENT.match(text)
        if match and match["extra"] in wanted:
            wanted[match["extra"]][match["package"]] = match["needs"]
    for extra, needs in wanted.items():
        versions = {name: _version(name) for name in needs}
        missing = [name for name, version in versions.items() if version is None]
        there = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        yield Part(
            name=f"extra {extra}",
            ok=not missing,
            required=False,
            found=f"not installed: {', '.join(missing)}" if missing else there,
            used_for=EXTRAS[extra],
            do=f"{sys.executable} -m pip install "
            + " ".join(f"'{needs[name]}'" for name in missing or needs)
            + " (in a clone of the repository with --constraint constraints.txt)",
        )
