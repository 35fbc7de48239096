"""`delay_resco_s` against RESCO's own formula, on the trip file that its own options give.

RESCO's utils/readXML.py draws in a window and reads a folder of results, so this is a port by
its description: every element of the trip file, in a file without those that never departed.
"""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from greenband.benchmarks.run import simulate
from greenband.engine.errors import MissingPartError
from greenband.networks.scenario import Scenario, load_scenario

WITHIN_S = 0.05
RESCO = (
    "cologne1",
    "cologne3",
    "cologne8",
    "ingolstadt1",
    "ingolstadt7",
    "ingolstadt21",
    "grid4x4",
    "arterial4x4",
)


def published_delay_s(trips: Path, routes: Path, end_s: float) -> float:
    """What RESCO's script would say of one trip file."""
    total_s, number = 0.0, 0
    latest_s, latest = 0.0, ""
    for trip in ET.parse(trips).getroot():
        number += 1
        total_s += float(trip.attrib["timeLoss"]) + float(trip.attrib["departDelay"])
        if float(trip.attrib["depart"]) > latest_s:
            latest_s, latest = float(trip.attrib["depart"]), trip.attrib["id"]
    demand = list(ET.parse(routes).getroot())
    due_s = [float(e.attrib["depart"]) for e in demand if e.attrib["id"] == latest][-1]
    later_s = [float(e.attrib["depart"]) for e in demand if e.tag == "vehicle"]
    missing_s = [end_s - s for s in later_s if s > due_s]
    return (total_s + sum(missing_s)) / (number + len(missing_s))


def trips_of(scenario: Scenario, folder: Path, seed: int) -> Path:
    """SUMO by itself, with RESCO's outputs: those under way are in it, the undeparted are not."""
    import sumo

    trips = folder / "trips.xml"
    command = [str(Path(sumo.SUMO_HOME) / "bin" / "sumo"), "--net-file", str(scenario.net)]
    command += ["--route-files", ",".join(map(str, scenario.routes)), "--seed", str(seed)]
    command += ["--begin", f"{scenario.begin_s:g}", "--end", f"{scenario.end_s:g}"]
    command += ["--time-to-teleport", "-1", "--collision.action", "warn"]
    command += ["--tripinfo-output", str(trips), "--tripinfo-output.write-unfinished"]
    command += ["--no-step-log", "--no-warnings", "--xml-validation", "never"]
    subprocess.run(command, check=True, capture_output=True)
    return trips


def both_s(scenario: Scenario, folder: Path, seed: int = 1) -> tuple[float, float]:
    """Ours and theirs of the network's own programs."""
    assert scenario.end_s is not None
    theirs = published_delay_s(trips_of(scenario, folder, seed), scenario.routes[0], scenario.end_s)
    ours = simulate(scenario, "program", league="resco", seed=seed).measures.delay_resco_s
    assert ours is not None
    return ours, theirs


CROWDED, FREE = "left0A0 A0B0 B0right0", "right0B0 B0A0 A0left0"


def crowd(net: Path, folder: Path, element: str) -> Scenario:
    """Two elements a second into one street, of which many never depart, and a few elsewhere."""
    demand = []
    for n in range(600):
        of, edges = f'id="{n}" depart="{100 + n / 2}"', FREE if n % 12 == 0 else CROWDED
        if element == "trip" and edges == CROWDED:
            demand.append(f'<trip {of} from="left0A0" to="B0right0"/>')
        else:
            demand.append(f'<vehicle {of}><route edges="{edges}"/></vehicle>')
    (folder / "crowd.rou.xml").write_text(f"<routes>{''.join(demand)}</routes>")
    return load_scenario(net, routes=[folder / "crowd.rou.xml"], begin_s=100.0, end_s=400.0)


@pytest.mark.parametrize("element", ["vehicle", "trip"])
def test_a_crowd_that_can_not_depart_gives_what_their_formula_gives(
    element: str, small_scenario: Path, tmp_path: Path
) -> None:
    crowded = crowd(load_scenario(small_scenario).net, tmp_path, element)
    ours, theirs = both_s(crowded, tmp_path)
    assert ours == pytest.approx(theirs, abs=WITHIN_S)
    strict = simulate(crowded, "program", league="resco").measures
    assert strict.never_inserted > 100  # else it would show nothing
    assert strict.delay_s is not None
    assert abs(strict.delay_s - ours) > WITHIN_S


@pytest.mark.slow
@pytest.mark.parametrize("name", RESCO)
def test_resco_s_scenarios_give_what_their_formula_gives(name: str, tmp_path: Path) -> None:
    try:
        scenario = load_scenario(name)
    except MissingPartError as error:
        pytest.skip(str(error))
    ours, theirs = both_s(scenario, tmp_path)
    assert ours == pytest.approx(theirs, abs=WITHIN_S)
