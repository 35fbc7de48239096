"""Streets whose network, rules, traffic and faults are all drawn by the seed."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from greenband.engine.estimate import Info
from greenband.networks.net_reader import read_scenario
from greenband.networks.scenario import Scenario

from .drawn_demand import write_demand
from .drawn_network import draw, write_net
from .streets import Opened, Varied, open_signals

MAXIMAL_RATIO = 0.25
"""So many signals may show every set of phases without a conflict, not only their program's."""
MOST_STAGES = 12
RESCO_RATIO = 0.6


@dataclass(frozen=True)
class DrawnStreets:
    """A network of its own for each seed, so that no policy can learn one by heart.

    `seconds` is how long each lasts. Not for environments, whose sites must stay the same: a
    policy for any shape is trained on these.
    """

    seconds: int = 900
    varied: Varied = field(default_factory=lambda: Varied(faulty_ratio=0.15, latency_s=1))

    def open(self, seed: int, info: Info, needs: frozenset[str]) -> Opened:
        """A street that is drawn from the seed, at its first second."""
        rng = np.random.default_rng(seed)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="greenband-")))
            scenario = draw_scenario(rng, self.seconds, folder)
            signals, _ = read_scenario(scenario)
            if rng.random() < MAXIMAL_RATIO:
                every, _ = read_scenario(scenario, stages="maximal")
                if all(len(s.site.stages) <= MOST_STAGES for s in every):
                    signals = every
            opened = open_signals(
                scenario,
                signals,
                seed=seed,
                disturbance=self.varied.drawn(rng),
                info=info,
                needs=needs,
                folder=folder,
            )
            stack.callback(opened.close)
            return Opened(opened.street, opened.rules, stack.pop_all().close, opened.truth)


def draw_scenario(rng: np.random.Generator, seconds: int, folder: Path) -> Scenario:
    """A network and its traffic as files in a folder, with the rules that are to hold on it."""
    drawn = draw(rng)
    net = write_net(drawn, rng, folder)
    routes = write_demand(drawn, rng, seconds, folder)
    return Scenario(
        name="drawn",
        net=net,
        routes=(routes,),
        end_s=float(seconds),
        resco_yellow_s=float(rng.choice((2.0, 3.0, 3.0, 4.0))),
        league="resco" if rng.random() < RESCO_RATIO else "street",
    )
