"""Where environments get their streets: a new one for each seed, whatever kind it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from greenband.controllers.disturbance import Disturbance
from greenband.controllers.faulty_street import FaultyStreet
from greenband.controllers.loop import PackedStreet
from greenband.engine.estimate import Info
from greenband.engine.frame import Frame
from greenband.engine.rules import STREET, Rules, resco
from greenband.networks.overlay import read_signals
from greenband.networks.resample import resample
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_site import SumoSite
from greenband.networks.sumo_street import SumoStreet


class Truth(PackedStreet, Protocol):
    """What a simulated street knows beside what it reports."""

    @property
    def frames(self) -> dict[str, Frame]:
        """The second that has just ended, without what is wrong with the loops."""
        ...

    def lost_s(self) -> float:
        """Vehicle-seconds that all vehicles lost in that second."""
        ...


@dataclass(frozen=True)
class Opened:
    """A street that runs, the rules that hold on it, and what gives it back.

    `truth`, where there is one, is what really happens on the street: a controller never sees it.
    """

    street: PackedStreet
    rules: Rules
    close: Callable[[], None]
    truth: Truth | None = None


class Streets(Protocol):
    """Opens a street for a seed; the same seed gives the same street and the same traffic.

    Its sites are the same for every seed. It can be pickled, for workers.
    """

    def open(self, seed: int, info: Info, needs: frozenset[str]) -> Opened:
        """A street at its first second. `needs` as in `controllers.base.Controller`."""
        ...


@dataclass(frozen=True)
class Varied:
    """What is drawn anew by each seed, beside how vehicles drive.

    Attributes
    ----------
    demand : the vehicles (`networks.resample`). faulty_ratio : the most of the loops that fail,
        from none to so many. latency_s : the most seconds after which a loop's second is known.
    """

    demand: bool = True
    faulty_ratio: float = 0.0
    latency_s: int = 0

    def drawn(self, rng: np.random.Generator) -> Disturbance:
        """What goes wrong with the loops this time."""
        ratio = float(rng.uniform(0.0, self.faulty_ratio)) if rng.random() < 0.5 else 0.0
        late_s = int(rng.integers(0, self.latency_s + 1))
        return Disturbance(name="drawn", detectors_ratio=ratio, latency_s=late_s)


@dataclass(frozen=True)
class ScenarioStreets:
    """A scenario in SUMO, its demand and its loops' faults drawn by the seed.

    Parameters
    ----------
    scenario : a name in the catalogue, or the path of a .sumocfg. varied : what is drawn.
    league : the rules, ``resco`` or ``street``; the scenario's own by default.

    Raises InputError where there is no such scenario, or another street runs in this process:
    libsumo has one at a time, so close one before the next, or use a process for each.
    """

    scenario: str | Path
    varied: Varied = field(default_factory=Varied)
    league: str | None = None

    def open(self, seed: int, info: Info, needs: frozenset[str]) -> Opened:
        """The scenario in SUMO, at its first second."""
        given = load_scenario(self.scenario)
        rng = np.random.default_rng(seed)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="greenband-")))
            played = resample(given, seed, folder) if self.varied.demand else given
            signals, _ = read_signals(played)
            opened = open_signals(
                replace(played, league=self.league or given.league),
                signals,
                seed=seed,
                disturbance=self.varied.drawn(rng),
                info=info,
                needs=needs,
                folder=folder,
            )
            stack.callback(opened.close)
            return Opened(opened.street, opened.rules, stack.pop_all().close, opened.truth)


def open_signals(
    scenario: Scenario,
    signals: Sequence[SumoSite],
    *,
    seed: int,
    disturbance: Disturbance,
    info: Info,
    needs: frozenset[str],
    folder: Path,
) -> Opened:
    """A scenario in SUMO with what is wrong with its loops; SUMO's files go into `folder`."""
    rules = resco(scenario.resco_yellow_s) if scenario.league == "resco" else STREET
    street = SumoStreet(
        scenario, signals, rules=rules, folder=folder, info=info, needs=needs, seed=seed
    )
    seen = FaultyStreet(street, disturbance, seed) if disturbance.of_detectors else street
    return Opened(seen, rules, street.close, street)
