"""What tests anywhere in the tree may ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from greenband.engine.site import Approach, Detector, Lane, Movement, Phase, Site, Stage

# No deadline: a first call compiles. The same examples each time where nobody watches.
hypothesis.settings.register_profile("greenband", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("greenband")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The repository's root folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared(repo_root: Path) -> Path:
    """The data beside the repository, which is not ours to distribute; skips where it isn't."""
    folder = repo_root.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the reference data in ../shared/data, which is not distributed")
    return folder


@pytest.fixture(scope="session")
def crossroads() -> Callable[..., Site]:
    """Makes a site: `crossroads(name, rings=False)`."""
    return _crossroads


def _crossroads(name: str = "crossroads", *, rings: bool = False) -> Site:
    """Four approaches; through and right share a lane, lefts have their own bay.

    Upstream of each approach one loop watches both lanes, in the north one each.
    """
    approaches: list[Approach] = []
    movements: list[Movement] = []
    detectors: list[Detector] = []
    for a in "NESW":
        movements += [Movement(id=f"{a}B{t}", approach=a, turn=t, exit=f"to {a}{t}") for t in "LTR"]
        lanes = (
            Lane(id=f"{a}1", movements=(f"{a}BL",), length_m=60),
            Lane(id=f"{a}2", movements=(f"{a}BT", f"{a}BR")),
        )
        approaches.append(Approach(id=a, speed_mps=14.0, lanes=lanes))
        detectors += [Detector(id=f"stop {lane.id}", lanes=(lane.id,)) for lane in lanes]
        if a == "N":
            detectors += [
                Detector(id=f"up {lane.id}", lanes=(lane.id,), kind="upstream", distance_m=80)
                for lane in lanes
            ]
        else:
            up = Detector(id=f"up {a}", lanes=(f"{a}1", f"{a}2"), kind="upstream", distance_m=80)
            detectors.append(up)
    served = {"1": ["SBL"], "2": ["NBT", "NBR"], "3": ["WBL"], "4": ["EBT", "EBR"]}
    served |= {"5": ["NBL"], "6": ["SBT", "SBR"], "7": ["EBL"], "8": ["WBT", "WBR"]}
    phases = tuple(
        Phase(id=p, protected=tuple(m), min_green_s=5.0, yellow_s=3.0, red_clearance_s=1.0)
        for p, m in served.items()
    )
    pairs = ("15", "26", "37", "48")
    return Site(
        id=name,
        approaches=tuple(approaches),
        movements=tuple(movements),
        phases=phases,
        detectors=tuple(detectors),
        stages=() if rings else tuple(Stage(id=p, phases=tuple(p)) for p in pairs),
        rings=((("1", "2"), ("3", "4")), (("5", "6"), ("7", "8"))) if rings else (),
    )


SMALL_DEMAND = """<routes>
    <vType id="car" sigma="0.5"/>
    <vType id="city-bus" vClass="bus" length="12"/>
    <vehicle id="early" type="car" depart="50"><route edges="left0A0 A0B0 B0right0"/></vehicle>
    <flow id="ew" type="car" begin="100" end="400" vehsPerHour="700" departLane="best">
        <route edges="left0A0 A0B0 B0right0"/></flow>
    <flow id="ns" type="car" begin="100" end="400" vehsPerHour="300" departLane="best">
        <route edges="top0A0 A0B0 B0bottom1"/></flow>
    <flow id="bus" type="city-bus" begin="100" end="400" period="60">
        <route edges="right0B0 B0A0 A0left0"/></flow>
    <flow id="left" type="car" begin="100" end="400" vehsPerHour="250" departLane="best">
        <route edges="bottom1B0 B0A0 A0bottom0"/></flow>
    <vehicle id="late" type="car" depart="401"><route edges="left0A0 A0B0 B0right0"/></vehicle>
</routes>
"""


@pytest.fixture(scope="session")
def small_scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .sumocfg of two signals in a row with 300 s of traffic, made by netgenerate."""
    import subprocess

    import sumo

    folder = tmp_path_factory.mktemp("small")
    subprocess.run(
        [
            str(Path(sumo.SUMO_HOME) / "bin" / "netgenerate"),
            *("--grid", "--grid.x-number=2", "--grid.y-number=1", "--grid.length=250"),
            *("--grid.attach-length=250", "--default.lanenumber=2", "--tls.set=A0,B0"),
            *("--no-turnarounds", "--xml-validation=never", "-o", str(folder / "small.net.xml")),
        ],
        check=True,
        capture_output=True,
    )
    (folder / "small.rou.xml").write_text(SMALL_DEMAND)
    config = folder / "small.sumocfg"
    config.write_text(
        '<configuration><input><net-file value="small.net.xml"/>'
        '<route-files value="small.rou.xml"/></input>'
        '<time><begin value="100"/><end value="400"/></time></configuration>'
    )
    return config
