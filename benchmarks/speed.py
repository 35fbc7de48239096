"""What the loop costs beside a bare libsumo loop, the bare `sumo` program, and sumo-rl.

All run alternately, one after the other, with the same files, seed, detectors and outputs; only
the loops are timed, without start, imports and compilation (`bare_loop` is the yardstick). The
bare program runs the net's own signals, from its start to its end. sumo-rl runs them too, in a
Python of its own: it observes each five seconds and collects nothing else, its fastest use, and
its episode is timed as our loop is; it does not write the routes.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from greenband.controllers.catalogue import find
from greenband.controllers.loop import run
from greenband.engine.errors import InputError
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_options import Outputs, sumo_options
from greenband.networks.sumo_reading import Info
from greenband.networks.sumo_site import SumoSite
from greenband.networks.sumo_street import SumoStreet

from .bare_loop import States, run_bare
from .peers.episodes import Pythons, run_peer
from .peers.names import PEERS, Asked
from .run import rules_of

SCENARIOS = ("cologne8", "grid4x4", "ingolstadt21")
CASES: tuple[tuple[str, Info], ...] = (
    ("actuated", "loops"),
    ("max-pressure", "area"),
    ("max-pressure", "full"),
)
"""A controller that looks at each information level."""
SUMO_RL = Asked(PEERS["sumo-rl-fixed"], 0)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Speed:
    """Seconds of each repetition of one information level.

    `ours_s`, `bare_s`, `sumo_s` and `sumo_rl_s` are our loop, the bare loop, the bare program and
    sumo-rl's episode (empty where it was not asked for), in the order in which they ran side by
    side; `ours_cpu_s`, `bare_cpu_s` and `sumo_rl_cpu_s` are processor time.
    """

    scenario: str
    controller: str
    info: str
    simulated_s: float
    ours_s: tuple[float, ...]
    bare_s: tuple[float, ...]
    sumo_s: tuple[float, ...]
    sumo_rl_s: tuple[float, ...]
    ours_cpu_s: tuple[float, ...]
    bare_cpu_s: tuple[float, ...]
    sumo_rl_cpu_s: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """Our loop to the bare one: the median over pairs that ran side by side."""
        return _ratio(self.ours_s, self.bare_s)

    @property
    def cpu_ratio(self) -> float:
        """The same in processor time."""
        return _ratio(self.ours_cpu_s, self.bare_cpu_s)

    @property
    def ratio_to_sumo(self) -> float:
        """Our loop to the bare program."""
        return _ratio(self.ours_s, self.sumo_s)

    @property
    def ratio_to_sumo_rl(self) -> float | None:
        """Our loop to sumo-rl's episode; None where it was not run."""
        return _ratio(self.ours_s, self.sumo_rl_s) if self.sumo_rl_s else None

    @property
    def cpu_ratio_to_sumo_rl(self) -> float | None:
        """The same in processor time."""
        return _ratio(self.ours_cpu_s, self.sumo_rl_cpu_s) if self.sumo_rl_cpu_s else None

    def per_second(self, took_s: Sequence[float]) -> tuple[float, float, float] | None:
        """Simulated seconds per second: median, least and most; None without a repetition."""
        if not took_s:
            return None
        speeds = [self.simulated_s / s for s in took_s]
        return median(speeds), min(speeds), max(speeds)


def measure_speed(
    scenario: Scenario | str | Path,
    cases: Sequence[tuple[str, Info]] = CASES,
    *,
    repeats: int = 5,
    seed: int = 1,
    sumo_rl: Path | None = None,
    tell: Tell | None = None,
) -> list[Speed]:
    """Time each case (controller, information level) of a scenario, alternately with the others.

    `sumo_rl` is a Python that has it; `tell` hears what is over. Raises InputError for a scenario
    without an end.
    """
    given = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    if given.end_s is None:
        raise InputError(
            f"speed of {given.name}", "no end", "a window with an end", "Choose another scenario."
        )
    say = tell or (lambda text: None)
    with tempfile.TemporaryDirectory(prefix="greenband-") as name:
        race = _Race(given, read_signals(given)[0], seed, Path(name), sumo_rl)
        say(f"{given.name}: what compiles is compiled")
        states = [race.ours(*case)[2] for case in cases]
        rounds = []
        for k in range(repeats):
            rounds.append(race.round(cases, states))
            say(f"{given.name}: {k + 1} of {repeats} repetitions")
    return [
        _speed(given, case, [(r[0][c], *r[1:]) for r in rounds]) for c, case in enumerate(cases)
    ]


