"""Plans from files, for the signals of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.engine.rules import Rules
from greenband.engine.whole_seconds import green_lost
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import Scenario
from greenband.networks.site_files import SiteFile, load_timing, timing_head


def read_plans(
    references: Sequence[str | Path], scenario: Scenario, rules: Rules
) -> dict[str, Plan]:
    """Plans for signals of the scenario, from as many timings, by signal.

    Each timing in a form that `networks.load_timing` reads, as ``greenband plan --timing`` takes
    it. Which signal it is for says its key ``site``, or what stands after the # of a net or a UTDF
    file; where the scenario has one signal, neither is needed. A signal without a plan is left
    out. Raises InputError for a file that can't be read, a signal that the scenario doesn't have,
    and two plans for one signal.
    """
    signals, _ = read_signals(scenario)
    sites = {s.signal_id: SiteFile(s.site, str(scenario.net), sumo=s) for s in signals}
    plans: dict[str, Plan] = {}
    for reference in map(str, references):
        signal = _signal(reference, list(sites))
        if signal in plans:
            raise InputError(
                f"--plan {reference}",
                f"a second plan for signal {signal}",
                "one plan for each signal",
                "Leave one of the two out.",
            )
        plans[signal] = load_timing(reference, sites[signal], rules)[0]
    return plans


def losses_of(plans: Mapping[str, Plan], scenario: Scenario, rules: Rules) -> list[str]:
    """In words, for each signal the phases that get less green in a run than their plan gives.

    A run changes colours at whole seconds, and no yellow or red clearance may be cut short.
    """
    signals, _ = read_signals(scenario)
    found = []
    for signal in signals:
        plan = plans.get(signal.signal_id)
        lost = green_lost(signal.site, plan, rules) if plan is not None else ()
        if lost:
            phases = ", ".join(f"{x.phase} {x.shown_s:.1f} for {x.planned_s:.1f} s" for x in lost)
            found.append(
                f"{signal.signal_id}: phases get less green in each cycle than in the plan "
                f"({phases}), since a run changes at whole seconds and yellow and red clearance "
                "are rounded up. Longer splits make up for it; with whole yellow_s and "
                "red_clearance_s in the site nothing is lost"
            )
    return found


def _signal(reference: str, signals: Sequence[str]) -> str:
    """The signal that a timing is for."""
    named = timing_head(reference).site
    in_file = reference.endswith(f"#{named}")  # a name of the file's own, not of this scenario
    if len(signals) == 1 and (not named or in_file):
        return signals[0]
    if named not in signals:
        raise InputError(
            f"--plan {reference}",
            f"site {named}" if named else "no site",
            f"one of {', '.join(signals[:20])}",
            f'Write the signal that it is for at the top of the file: site = "{signals[0]}" in '
            f'TOML, "site": "{signals[0]}" in JSON.',
        )
    return named
