"""Networks for the tests: made by SUMO's own tools, or RESCO's where they are installed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sumo

from greenband.engine.errors import MissingPartError
from greenband.networks.scenario import Scenario, load_scenario

MakeNet = Callable[..., Path]

NODES = """
<node id="west2" x="-400" y="0"/> <node id="west" x="-100" y="0"/> <node id="bay" x="-40" y="0"/>
<node id="side" x="-100" y="100"/> <node id="J" x="0" y="0" type="traffic_light"/>
<node id="east" x="100" y="0"/> <node id="K" x="300" y="0" type="traffic_light"/>
<node id="far" x="400" y="0"/> <node id="north" x="0" y="100"/> <node id="knorth" x="300" y="100"/>
"""
EDGES = """
<edge id="a" from="west2" to="west" numLanes="1"/> <edge id="b" from="west" to="bay" numLanes="2"/>
<edge id="c" from="bay" to="J" numLanes="3"/> <edge id="s" from="side" to="west" numLanes="1"/>
<edge id="d" from="J" to="east" numLanes="1"/> <edge id="e" from="east" to="K" numLanes="1"/>
<edge id="f" from="K" to="far" numLanes="1"/> <edge id="n" from="J" to="north" numLanes="1"/>
<edge id="m" from="north" to="J" numLanes="1"/> <edge id="k" from="knorth" to="K" numLanes="1"/>
"""
CONNECTIONS = """
<connection from="a" to="b" fromLane="0" toLane="0"/>
<connection from="a" to="b" fromLane="0" toLane="1"/>
<connection from="s" to="b" fromLane="0" toLane="0"/>
<connection from="b" to="c" fromLane="0" toLane="0"/>
<connection from="b" to="c" fromLane="1" toLane="1"/>
<connection from="c" to="d" fromLane="0" toLane="0"/>
<connection from="c" to="d" fromLane="1" toLane="0"/>
<connection from="c" to="n" fromLane="2" toLane="0"/>
"""


def run_tool(name: str, *options: str) -> None:
    """Run a program of SUMO, which writes what is asked for."""
    program = Path(sumo.SUMO_HOME) / "bin" / name
    subprocess.run(
        [str(program), *options, "--no-warnings"], check=True, capture_output=True, text=True
    )


@pytest.fixture(scope="session")
def sumo_tool() -> Callable[..., None]:
    """Runs a program of SUMO with options; it raises where the program fails."""
    return run_tool


@pytest.fixture(scope="session")
def netgenerate(tmp_path_factory: pytest.TempPathFactory) -> MakeNet:
    """A function that makes a net with netgenerate's options, once for each set of them."""
    folder = tmp_path_factory.mktemp("nets")
    made: dict[tuple[str, ...], Path] = {}

    def make(*options: str) -> Path:
        if options not in made:
            path = folder / f"{len(made)}.net.xml"
            run_tool("netgenerate", *options, "-o", str(path))
            made[options] = path
        return made[options]

    return make


@pytest.fixture(scope="session")
def netconvert(tmp_path_factory: pytest.TempPathFactory) -> MakeNet:
    """A function that makes a net from plain XML: nodes, edges, and connections if any."""
    folder = tmp_path_factory.mktemp("plain")
    count = 0

    def make(nodes: str, edges: str, connections: str = "", *options: str) -> Path:
        nonlocal count
        count += 1
        path = folder / f"{count}.net.xml"
        for tag, text in (("nodes", nodes), ("edges", edges), ("connections", connections)):
            (folder / f"{count}.{tag[:3]}.xml").write_text(f"<{tag}>{text}</{tag}>")
        inputs = ["-n", f"{folder}/{count}.nod.xml", "-e", f"{folder}/{count}.edg.xml"]
        if connections:
            inputs += ["-x", f"{folder}/{count}.con.xml"]
        run_tool("netconvert", *inputs, "--no-turnarounds", "-o", str(path), *options)
        return path

    return make


@pytest.fixture(scope="session")
def bay_street(netconvert: MakeNet) -> Path:
    """West of J the street widens to two lanes at `west`, and has a left bay from `bay` on."""
    return netconvert(NODES, EDGES, CONNECTIONS)


@pytest.fixture(scope="session")
def resco() -> Callable[[str], Scenario]:
    """Loads a scenario of RESCO; the test skips where the sumo-rl package is not installed."""

    def load(name: str) -> Scenario:
        try:
            return load_scenario(name)
        except MissingPartError as error:
            pytest.skip(f"needs the RESCO networks: {error.do}")

    return load