Peer = tuple[float, float]
"""Wall and processor seconds of sumo-rl's episode."""
Pair = tuple[float, float, float, float]
"""Wall and processor seconds of our loop, then of the bare one."""


@dataclass(frozen=True)
class _Race:
    """All that run on one scenario."""

    scenario: Scenario
    signals: list[SumoSite]
    seed: int
    folder: Path
    sumo_rl: Path | None

    def round(
        self, cases: Sequence[tuple[str, Info]], states: Sequence[States]
    ) -> tuple[list[Pair], float, Peer | None]:
        """Each once: the pairs by case, the bare program, sumo-rl."""
        pairs = []
        for (controller, info), shown in zip(cases, states, strict=True):
            wall_s, cpu_s, _ = self.ours(controller, info)
            pairs.append((wall_s, cpu_s, *self.bare(controller, info, shown)))
        return pairs, self.program(), self.peer()

    def ours(self, controller: str, info: Info) -> tuple[float, float, States]:
        """The loop as `simulate` runs it: wall and processor seconds, and the states it set."""
        entry, rules = find(controller), rules_of(self.scenario, "resco")
        street = SumoStreet(
            self.scenario,
            self.signals,
            rules=rules,
            folder=self.folder,
            info=info,
            needs=entry.needs,
            seed=self.seed,
        )
        with street:
            wall, cpu = perf_counter(), process_time()
            run(street, entry.make, rules=rules, info=info, needs=entry.needs)
            took = (perf_counter() - wall, process_time() - cpu)
        states: States = {}
        for time_s, signal, state in street.states:
            states.setdefault(time_s, []).append((signal, state))
        return (*took, states)

    def bare(self, controller: str, info: Info, states: States) -> tuple[float, float]:
        """The bare loop with these states."""
        return run_bare(
            self.scenario, self.signals, controller, info, self.seed, self.folder, states
        )

    def program(self) -> float:
        """The program `sumo` with the same outputs, without detectors."""
        import sumo

        options = sumo_options(self.scenario, Outputs.within(self.folder), seed=self.seed)
        command = [str(Path(sumo.SUMO_HOME) / "bin" / "sumo"), *options]
        began = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return perf_counter() - began

    def peer(self) -> Peer | None:
        """sumo-rl's episode: wall and processor seconds."""
        if self.sumo_rl is None:
            return None
        done = run_peer(
            self.scenario,
            SUMO_RL,
            pythons=Pythons(sumo_rl=self.sumo_rl),
            policies=self.folder,
            folder=self.folder,
            seed=self.seed,
            lean=True,
        )
        return done.episode_s, done.episode_cpu_s or 0.0


def _speed(
    scenario: Scenario, case: tuple[str, str], rounds: Sequence[tuple[Pair, float, Peer | None]]
) -> Speed:
    pairs = [pair for pair, _, _ in rounds]
    ours_s, ours_cpu_s, bare_s, bare_cpu_s = zip(*pairs, strict=True)
    return Speed(
        scenario=scenario.name,
        controller=case[0],
        info=case[1],
        simulated_s=(scenario.end_s or 0.0) - scenario.begin_s,
        ours_s=ours_s,
        bare_s=bare_s,
        sumo_s=tuple(s for _, s, _ in rounds),
        sumo_rl_s=tuple(p[0] for _, _, p in rounds if p is not None),
        ours_cpu_s=ours_cpu_s,
        bare_cpu_s=bare_cpu_s,
        sumo_rl_cpu_s=tuple(p[1] for _, _, p in rounds if p is not None),
    )


def _ratio(ours_s: Sequence[float], others_s: Sequence[float]) -> float:
    return median(o / b for o, b in zip(ours_s, others_s, strict=True))
