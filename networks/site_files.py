"""Sites, timings and demand from whatever file a user has: what ``greenband plan`` reads.

A reference names a file, and where the file holds several signals, which one after ``#``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.engine.plan_io import OURS, head_of_timing, parse_timing
from greenband.engine.rules import STREET, Rules, with_limits
from greenband.engine.site import Phase, Site
from greenband.engine.site_toml import parse_site
from greenband.engine.utdf import UtdfNetwork
from greenband.engine.utdf_parse import parse_utdf
from greenband.engine.utdf_site import plan_from_utdf, site_from_utdf

from .net_reader import read_net
from .net_xml import load_net
from .sumo_site import SumoSite
from .text_files import read_text, unreadable
from .tllogic import plan_from_program

PROGRAM = "program"


@dataclass(frozen=True)
class SiteFile:
    """A site with where it is from: a SUMO net, a UTDF network, or neither."""

    site: Site
    source: str
    sumo: SumoSite | None = None
    utdf: UtdfNetwork | None = None


@dataclass(frozen=True)
class TimingHead:
    """What a timing says of itself: the site or signal that it is for, empty where it doesn't say.

    `beside_ours`: it is the existing timing of a file that holds our plan as well.
    """

    site: str
    beside_ours: bool = False


def load_site(reference: str) -> SiteFile:
    """A site from ``site.toml``, ``NET.net.xml#SIGNAL`` or ``UTDF.csv#NODE`` (number or name).

    The part after ``#`` may be left out where there is one signal only. Raises InputError.
    """
    path, signal = _split(reference)
    if path.suffix == ".toml":
        site = parse_site(read_text(path, "a site.toml"), str(path))
        if signal and signal != site.id:
            raise InputError(reference, f"site {site.id}", f"site {signal}", "Leave out the #.")
        return SiteFile(site, str(path))
    if _is_net(path):
        sumo = _signal_of_net(path, signal)
        return SiteFile(sumo.site, f"{path}#{sumo.signal_id}", sumo=sumo)
    if path.suffix.lower() == ".csv":
        network = parse_utdf(read_text(path, "a UTDF file"), str(path))
        node = _node(network, path, signal)
        return SiteFile(site_from_utdf(network, node), f"{path}#{node}", utdf=network)
    raise InputError(
        reference,
        f"a file named {path.name}",
        "site.toml, NET.net.xml#SIGNAL, or UTDF.csv#NODE",
        "Name a site in one of these ways.",
    )


def load_timing(reference: str, where: SiteFile, rules: Rules = STREET) -> tuple[Plan, Site]:
    """An existing timing, and the site with the yellow and red clearance that it states.

    JSON as ``greenband plan --json`` prints it (``FILE#ours``: our plan of the two that it prints
    with ``--timing``), TOML with the same keys, ``UTDF.csv#NODE``, ``NET.net.xml#SIGNAL``, or
    ``program``: what the site's own net runs. Raises InputError.
    """
    if reference == PROGRAM:
        if where.sumo is None:
            raise InputError(
                f"--timing {PROGRAM}",
                f"the site is from {where.source}",
                "a site of a SUMO net, whose program it is",
                "Give --site NET.net.xml#SIGNAL, or the timing in a file.",
            )
        return plan_from_program(where.sumo)
    path, signal = _split(reference)
    if _is_net(path):
        return _net_timing(path, signal, where)
    text = read_text(path, "a timing (JSON, TOML or UTDF)")
    if path.suffix.lower() == ".csv":
        return _utdf_timing(parse_utdf(text, str(path)), path, signal, where)
    if signal not in ("", OURS):
        raise InputError(
            reference,
            f"#{signal} after a file with a timing",
            f"nothing, or #{OURS} for our plan beside an existing timing",
            f"Leave out #{signal}; which signal a timing is for says its key site.",
        )
    return parse_timing(text, str(path), with_limits(where.site, rules), ours=signal == OURS)


def timing_head(reference: str) -> TimingHead:
    """What an existing timing says of itself. Raises InputError where it can't be read."""
    path, signal = _split(reference)
    if reference == PROGRAM or path.suffix.lower() == ".csv" or _is_net(path):
        return TimingHead(signal)
    site, has_ours = head_of_timing(read_text(path, "a timing (JSON, TOML or UTDF)"), str(path))
    return TimingHead(site, has_ours and signal != OURS)


