"""What the loop costs beside a bare libsumo loop and beside the bare `sumo` program.

    python -m greenband.benchmarks.speed cologne8 grid4x4 ingolstadt21

All run alternately, one after the other, with the same files, seed, detectors and outputs. The
bare loop reads what our frames report with SUMO's documented calls, every detector each second,
and sets the same signal states at the same seconds, so that it has the same traffic; it decides
nothing. Only the loop is timed: no start, no imports, no compilation. The bare program runs the
net's own signals from its start to its end.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from greenband.controllers.catalogue import find
from greenband.controllers.loop import run
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_areas import pieces_of
from greenband.networks.sumo_detectors import named_placements
from greenband.networks.sumo_options import Outputs, sumo_options
from greenband.networks.sumo_reading import Info, lane_lengths_m
from greenband.networks.sumo_site import SumoSite
from greenband.networks.sumo_street import SumoStreet

from .run import rules_of

States = dict[float, list[tuple[str, str]]]
CASES: tuple[tuple[str, Info], ...] = (("actuated", "loops"), ("max-pressure", "full"))


@dataclass(frozen=True)
class Speed:
    """Seconds of each repetition, and the same in processor time where it is our own process.

    `ratio` and `cpu_ratio` are ours to bare, medians over the pairs that ran side by side;
    `ratio_to_sumo` is ours to the bare program.
    """

    scenario: str
    controller: str
    info: str
    ours_s: tuple[float, ...]
    bare_s: tuple[float, ...]
    sumo_s: tuple[float, ...]
    ratio: float
    cpu_ratio: float
    ratio_to_sumo: float


def measure_speed(
    scenario: Scenario | str | Path,
    controller: str,
    info: Info,
    *,
    repeats: int = 5,
    seed: int = 1,
) -> Speed:
    """Time our loop, the bare libsumo loop and the bare program, alternately."""
    given = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    signals, _ = read_signals(given)
    with tempfile.TemporaryDirectory(prefix="greenband-") as name:
        ours = partial(_ours, given, signals, controller, info, seed, Path(name))
        _, _, states = ours()  # compiles, and knows the states that the bare loop will set
        bare = partial(_bare, given, signals, controller, info, seed, Path(name), states)
        rows = [(ours(), bare(), _program(given, seed, Path(name))) for _ in range(repeats)]
    return Speed(
        scenario=given.name,
        controller=controller,
        info=info,
        ours_s=tuple(o[0] for o, _, _ in rows),
        bare_s=tuple(b[0] for _, b, _ in rows),
        sumo_s=tuple(s for _, _, s in rows),
        ratio=median(o[0] / b[0] for o, b, _ in rows),
        cpu_ratio=median(o[1] / b[1] for o, b, _ in rows),
        ratio_to_sumo=median(o[0] / s for o, _, s in rows),
    )


def _ours(
    scenario: Scenario,
    signals: list[SumoSite],
    controller: str,
    info: Info,
    seed: int,
    folder: Path,
) -> tuple[float, float, States]:
    """The loop as `simulate` runs it: wall and processor seconds, and the states it set."""
    entry, rules = find(controller), rules_of(scenario, "resco")
    street = SumoStreet(
        scenario, signals, rules=rules, folder=folder, info=info, needs=entry.needs, seed=seed
    )
    with street:
        wall, cpu = perf_counter(), process_time()
        run(street, entry.make, rules=rules, info=info, needs=entry.needs)
        took = (perf_counter() - wall, process_time() - cpu)
    states: States = {}
    for time_s, signal, state in street.states:
        states.setdefault(time_s, []).append((signal, state))
    return (*took, states)


def _bare(
    scenario: Scenario,
    signals: list[SumoSite],
    controller: str,
    info: Info,
    seed: int,
    folder: Path,
    states: States,
) -> tuple[float, float]:
    """Steps, readings and states, and nothing else."""
    import libsumo

    options = sumo_options(
        scenario, Outputs.within(folder), detectors=folder / "detectors.add.xml", seed=seed
    )
    libsumo.start(["sumo", *options])
    try:
        read = _plain_reading(libsumo, scenario, signals, find(controller).needs, info)
        seconds = _seconds(scenario, states)
        show = libsumo.trafficlight.setRedYellowGreenState
        step = libsumo.simulationStep
        empty: list[tuple[str, str]] = []
        wall, cpu = perf_counter(), process_time()
        for second in range(*seconds):
            for signal, state in states.get(float(second), empty):
                show(signal, state)
            step()
            read()
        return perf_counter() - wall, process_time() - cpu
    finally:
        libsumo.close()


def _seconds(scenario: Scenario, states: States) -> tuple[int, int]:
    end_s = scenario.end_s if scenario.end_s is not None else max(states, default=0.0)
    return int(scenario.begin_s), int(end_s)


def _plain_reading(
    libsumo: Any,
    scenario: Scenario,
    signals: Sequence[SumoSite],
    needs: frozenset[str],
    info: Info,
) -> Callable[[], object]:
    """The values of our frames by SUMO's documented calls, each once a second.

    Of every loop the vehicles and the time since the last one; of every signal what it shows.
    At `full` the vehicles and the standing ones of whole lanes, and of lanes that reach farther
    than their approach each vehicle's position and speed, which say who belongs to it. What
    these say of a lane is not asked of the lane again.
    """
    colour = libsumo.trafficlight.getRedYellowGreenState
    names = [s.signal_id for s in signals]
    if info == "loops":
        loops = [name for name, _ in named_placements(tuple(signals))]
        number = libsumo.inductionloop.getLastStepVehicleNumber
        since_s = libsumo.inductionloop.getTimeSinceDetection
        return lambda: (
            [(number(i), since_s(i)) for i in loops],
            [colour(s) for s in names],
        )
    pieces = pieces_of(
        tuple(signals), lane_lengths_m(scenario), upstream=True, downstream="downstream" in needs
    )
    areas = list(dict.fromkeys(lane for lane, _ in pieces.areas))
    lanes = [lane for lane in pieces.lanes if lane not in areas]
    number = libsumo.lane.getLastStepVehicleNumber
    halting = libsumo.lane.getLastStepHaltingNumber
    vehicles = libsumo.lane.getLastStepVehicleIDs
    position, speed = libsumo.vehicle.getLanePosition, libsumo.vehicle.getSpeed
    return lambda: (
        [(number(lane), halting(lane)) for lane in lanes],
        [[(position(v), speed(v)) for v in vehicles(lane)] for lane in areas],
        [colour(s) for s in names],
    )


def _program(scenario: Scenario, seed: int, folder: Path) -> float:
    """The program `sumo` with the same outputs, without detectors."""
    import sumo

    options = sumo_options(scenario, Outputs.within(folder), seed=seed)
    began = perf_counter()
    subprocess.run(
        [str(Path(sumo.SUMO_HOME) / "bin" / "sumo"), *options], check=True, capture_output=True
    )
    return perf_counter() - began


def main(scenarios: Sequence[str]) -> None:
    """Print one line for each scenario and information level."""
    for scenario in scenarios:
        for controller, info in CASES:
            s = measure_speed(scenario, controller, info)
            sys.stdout.write(
                f"{s.scenario:14s} {controller:12s} {info:6s} ours {median(s.ours_s):6.2f} s"
                f"  bare {median(s.bare_s):6.2f} s  sumo {median(s.sumo_s):6.2f} s"
                f"  ratio {s.ratio:.2f} (processor {s.cpu_ratio:.2f})"
                f"  to sumo {s.ratio_to_sumo:.2f}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:] or ["cologne8", "grid4x4", "ingolstadt21"])
