"""SUMO as a street: it reports a second of traffic and shows the colours that a Gate commands.

By libsumo in this process, one simulation at a time; by TraCI with SUMO's window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from greenband.engine.frame import Colour, Command, Frame
from greenband.engine.packing import FrameArrays, Packing, frames_of, pack
from greenband.engine.rules import Rules, with_limits
from greenband.engine.site import Site

from .render import Renderer, renderer_of
from .scenario import Scenario
from .sumo_api import Simulator, start_simulator, stepper, steps_a_second
from .sumo_gridlock import EVERY_S, GridlockWatch
from .sumo_options import Outputs, sumo_options
from .sumo_priority import Priority, PriorityVehicles
from .sumo_reading import Info, Readers, wants_of
from .sumo_site import SumoSite

YELLOW = int(Colour.YELLOW)
GRACE_S = 3600.0
"""A scenario without an end runs this long after its last departure at most."""


History = dict[str, list[tuple[float, tuple[int, ...], tuple[int, ...]]]]
"""By site, what was shown from a second on: colours of phases, and of crosswalks beside them."""


@dataclass(slots=True)
class _Signal:
    """One signal: what it was last told, what SUMO shows, and its last settled stage."""

    id: str
    phases: slice
    renderer: Renderer
    colours: tuple[int, ...]
    state: str
    stage: int = -1
    walks: tuple[int, ...] = ()
    command: Command | None = None
    strings: dict[tuple[object, ...], str] = field(default_factory=dict)


class SumoStreet:
    """A running scenario; use it in a ``with`` block, so that SUMO ends and its files are whole.

    Parameters
    ----------
    scenario : net, demand and window.
    signals : the signals that can be controlled, as read from its net.
    rules : the league's; they fill in the sites' limits.
    info : what may be seen.
    needs : what the controllers look at (`controllers.base.Controller.needs`); nothing else is
        read. None: everything at this level.
    folder : where SUMO's outputs and its detectors' file go.
    options : more of SUMO's own options.
    priority : whether emergency vehicles call preempts, and buses say where they are.

    Raises InputError where SUMO refuses the scenario or runs in this process already.
    """

    def __init__(
        self,
        scenario: Scenario,
        signals: Sequence[SumoSite],
        *,
        rules: Rules,
        folder: Path,
        info: Info = "loops",
        needs: frozenset[str] | None = None,
        seed: int = 1,
        gui: bool = False,
        co2: bool = False,
        options: Sequence[str] = (),
        priority: frozenset[Priority] = frozenset(),
    ) -> None:
        self.signals = tuple(signals)
        self.packing: Packing = pack(tuple(with_limits(s.site, rules) for s in self.signals))
        self.info: Info = info
        self._wants, self._wanted_priority = wants_of(info, needs), priority
        self.outputs = Outputs.within(folder)
        self._simulator: Simulator | None = None
        try:
            readers = Readers(scenario, self.signals, self.packing, self._wants)
            detectors = folder / "detectors.add.xml"
            detectors.write_text(readers.additional_xml(), encoding="utf-8")
            arguments = sumo_options(
                scenario, self.outputs, detectors=detectors, seed=seed, co2=co2
            )
            simulator = start_simulator([*arguments, *options], gui, folder / "errors.txt")
            self._simulator = simulator
            self._attach(simulator, readers, scenario.end_s)
        except BaseException:
            self.close()
            raise

    def _attach(self, simulator: Simulator, readers: Readers, end_s: float | None) -> None:
        """Bind what is called each second, and look at the first colours."""
        self._reading = readers.bind(simulator)
        self.arrays: FrameArrays = self._reading.arrays
        self.frames: dict[str, Frame] = frames_of(self.packing, self.arrays)
        self._frames = tuple(self.frames.values())
        self._colour_s = self.arrays.colour_s
        self._steps = steps_a_second(simulator)
        self._step = stepper(simulator)
        self._show = simulator.getter("trafficlight", "setRedYellowGreenState")
        self._state = simulator.getter("trafficlight", "getRedYellowGreenState")
        self._expected = simulator.getter("simulation", "getMinExpectedNumber")
        self._departed = simulator.getter("simulation", "getDepartedNumber")
        self.time_s = float(simulator.api.simulation.getTime())
        self._end_s = inf if end_s is None else end_s
        self._endless = end_s is None
        self._idle_s = 0.0
        self._signals = {s.signal_id: self._first(i, s) for i, s in enumerate(self.signals)}
        self._programs = list(self._signals.values())
        self.states: list[tuple[float, str, str]] = []
        self.history: History = {
            s.id: [(self.time_s, s.colours, ())] for s in self._signals.values()
        }
        self._gridlock = GridlockWatch(simulator, self.signals)
        self._look_in = EVERY_S
        self._lost: tuple[Callable[..., Any], ...] | None = None
        self._priority = (
            PriorityVehicles(simulator, self.signals, self._wanted_priority)
            if self._wanted_priority
            else None
        )

    def _first(self, i: int, site: SumoSite) -> _Signal:
        renderer, state = renderer_of(site), str(self._state(site.signal_id))
        phases = self.packing.slice(self.packing.phases, i)
        colours = renderer.colours_of(state)
        self.arrays.colour[phases] = colours
        return _Signal(site.signal_id, phases, renderer, colours, state)

    def sites(self) -> list[Site]:
        """The sites that can be controlled, with their limits filled in."""
        return list(self.packing.sites)

    def read(self) -> dict[str, Frame]:
        """Advance one second and report it; empty when the window is over.

        Without an end it is over when all have arrived or nobody has departed for an hour.
        """
        if self.time_s >= self._end_s or (self._endless and self._over()):
            return {}
        if self._steps == 1:
            self._step()
            self._reading.second()
        else:
            self._reading.begin()
            for _ in range(self._steps):
                self._step()
                self._reading.step()
            self._reading.end()
        self.time_s += 1.0
        np.add(self._colour_s, 1.0, out=self._colour_s)
        if self._programs:
            self._look()
        time_s = self.time_s
        self._look_in -= 1
        if self._look_in == 0:
            self._look_in = EVERY_S
            self._gridlock.look(time_s)
        for frame in self._frames:
            frame.time_s = time_s
        if self._reading.vehicles is not None:
            for i, frame in enumerate(self._frames):
                frame.vehicles = self._reading.vehicles.of_site(i)
        if self._priority is not None:
            self._priority.read_second(self._frames, time_s)
        return self.frames

    def _over(self) -> bool:
        if self._expected() == 0:
            return True
        self._idle_s = 0.0 if self._departed() else self._idle_s + 1.0
        return self._idle_s > GRACE_S

    def _look(self) -> None:
        """Read what the net's own programs show."""
        for signal in self._programs:
            state = self._state(signal.id)
            if state != signal.state:
                signal.state = state
                self._changed(signal, signal.renderer.colours_of(state), self.time_s - 1.0)

    def _changed(
        self,
        signal: _Signal,
        colours: tuple[int, ...],
        from_s: float,
        walks: tuple[int, ...] = (),
    ) -> None:
        """Note colours that are shown from a second on."""
        shown, shown_s = self.arrays.colour, self._colour_s
        first = signal.phases.start
        for p, (before, now) in enumerate(zip(signal.colours, colours, strict=True), first):
            if before != now:
                shown[p], shown_s[p] = now, self.time_s - from_s
        signal.colours = colours
        self.history[signal.id].append((from_s, colours, walks))

    def apply(self, commands: dict[str, Command]) -> None:
        """Show the commanded colours from the next second on.

        A signal's first command takes it away from the net's program.
        """
        for site, command in commands.items():
            signal = self._signals[site]
            if command is not signal.command:
                self._command(signal, command)

    def _command(self, signal: _Signal, command: Command) -> None:
        colours = command.colours
        key = (colours, signal.stage, command.stage, command.walks)
        state = signal.strings.get(key)
        if state is None:
            state = signal.strings[key] = signal.renderer.render(*key)
        if YELLOW not in colours:
            signal.stage = command.stage
        if state != signal.state or signal.command is None:
            self._show(signal.id, state)
            signal.state = state
            self.states.append((self.time_s, signal.id, state))
        if signal.command is None:
            self._programs.remove(signal)
        walks = command.walks
        if colours != signal.colours or walks != signal.walks:
            self._changed(signal, colours, self.time_s, walks)
            signal.walks = walks
        signal.command = command

    @property
    def gridlocked(self) -> tuple[str, ...]:
        """Lanes that were gridlocked at some time."""
        return self._gridlock.lanes(self.history)

    def lost_s(self) -> float:
        """Vehicle-seconds that were lost in the second that has just ended.

        By every vehicle against the speed that it may drive, a whole one by who waits to enter.
        """
        assert self._simulator is not None
        if self._lost is None:
            get = self._simulator.getter
            self._lost = (
                get("vehicle", "getIDList"),
                get("vehicle", "getSpeed"),
                get("vehicle", "getAllowedSpeed"),
                get("simulation", "getPendingVehicles"),
            )
        names, speed, allowed, pending = self._lost
        moving = sum(max(1.0 - speed(v) / allowed(v), 0.0) for v in names())
        return float(moving + len(pending()))

    def vehicle_types(self, classes: frozenset[str]) -> frozenset[str]:
        """Names of the vehicle types of some of SUMO's classes, such as "bus"."""
        assert self._simulator is not None
        types = self._simulator.api.vehicletype
        return frozenset(t for t in types.getIDList() if types.getVehicleClass(t) in classes)

    def close(self) -> None:
        """End SUMO; its files in `outputs` are whole afterwards."""
        simulator, self._simulator = self._simulator, None
        if simulator is not None:
            simulator.close()

    def __enter__(self) -> SumoStreet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
