"""The yardstick of our loop: a bare libsumo loop that reads the same and shows the same.

It reads what our frames report with SUMO's documented calls, every detector each second, and sets
the same signal states at the same seconds, so that it has the same traffic; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from greenband.controllers.catalogue import find
from greenband.networks.scenario import Scenario
from greenband.networks.sumo_areas import pieces_of
from greenband.networks.sumo_detectors import named_placements
from greenband.networks.sumo_options import Outputs, sumo_options
from greenband.networks.sumo_reading import Info, lane_lengths_m
from greenband.networks.sumo_site import SumoSite

States = dict[float, list[tuple[str, str]]]
"""By second, the signals that change and what they show."""


def run_bare(
    scenario: Scenario,
    signals: list[SumoSite],
    controller: str,
    info: Info,
    seed: int,
    folder: Path,
    states: States,
) -> tuple[float, float]:
    """Steps, readings and states, and nothing else: wall and processor seconds."""
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
