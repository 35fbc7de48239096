"""SUMO's command line for a run, and the files that the run leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scenario import Scenario


@dataclass(frozen=True)
class Outputs:
    """What SUMO writes: trips, routes with exit times, and totals."""

    trips: Path
    routes: Path
    totals: Path

    @classmethod
    def within(cls, folder: Path) -> Outputs:
        """In one folder, under fixed names."""
        return cls(folder / "trips.xml", folder / "routes.xml", folder / "totals.xml")


def input_options(scenario: Scenario, detectors: Path | None) -> list[str]:
    """The scenario's files and its window. What else its own configuration says stays."""
    options = ["--configuration-file", str(scenario.config)] if scenario.config else []
    options += ["--net-file", str(scenario.net)]
    if scenario.routes:
        options += ["--route-files", ",".join(map(str, scenario.routes))]
    additional: Sequence[Path] = (*scenario.additional, *((detectors,) if detectors else ()))
    if additional:
        options += ["--additional-files", ",".join(map(str, additional))]
    options += ["--begin", str(scenario.begin_s)]
    if scenario.end_s is not None:
        options += ["--end", str(scenario.end_s)]
    else:
        # Else SUMO reads departures 200 s ahead only, and a longer pause looks like the end.
        options += ["--route-steps", "0"]
    return options


def sumo_options(
    scenario: Scenario,
    outputs: Outputs,
    *,
    detectors: Path | None = None,
    seed: int = 1,
    co2: bool = False,
) -> list[str]:
    """Everything after the program's name.

    Nobody is teleported, neither out of a jam nor after a collision, and nobody gives up
    waiting to depart: what stands must count.
    """
    options = input_options(scenario, detectors)
    options += ["--seed", str(seed), "--random", "false"]
    options += ["--time-to-teleport", "-1", "--collision.action", "warn"]
    options += ["--max-depart-delay", "-1"]
    options += ["--tripinfo-output", str(outputs.trips)]
    options += ["--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted"]
    options += ["--vehroute-output", str(outputs.routes), "--vehroute-output.exit-times"]
    options += ["--vehroute-output.write-unfinished", "--vehroute-output.last-route"]
    options += ["--statistic-output", str(outputs.totals)]
    # The schemas are for authors of files, and reading them takes longer than small nets.
    options += ["--no-step-log", "--no-warnings", "--duration-log.disable"]
    options += ["--xml-validation", "never"]
    if co2:
        options += ["--device.emissions.probability", "1"]
    return options
