"""Starting SUMO, in this process (libsumo) or beside it (TraCI, for the window), and calling it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenband.engine.errors import InputError, MissingPartError

WINDOW = ("sumo-gui", "--start", "--quit-on-end", "--delay", "50")
"""The program with a window, which starts by itself and waits 50 ms a step."""
_SESSIONS: set[str] = set()
"""Names of the open libsumo simulations: one at most."""


@dataclass(frozen=True)
class Simulator:
    """An open simulation: `api` is the module libsumo, or a TraCI connection."""

    api: Any
    in_process: bool

    def getter(self, domain: str, name: str) -> Callable[..., Any]:
        """One reading function, such as ("lane", "getLength").

        With libsumo the compiled function itself: its Python wrapper costs as much again.
        """
        wrapper = getattr(getattr(self.api, domain), name)
        if self.in_process:
            return getattr(self.api._libsumo, f"{domain}_{name}", wrapper)  # type: ignore[no-any-return]
        return wrapper  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the simulation; its output files are complete afterwards."""
        try:
            self.api.close()
        finally:
            if self.in_process:
                _SESSIONS.clear()


def start_simulator(options: Sequence[str], gui: bool, error_log: Path) -> Simulator:
    """Start SUMO with its command-line options.

    Raises InputError where SUMO refuses the scenario, with SUMO's own words from `error_log`,
    and where this process has a simulation open already; MissingPartError without SUMO.
    """
    if gui:
        return _start_window(options, error_log)
    try:
        import libsumo
    except ImportError as error:
        raise _no_sumo(error) from error
    if _SESSIONS or libsumo.isLoaded():
        raise InputError(
            "libsumo",
            "a simulation is open in this process already",
            "one simulation per process",
            "Close the street first, or run the second one in a process of its own.",
        )
    try:
        libsumo.start(["sumo", *options, "--error-log", str(error_log)])
    except Exception as error:
        with suppress(Exception):  # what was loaded of it would block the next one
            libsumo.close()
        raise _refused(error, error_log) from error
    _SESSIONS.add("open")
    return Simulator(libsumo, in_process=True)


def _start_window(options: Sequence[str], error_log: Path) -> Simulator:
    try:
        import sumo
        import traci
    except ImportError as error:
        raise _no_sumo(error) from error
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        # traci would try sixty times, a second or more each
        raise MissingPartError(
            "SUMO's window",
            "no screen: DISPLAY is not set",
            "a desktop session with X11 (or XWayland)",
            "Run it on a desktop, or simulate without the window.",
        )
    program = Path(sumo.SUMO_HOME) / "bin" / WINDOW[0]
    label = f"greenband-{error_log.parent.name}"
    command = [str(program), *options, "--error-log", str(error_log), *WINDOW[1:]]
    try:
        traci.start(command, label=label)
    except Exception as error:
        raise _refused(error, error_log) from error
    return Simulator(traci.getConnection(label), in_process=False)


def _no_sumo(error: ImportError) -> MissingPartError:
    return MissingPartError(
        "SUMO",
        f"not installed ({error})",
        "eclipse-sumo, libsumo, traci and sumolib of one version",
        "pip install greenband, which brings them.",
    )


def _refused(error: Exception, error_log: Path) -> InputError:
    """SUMO's own words: libsumo's exception says only that something failed."""
    words = error_log.read_text(errors="replace") if error_log.is_file() else ""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    said = [line.removeprefix("Error:").strip() for line in lines if not line.startswith("Quit")]
    return InputError(
        "SUMO",
        "; ".join(said[:4]) or str(error) or type(error).__name__,
        "a scenario that `sumo -c` runs",
        "Correct the scenario's files.",
    )


def stepper(simulator: Simulator) -> Callable[[], None]:
    """A step of SUMO; InputError where the demand turns out wrong only then, as an id twice."""
    step = simulator.getter("simulation", "step")

    def stepped() -> None:
        try:
            step()
        except Exception as error:
            if type(error).__name__ != "FatalTraCIError":  # libsumo and traci have one each
                raise
            raise InputError(
                "SUMO",
                str(error),
                "a scenario that `sumo -c` runs to its end",
                "Correct the scenario's files.",
            ) from error

    return stepped


def floats(values: Iterable[float], count: int) -> NDArray[np.float64]:
    """An array from readings, without a list in between."""
    return np.fromiter(values, np.float64, count)


def steps_a_second(simulator: Simulator) -> int:
    """How many of the scenario's steps make a second; InputError where no number does."""
    step_s = float(simulator.api.simulation.getDeltaT())
    steps = round(1.0 / step_s)
    if steps < 1 or abs(steps * step_s - 1.0) > 1e-6:
        raise InputError(
            "the scenario's step-length",
            f"{step_s:g} s",
            "1 s, or a part of it such as 0.5 s or 0.1 s",
            "Change step-length in the .sumocfg.",
        )
    return steps
