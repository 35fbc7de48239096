"""Hardware in the loop: SUMO's traffic, and cabinets that decide; second by second, in lock step.

SUMO drives the cabinets' detectors and shows what their lamps show. The cabinets are virtual ones
(`cabinet.virtual`). In "free" they run by themselves; in "pattern" each gets its plan over SNMP on
loopback, by the driver, the gateway and the verifier that serve a street.

    .venv/bin/python -m greenband.benchmarks.hil corridor --mode free --seed 101
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from greenband.cabinet.gateway import Gateway
from greenband.cabinet.gateway_rules import Rights, Slot
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.snmp import V2C, Agent, Communities, Community, Server, UdpSession
from greenband.cabinet.virtual import Inputs, Lamp
from greenband.cabinet.virtual.cabinet import VirtualCabinet
from greenband.cabinet.virtual.database import numbers_of
from greenband.controllers.disturbance import NONE
from greenband.engine.errors import GreenbandError
from greenband.engine.frame import Colour, Command, Frame, Order
from greenband.engine.plan import Plan
from greenband.engine.site import Site
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_street import SumoStreet

from .demand import played
from .measures import Measures
from .measuring import measure, types_of
from .plan_cache import cached_plans
from .run import rules_of

Mode = Literal["free", "pattern"]
NAMES = Communities(b"reads", b"writes")
ACCESS = Community(V2C, b"reads", b"writes")
SLOTS = (Slot(10, 10), Slot(11, 11))
KEEP_ALIVE_S = 10
COLOURS = {Lamp.GREEN: Colour.GREEN, Lamp.YELLOW: Colour.YELLOW}


@dataclass(frozen=True)
class HilResult:
    """A run with cabinets in the loop.

    `monitor_faults` : by site, what its conflict monitor found. `in_step_ratio` : part of the
    seconds, after the first quarter of an hour, in which a cabinet that was given a plan ran it in
    step. `settled_s` : by site, when it first did; None if never.
    """

    scenario: str
    mode: Mode
    seed: int
    measures: Measures
    monitor_faults: dict[str, str]
    in_step_ratio: float | None
    settled_s: dict[str, float | None]


class Coupling:
    """One site's cabinet, its detectors fed from Frames, its lamps turned into Commands."""

    def __init__(self, site: Site) -> None:
        self.cabinet = VirtualCabinet(site)
        self._numbers = numbers_of(site)
        self._phases = [p.id for p in site.phases]
        self._detectors = [self.cabinet.detectors[d.id] for d in site.detectors]

    def pass_second(self, frame: Frame) -> Command:
        """Let the cabinet live through the second that the frame reports.

        A loop that is covered at the end is covered all along; one that was crossed in the second,
        for a part of it, at its beginning.
        """
        crossed = (frame.counts_veh > 0) | (frame.occupancy_ratio > 0.0)
        still = self._inputs(frame, frame.presence)
        self.cabinet.run(0.5, self._inputs(frame, crossed | frame.presence))
        self.cabinet.run(0.5, still)
        return self._command(frame.time_s)

    def _inputs(self, frame: Frame, active: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Inputs:
        calls = frame.ped_calls
        return Inputs(
            detectors=frozenset(self._detectors[k] for k in np.flatnonzero(active)),
            buttons=frozenset(
                self._numbers[p] for p, called in zip(self._phases, calls, strict=True) if called
            ),
        )

    def _command(self, time_s: float) -> Command:
        rings, lamps = self.cabinet.controller.rings, self.cabinet.controller.lamps()
        colours = tuple(int(COLOURS.get(lamps[self._numbers[p]], Colour.RED)) for p in self._phases)
        walks = tuple(
            int(
                Colour.GREEN
                if self._numbers[p] in rings.walks
                else Colour.YELLOW
                if self._numbers[p] in rings.ped_clears
                else Colour.RED
            )
            for p in self._phases
        )
        orders = (int(Order.REST),) * len(colours)
        return Command(time_s, colours, orders, -1, walks=walks if any(walks) else ())


def hil(
    scenario: str,
    mode: Mode = "free",
    *,
    seed: int = 1,
    told: Callable[[float], None] = lambda time_s: None,
) -> HilResult:
    """Run a scenario with a virtual cabinet at each signal.

    Raises InputError where a signal has no rings: a NEMA controller can't run it.
    """
    given = load_scenario(scenario)
    signals, _ = read_signals(given)
    rules = rules_of(given, "street")
    plans = cached_plans(given, rules=rules, demand="published") if mode == "pattern" else {}
    with tempfile.TemporaryDirectory(prefix="greenband-") as name:
        folder = Path(name)
        demand = played(given, signals, "published", NONE, seed, folder)
        with SumoStreet(demand, signals, rules=rules, folder=folder, seed=seed) as street:
            couplings = {site.id: Coupling(site) for site in street.sites()}
            with _driven(couplings, plans) as keep:
                steps = _run(street, couplings, keep, told)
            end_s, types = street.time_s, types_of(street)
        measured = measure(demand, street, end_s, types, co2=False, edges=None)
    faults = {
        site: str(fault.kind)
        for site, c in couplings.items()
        if (fault := c.cabinet.monitor.fault) is not None
    }
    return HilResult(
        given.name,
        mode,
        seed,
        measured.measures,
        faults,
        _in_step(steps) if plans else None,
        {site: _first(steps[site]) for site in steps} if plans else {},
    )


def _run(
    street: SumoStreet,
    couplings: Mapping[str, Coupling],
    keep: Callable[[int], None],
    told: Callable[[float], None],
) -> dict[str, list[bool]]:
    """Second by second; by site, in which seconds it ran its pattern in step."""
    steps: dict[str, list[bool]] = {site: [] for site in couplings}
    second = 0
    while frames := street.read():
        keep(second)
        street.apply({site: couplings[site].pass_second(f) for site, f in frames.items()})
        for site, coupling in couplings.items():
            own = coupling.cabinet.controller.coordinator
            steps[site].append(own is not None and own.in_step)
        second += 1
        told(street.time_s)
    return steps


@contextmanager
def _driven(
    couplings: Mapping[str, Coupling], plans: Mapping[str, Plan]
) -> Iterator[Callable[[int], None]]:
    """Drivers of all sites that have a plan; what is called each second keeps it in force."""
    with ExitStack() as stack:
        drivers: dict[str, NtcipDriver] = {}
        for site in plans:
            cabinet = couplings[site].cabinet
            server = stack.enter_context(Server(Agent(cabinet.values, NAMES)))
            session = stack.enter_context(UdpSession(server.host, server.port, ACCESS))
            phases = frozenset(cabinet.controller.program.phases)

            def clock(cabinet: VirtualCabinet = cabinet) -> float:
                return cabinet.controller.now / 10.0

            gateway = Gateway(session, Rights(SLOTS, phases), clock=clock)
            drivers[site] = NtcipDriver(gateway, clock=clock)

        def keep(second: int) -> None:
            for site, driver in drivers.items():
                if second == KEEP_ALIVE_S:
                    driver.discover()
                    driver.run_plan(plans[site])
                elif second > KEEP_ALIVE_S and second % KEEP_ALIVE_S == 0:
                    driver.keep_alive()

        yield keep
        for driver in drivers.values():
            driver.release()


def _in_step(steps: Mapping[str, list[bool]]) -> float:
    late = [value for own in steps.values() for value in own[900:]]
    return sum(late) / max(len(late), 1)


def _first(steps: list[bool]) -> float | None:
    return float(steps.index(True)) if True in steps else None


def main() -> int:
    """Print one JSON object; progress goes to standard error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenario", help="a name of the catalogue, or a .sumocfg, with rings")
    parser.add_argument("--mode", choices=("free", "pattern"), default="free")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    def told(time_s: float) -> None:
        if time_s % 300 == 0:
            sys.stderr.write(f"{time_s:.0f} s\n")

    try:
        found = hil(given.scenario, given.mode, seed=given.seed, told=told)
    except GreenbandError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(asdict(found), indent=1) + "\n")
    return 1 if found.monitor_faults else 0


if __name__ == "__main__":
    sys.exit(main())
