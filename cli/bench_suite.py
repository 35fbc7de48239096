"""What `greenband bench` and its tuning have in common: the suite as changed, and the progress."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

import typer

from .output import log

if TYPE_CHECKING:
    from greenband.benchmarks.rows import Row
    from greenband.benchmarks.suite import Suite

MIN_S = 60.0


def list_option(what: str, example: str) -> Any:
    """An option that takes a list, for commands that change a suite."""
    return typer.Option(help=f"{what}, in place of the suite's.", metavar=example)


def suite_of(
    name: str,
    lists: dict[str, str | None],
    more: list[str],
    seeds: str | None,
    settings: list[str],
) -> Suite:
    """The suite with what the command line says in place of its own."""
    from greenband.benchmarks.suite import changed, load_suite
    from greenband.controllers.parameters import with_settings

    own = load_suite(name)
    changes: dict[str, Any] = {k: _names(v) for k, v in lists.items() if v is not None}
    if more:
        changes["controllers"] = (*changes.get("controllers", own.controllers), *more)
    if settings:
        controllers = changes.get("controllers", own.controllers)
        changes["controllers"] = with_settings(controllers, settings)
    if changes.get("info"):
        changes["info_of"] = {}
    if seeds is not None:
        changes["seeds"] = f"1-{seeds}" if seeds.isdecimal() and int(seeds) > 0 else seeds
    return changed(own, changes)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def print_terms(suite: Suite) -> None:
    """The terms of scenarios that are used for the first time."""
    from greenband.networks.catalogue import first_use

    for name in suite.scenarios:
        terms = first_use(name)
        if terms is not None:
            log(f"Terms of use (shown once): {terms}")


def rules_text(suite: Suite) -> str:
    """Whose rules the suite runs by, for its first line."""
    return " and ".join(suite.league) + " rules"


def warn_of_rules(suite: Suite) -> None:
    """Tell of networks that run by RESCO's rules alone, though RESCO doesn't publish them."""
    from greenband.networks.catalogue import find

    if "street" in suite.league:
        return
    entries = {name: find(name) for name in suite.scenarios}
    others = [name for name, entry in entries.items() if entry is None or entry.league != "resco"]
    if others:
        log(
            f"Warning: {', '.join(others)} will run by resco rules, which are for comparison with "
            "RESCO's eight networks. For the rules of a street add --league street."
        )


def progress() -> Callable[[Row, int, int], None]:
    """Tells of each run that is made, and of the time left; of each reason to fail once."""
    began_s = monotonic()
    reasons: set[str] = set()

    def tell(row: Row, done: int, total: int) -> None:
        result = row["result"]
        if result is None:
            again = row["reason"] in reasons
            text = "failed as one before" if again else f"failed: {row['reason']}"
            reasons.add(row["reason"])
        elif result["delay_s"] is None:
            text = "no vehicles"
        else:
            text = f"delay {result['delay_s']:.1f} s" + ", gridlocked" * bool(result["gridlock"])
        left_s = (monotonic() - began_s) / done * (total - done)
        log(f"{done} of {total}: {row['key']}, {text}; {_time(left_s)} left")

    return tell


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * MIN_S else f"{seconds / MIN_S:.0f} min"
