"""A scenario: a network, its demand and a window of time; from the catalogue or any .sumocfg."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from greenband.engine.errors import InputError

from .net_xml import open_xml
from .sumocfg import Config, read_config

HASHED_BYTES = 1 << 20


@dataclass(frozen=True)
class Scenario:
    """What to simulate.

    Attributes
    ----------
    name : the catalogue's name, or the file's without its ending.
    net, routes, additional : SUMO's files.
    begin_s, end_s : the window; without an end it runs until all have arrived, at most an hour
        after the last departure.
    resco_yellow_s : yellow in the league `resco`.
    signals : the signals to control; None for all.
    terms : the terms of use of somebody else's data, printed when it is first used; else empty.
    digest : of the files' contents, the window and the configuration's other options.
    config : its own .sumocfg, whose other options hold too.
    step_length_s : SUMO's step.
    league : the rules that it runs in unless told otherwise.
    sites : a folder with a site.toml for each signal, where it has one.
    drawn_from : the published scenario of which this is a resampled one. Loops lie where the
        published demand asks for them, whatever the seed.
    """

    name: str
    net: Path
    routes: tuple[Path, ...]
    additional: tuple[Path, ...] = ()
    begin_s: float = 0.0
    end_s: float | None = None
    resco_yellow_s: float = 3.0
    signals: tuple[str, ...] | None = None
    terms: str = ""
    digest: str = ""
    config: Path | None = None
    step_length_s: float = 1.0
    league: str = "street"
    sites: Path | None = None
    drawn_from: Scenario | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that it is made of, the configuration apart."""
        return (self.net, *self.routes, *self.additional)


def load_scenario(
    name_or_path: str | Path,
    *,
    routes: Sequence[str | Path] = (),
    additional: Sequence[str | Path] = (),
    begin_s: float | None = None,
    end_s: float | None = None,
) -> Scenario:
    """A scenario by its name in the catalogue, from a .sumocfg, or from a net with routes.

    `begin_s` and `end_s` replace the window; `routes` and `additional` belong to a net and are
    added to those of a configuration.
    Raises InputError where there is no such scenario or file, or an option can't be handled;
    MissingPartError where the data of a catalogue scenario is not installed.
    """
    from .catalogue import find

    entry = find(str(name_or_path))
    if entry is not None:
        base = from_config(entry.locate(), entry.name)
        base = replace(
            base, resco_yellow_s=entry.resco_yellow_s, terms=entry.terms, league=entry.league
        )
    else:
        base = _from_path(Path(name_or_path))
    extra = Config(
        routes=tuple(_existing(p, "--routes") for p in routes),
        additional=tuple(_existing(p, "--additional") for p in additional),
    )
    if not (base.routes or base.additional or extra.routes or extra.additional):
        raise InputError(
            str(name_or_path),
            "no vehicles: no route file is given",
            "a .sumocfg that names route-files, or a network together with route files",
            "Give them with --routes FILE (in Python routes=[...]), or the .sumocfg that names "
            "them. Where there are none, SUMO's duarouter and randomTrips.py make some.",
        )
    base = replace(
        base,
        routes=(*base.routes, *extra.routes),
        additional=(*base.additional, *extra.additional),
        begin_s=base.begin_s if begin_s is None else begin_s,
        end_s=base.end_s if end_s is None else end_s,
    )
    return with_digest(_checked(base))


def from_config(path: Path, name: str = "") -> Scenario:
    """A .sumocfg as a scenario, its digest not made yet."""
    config = read_config(path)
    sites = path.parent / "sites"
    return Scenario(
        name=name or path.name.removesuffix(".sumocfg"),
        net=config.net if config.net is not None else _no_net(path),
        routes=config.routes,
        additional=config.additional,
        begin_s=config.begin_s,
        end_s=config.end_s,
        config=path.resolve(),
        step_length_s=config.step_length_s,
        sites=sites if sites.is_dir() else None,
    )


def _no_net(path: Path) -> Path:
    raise InputError(
        str(path),
        "no net-file",
        'a network: <input><net-file value="..."/></input>',
        "Add the net-file, or give a .sumocfg that has one.",
    )


def _from_path(path: Path) -> Scenario:
    if path.name.endswith((".net.xml", ".net.xml.gz")):
        if not path.is_file():
            _missing(path)
        name = path.name.removesuffix(".gz").removesuffix(".net.xml")
        return Scenario(name=name, net=path.resolve(), routes=())
    if path.name.endswith((".sumocfg", ".xml", ".cfg")):
        return from_config(path)
    from .catalogue import names

    raise InputError(
        str(path),
        "no scenario of this name, and no .sumocfg or .net.xml file",
        f"one of {', '.join(names())}, the path of a .sumocfg, or a .net.xml with --routes",
        "See `greenband scenarios`.",
    )


def _missing(path: Path) -> None:
    raise InputError(
        str(path), "there is no such file", "an existing file", "Correct the path, or put it there."
    )


def _existing(path: str | Path, option: str) -> Path:
    if not Path(path).is_file():
        raise InputError(
            f"{option} {path}",
            "there is no such file",
            "an existing file",
            "Correct the path, or put the file there.",
        )
    return Path(path).resolve()


def _checked(scenario: Scenario) -> Scenario:
    if scenario.end_s is not None and scenario.end_s <= scenario.begin_s:
        raise InputError(
            f"scenario {scenario.name}",
            f"it begins at {scenario.begin_s:g} s and ends at {scenario.end_s:g} s",
            "an end after the begin",
            "Change begin or end.",
        )
    return scenario


def with_digest(scenario: Scenario) -> Scenario:
    """The scenario with the digest of what is in its files now."""
    return replace(scenario, digest=digest_of(scenario))


def digest_of(scenario: Scenario) -> str:
    """First 16 hex digits of SHA-256 over the files' contents, the window and other options.

    Packed files count by what is in them; names and places of files don't count.
    """
    total = hashlib.sha256()
    for kind, files in (
        ("net", (scenario.net,)),
        ("routes", scenario.routes),
        ("additional", scenario.additional),
    ):
        for path in files:
            total.update(f"{kind}:{_content_digest(path)}\n".encode())
    total.update(f"window:{scenario.begin_s!r}:{scenario.end_s!r}\n".encode())
    total.update(f"signals:{scenario.signals!r}\n".encode())
    if scenario.config is not None:
        for key, value in sorted(read_config(scenario.config).options.items()):
            total.update(f"{key}={value}\n".encode())
    return total.hexdigest()[:16]


def _content_digest(path: Path) -> str:
    content = hashlib.sha256()
    with open_xml(path) as file:
        while block := file.read(HASHED_BYTES):
            content.update(block)
    return content.hexdigest()