def _net_timing(path: Path, signal: str, where: SiteFile) -> tuple[Plan, Site]:
    """A net's program for a site of the same net; another site has other stages."""
    sumo = _signal_of_net(path, signal)
    if where.sumo is None or sumo.site.phases != where.sumo.site.phases:
        raise InputError(
            f"{path}#{sumo.signal_id}",
            f"stages that are not those of {where.source}",
            "the program of the signal that --site names",
            f"Give --site {path}#{sumo.signal_id}.",
        )
    return plan_from_program(sumo)


def _utdf_timing(
    network: UtdfNetwork, path: Path, signal: str, where: SiteFile
) -> tuple[Plan, Site]:
    node = _node(network, path, signal or (where.site.id if where.utdf else ""))
    plan = plan_from_utdf(network, node)
    theirs = {p.id: p for p in site_from_utdf(network, node).phases}
    if unknown := [s.id for s in plan.phases if s.id not in where.site.phase_index]:
        raise InputError(
            f"{path}#{node}",
            f"phase {unknown[0]}, which site {where.site.id} does not have",
            f"phases {', '.join(p.id for p in where.site.phases)}",
            "Name the node of this site.",
        )
    phases = tuple(_with_change(p, theirs.get(p.id)) for p in where.site.phases)
    changed = where.site.model_copy(update={"phases": phases})
    site = Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})
    return plan.model_copy(update={"site": site.id}), site


def _with_change(phase: Phase, stated: Phase | None) -> Phase:
    if stated is None or stated.yellow_s is None:
        return phase
    return phase.model_copy(
        update={"yellow_s": stated.yellow_s, "red_clearance_s": stated.red_clearance_s}
    )


def _signal_of_net(path: Path, signal: str) -> SumoSite:
    if not path.is_file():
        raise unreadable(path, "a SUMO net", "a folder" if path.is_dir() else "no such file")
    names = sorted(load_net(path).programs) if not signal else [signal]
    if len(names) != 1:
        raise InputError(
            str(path),
            f"{len(names)} signals",
            f"one of {', '.join(names[:20])}" if names else "a net with signals",
            f"Name it: {path.name}#{names[0]}." if names else "Name another net.",
        )
    sites, uncontrolled = read_net(path, only=names)
    if not sites:
        raise InputError(
            f"{path}#{names[0]}",
            uncontrolled[0].reason if uncontrolled else "no such signal",
            "a signal with at least two green stages",
            "Name another signal.",
        )
    return sites[0]


def _node(network: UtdfNetwork, path: Path, signal: str) -> int:
    """The node that a reference names by its number or its name; the only one without a name."""
    nodes = network.signals()
    found = network.signals_of(signal) if signal else nodes
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"{path}{'#' + signal if signal else ''}",
        f"no node {signal}" if signal and not found else f"{len(found)} signals",
        f"one of {network.listed()}" if nodes else "a node with a whole INTID, TYPE 0, and lanes",
        f"Name a node by its number: {path.name}#{nodes[0]}."
        if nodes
        else "Number the nodes of the file, or save it from Synchro again.",
    )


def _is_net(path: Path) -> bool:
    return path.name.endswith((".net.xml", ".net.xml.gz"))


def _split(reference: str) -> tuple[Path, str]:
    """File and signal; a # in a file's own name stays with it where such a file is there."""
    if Path(reference).is_file():
        return Path(reference), ""
    name, _, signal = reference.partition("#")
    return Path(name), signal
