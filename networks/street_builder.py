"""Builds a described street: net, routes, sites and a .sumocfg for each period.

The folder that is written holds `NAME.net.xml` (with the described timing as its program),
`NAME[-PERIOD].rou.xml`, `NAME[-PERIOD].sumocfg`, `NAME.add.xml` and `sites/SIGNAL.toml`.
The first period's files carry the street's name alone.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import sumo

from greenband.engine.errors import InputError
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site, site_to_toml

from .street_demand import routes_xml, seconds, stops_xml
from .street_description import Period, Street, parse_street
from .street_geometry import Leg, connections_xml, edges_xml, legs_of, nodes_xml
from .street_program import programs_xml
from .street_sites import described_site


def build_street(description: Path, folder: Path) -> list[Path]:
    """Build the street that a TOML file describes into a folder; the .sumocfg files.

    Raises InputError where the description or netconvert finds a fault.
    """
    street = parse_street(description.read_text(), str(description))
    legs = legs_of(street)
    folder.mkdir(parents=True, exist_ok=True)
    sites = _write_sites(street, legs, description.parent, folder)
    net = folder / f"{street.name}.net.xml"
    _build_net(street, legs, net, sites)
    if street.buses:
        (folder / f"{street.name}.add.xml").write_text(stops_xml(street, legs))
    return [
        _write_period(street, legs, period, description.parent, folder, first=k == 0)
        for k, period in enumerate(street.periods)
    ]


def _write_sites(street: Street, legs: list[Leg], source: Path, folder: Path) -> dict[str, Site]:
    """The Site of each signal; one that somebody wrote by hand is left as it is."""
    (folder / "sites").mkdir(exist_ok=True)
    sites = {}
    for signal in street.signals:
        by_hand = source / "by_hand" / f"{signal.id}.toml"
        target = folder / "sites" / f"{signal.id}.toml"
        text = (
            by_hand.read_text()
            if by_hand.exists()
            else site_to_toml(described_site(street, signal, legs))
        )
        target.write_text(text)
        sites[signal.id] = parse_site(text, str(target))
    return sites


def _build_net(street: Street, legs: list[Leg], net: Path, sites: dict[str, Site]) -> None:
    """Twice: the programs can only be written when the links have their numbers."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for name, text in (
            ("nod", nodes_xml(street, legs)),
            ("edg", edges_xml(street, legs)),
            ("con", connections_xml(street, legs)),
        ):
            (work / f"street.{name}.xml").write_text(text)
        plain = [
            *("-n", str(work / "street.nod.xml"), "-e", str(work / "street.edg.xml")),
            *("-x", str(work / "street.con.xml"), "--no-turnarounds", "true"),
            *("--output.street-names", "false", "--junctions.limit-turn-speed", "5.5"),
        ]
        first = work / "first.net.xml"
        netconvert([*plain, "-o", str(first)])
        (work / "street.tll.xml").write_text(programs_xml(street, first, sites, legs))
        netconvert(["-s", str(first), "-i", str(work / "street.tll.xml"), "-o", str(net)])
    net.write_text(_without_comments(net.read_text()))


def netconvert(arguments: list[str]) -> None:
    """Run SUMO's netconvert. Raises InputError with its words where it finds a fault."""
    program = Path(sumo.SUMO_HOME) / "bin" / "netconvert"
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(
            "netconvert", done.stderr.strip(), "a network", "Mend the street's description."
        )


def _without_comments(xml: str) -> str:
    """netconvert writes the date and its options in front; equal input shall give equal files."""
    start, end = xml.find("<!--"), xml.find("-->")
    return xml if start < 0 else xml[:start].rstrip() + "\n" + xml[end + 3 :].lstrip()


def _write_period(
    street: Street, legs: list[Leg], period: Period, source: Path, folder: Path, *, first: bool
) -> Path:
    name = street.name if first else f"{street.name}-{period.name}"
    counts = (source / period.counts).read_text() if period.counts else ""
    (folder / f"{name}.rou.xml").write_text(routes_xml(street, legs, period, counts))
    additional = f'    <additional-files value="{street.name}.add.xml"/>\n' if street.buses else ""
    cfg = folder / f"{name}.sumocfg"
    cfg.write_text(
        "<configuration>\n  <input>\n"
        f'    <net-file value="{street.name}.net.xml"/>\n'
        f'    <route-files value="{name}.rou.xml"/>\n{additional}'
        "  </input>\n  <time>\n"
        f'    <begin value="{seconds(period.begin)}"/>\n'
        f'    <end value="{seconds(period.end)}"/>\n'
        "  </time>\n</configuration>\n"
    )
    return cfg
