"""``greenband bench attack``: what the worst lie of one loop does to a controller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from greenband.engine.errors import InputError

from .bench_suite import print_terms, progress, warn_of_rules
from .output import DONE, NO, Answer, log

if TYPE_CHECKING:
    from greenband.benchmarks.attack import Attack
    from greenband.benchmarks.bench import Place
    from greenband.benchmarks.suite import Suite

ATTACK = "attack"
MOST_RATIO = 1.25
"""What one loop may do to its junction's delay before the answer is no."""


def refuse_useless(given: Mapping[str, bool]) -> None:
    """Raises InputError for options that are given and would do nothing here."""
    for option, is_given in given.items():
        if is_given:
            raise InputError(
                f"greenband bench attack {option}",
                "an option that does nothing here",
                "greenband bench SUITE",
                "Leave it out.",
            )


def attack(suite: Suite, place: Place, *, seeds: str | None, budget: int | None) -> Answer:
    """Attack every controller of a suite in every scenario, at loops.

    Exit code 1 where a lie raises the delay of its junction by more than a quarter.
    """
    from greenband.benchmarks.attack import BUDGET, LEAST_BUDGET, SEEDS
    from greenband.benchmarks.attack import attack as search
    from greenband.benchmarks.suite import runs_of
    from greenband.benchmarks.tuned import tuning_seeds

    chosen = tuning_seeds(seeds or SEEDS)
    specs = [s for s in runs_of(suite) if s.info == "loops"]
    firsts = list({(s.scenario, s.controller, s.league, s.demand): s for s in specs}.values())
    if not firsts:
        raise InputError(
            "greenband bench attack",
            "no controller that sees loops",
            "the level loops",
            "Give --info loops and a controller.",
        )
    if budget is not None and budget < LEAST_BUDGET:
        raise InputError(
            "--budget", f"{budget} lies", f"{LEAST_BUDGET} or more", "Raise it; 500 are usual."
        )
    print_terms(suite)
    warn_of_rules(suite)
    log(
        f"{budget or BUDGET} lies for each of {len(firsts)} cases, the worst on seeds "
        f"{seeds or SEEDS}, with {place.workers} processes; rows go to {place.runs}."
    )
    found = [search(s, chosen, budget or BUDGET, place, progress()) for s in firsts]
    worst = max((a.worst[0].junction_ratio for a in found), default=0.0)
    locked = any(a.worst[0].gridlocked for a in found)
    data = {"folder": str(place.folder), "attacks": [_json(a) for a in found]}
    return Answer(data, _show(found), NO if locked or worst > MOST_RATIO else DONE)


def _json(found: Attack) -> dict[str, Any]:
    return {
        "scenario": found.scenario,
        "controller": found.controller,
        "lies": found.lies,
        "runs": found.runs,
        "worst": [
            {
                "lie": harm.lie.model_dump(),
                "site": harm.site,
                "junction_ratio": _finite(harm.junction_ratio),
                "network_ratio": _finite(harm.network_ratio),
                "gridlocked": harm.gridlocked,
                "seeds": harm.seeds,
            }
            for harm in found.worst
        ],
    }


def _finite(ratio: float) -> float | None:
    """None of a failed run: JSON has no word for infinite."""
    return ratio if ratio < float("inf") else None


def _show(found: Sequence[Attack]) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        from greenband.benchmarks.attack import RATED

        for one in found:
            title = f"{one.scenario}, {one.controller}: the worst of {one.lies} lies of one loop"
            table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_style="b")
            for heading in ("lie", "loop", "veh/h", "from s"):
                left = heading in ("lie", "loop")
                table.add_column(heading, justify="left" if left else "right", overflow="fold")
            for heading in ("junction's delay", "network's delay", "gridlocked"):
                table.add_column(heading, justify="right")
            for harm in one.worst:
                lie = harm.lie
                rated = lie.kind in RATED
                table.add_row(
                    lie.kind,
                    lie.detector,
                    f"{lie.rate_veh_h:.0f}" if rated else "-",
                    f"{lie.from_s:.0f}",
                    f"{harm.junction_ratio:.2f} times",
                    f"{harm.network_ratio:.2f} times",
                    f"{harm.gridlocked} of {harm.seeds}",
                )
            console.print(table)

    return show
