"""Hardware in the loop: SUMO's traffic, and cabinets that decide; second by second, in lock step.

SUMO drives the cabinets' detectors and shows what their lamps show. The cabinets are virtual ones
(`cabinet.virtual`). In "free" they run by themselves; in "pattern" each gets its plan over SNMP on
loopback, by the driver, the gateway and the verifier that serve a street. With a controller it is
the live service's code that drives them, in the tier of patterns or of phases (`hil_live`).

    .venv/bin/python -m greenband.benchmarks.hil corridor --mode free --seed 101
    .venv/bin/python -m greenband.benchmarks.hil corridor --mode phase --controller rolling-horizon
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

from greenband.cabinet.gateway import Gateway
from greenband.cabinet.gateway_rules import Rights, Slot
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.virtual.cabinet import VirtualCabinet
from greenband.controllers.catalogue import find
from greenband.controllers.disturbance import NONE
from greenband.engine.errors import GreenbandError, InputError
from greenband.engine.plan import Plan
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_street import SumoStreet

from .demand import played
from .hil_coupling import Coupling, over_snmp
from .hil_live import Driven, drive
from .measures import Measures
from .measuring import measure, types_of
from .plan_cache import cached_plans
from .run import rules_of

Mode = Literal["free", "pattern", "phase"]
SLOTS = (Slot(10, 10), Slot(11, 11))
KEEP_ALIVE_S = 10


@dataclass(frozen=True)
class HilResult:
    """A run with cabinets in the loop.

    `monitor_faults` : by site, what its conflict monitor found. `in_step_ratio` : part of the
    seconds, after the first quarter of an hour, in which a cabinet that was given a plan ran it in
    step. `settled_s` : by site, when it first did; None if never. `driven` : what a controller did.
    """

    scenario: str
    mode: Mode
    seed: int
    measures: Measures
    monitor_faults: dict[str, str]
    in_step_ratio: float | None
    settled_s: dict[str, float | None]
    controller: str = ""
    driven: Driven | None = None


def hil(
    scenario: Scenario | str,
    mode: Mode = "free",
    *,
    seed: int = 1,
    controller: str = "",
    omit: bool = False,
    told: Callable[[float], None] = lambda time_s: None,
) -> HilResult:
    """Run a scenario with a virtual cabinet at each signal.

    Parameters
    ----------
    controller : drives the cabinets in the tier that `mode` names; without one "pattern" runs the
        plans of `plan_cache`. omit : in the phase tier, called phases may be passed over.

    Raises InputError where a signal has no rings: a NEMA controller can't run it.
    """
    if mode != "pattern" and bool(controller) == (mode == "free"):
        raise _no_such(mode, controller)
    given = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    signals, _ = read_signals(given)
    rules = rules_of(given, "street")
    entry = find(controller) if controller else None
    fixed = mode == "pattern" and entry is None
    plans = cached_plans(given, rules=rules, demand="published") if fixed else {}
    steps: dict[str, list[bool]] = {}
    driven = None
    with tempfile.TemporaryDirectory(prefix="greenband-") as name:
        folder = Path(name)
        demand = played(given, signals, "published", NONE, seed, folder)
        with SumoStreet(demand, signals, rules=rules, folder=folder, seed=seed) as street:
            couplings = {site.id: Coupling(site) for site in street.sites()}
            if entry is not None and mode != "free":
                driven = drive(street, couplings, entry, mode, folder, omit=omit, told=told)
            else:
                with _driven(couplings, plans) as keep:
                    steps = _run(street, couplings, keep, told)
            end_s, types = street.time_s, types_of(street)
        measured = measure(demand, street, end_s, types, co2=False, edges=None)
    return HilResult(
        given.name,
        mode,
        seed,
        measured.measures,
        _faults(couplings),
        _in_step(steps) if plans else None,
        {site: _first(steps[site]) for site in steps} if plans else {},
        controller,
        driven,
    )


def _faults(couplings: Mapping[str, Coupling]) -> dict[str, str]:
    return {
        site: str(fault.kind)
        for site, c in couplings.items()
        if (fault := c.cabinet.monitor.fault) is not None
    }


def _no_such(mode: Mode, controller: str) -> InputError:
    return InputError(
        f"hardware in the loop, mode {mode}",
        f"controller {controller}" if controller else "no controller",
        "mode free without a controller, mode phase with one, mode pattern either way",
        "Name one with --controller, or leave it out.",
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
            session = stack.enter_context(over_snmp(cabinet))
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
    parser.add_argument("--mode", choices=("free", "pattern", "phase"), default="free")
    parser.add_argument("--controller", default="", help="drives them, such as rolling-horizon")
    parser.add_argument("--omit", action="store_true", help="phase tier: pass over called phases")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    def told(time_s: float) -> None:
        if time_s % 300 == 0:
            sys.stderr.write(f"{time_s:.0f} s\n")

    try:
        found = hil(
            given.scenario,
            given.mode,
            seed=given.seed,
            controller=given.controller,
            omit=given.omit,
            told=told,
        )
    except GreenbandError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(asdict(found), indent=1) + "\n")
    torn = found.driven is not None and not found.driven.whole
    return 1 if found.monitor_faults or torn else 0


if __name__ == "__main__":
    sys.exit(main())
