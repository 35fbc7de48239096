"""``greenband bench tune``: the best numbers for a suite's controllers, by the same budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from greenband.engine.errors import InputError

from .bench_suite import print_terms, progress, rules_text, warn_of_rules
from .output import Answer, log

if TYPE_CHECKING:
    from greenband.benchmarks.bench import Place
    from greenband.benchmarks.suite import Suite
    from greenband.benchmarks.tuned import Tuned
    from greenband.benchmarks.tuning import Case

FILE = "tuned.toml"


def refuse_options(
    tunes: bool, *, only_tuning: Mapping[str, bool], never_tuning: Mapping[str, bool]
) -> None:
    """Raises InputError for an option that is given and would do nothing."""
    for option, given in (never_tuning if tunes else only_tuning).items():
        if given:
            raise InputError(
                f"greenband bench {option}",
                "together with tune" if tunes else "without tune",
                "a run of a suite" if tunes else "greenband bench tune SUITE",
                "Leave it out.",
            )


def tune(
    suite: Suite, place: Place, *, seeds: str | None, budget: int | None, together: bool
) -> Answer:
    """Tune, and write the file."""
    from greenband.benchmarks.bench import refuse_unreadable
    from greenband.benchmarks.suite import runs_of
    from greenband.benchmarks.tuned import write_tuned
    from greenband.benchmarks.tuning import BUDGET, SEEDS, Search, cases_of, planned
    from greenband.benchmarks.tuning import tune as search

    how = Search(budget or BUDGET, seeds or SEEDS, together)
    cases, plan = cases_of(suite, together=together), planned(how)
    refuse_unreadable(runs_of(suite), {})
    print_terms(suite)
    warn_of_rules(suite)
    tell_left_out(suite, cases)
    runs = sum(plan.runs * len(case.scenarios) for case in cases)
    log(
        f"{len(cases)} sets to find by {rules_text(suite)}, {plan.runs} runs for each controller "
        "and scenario: "
        f"{plan.explored + plan.refined} sets on {plan.screening} of {plan.seeds} seeds, the best "
        f"of them on all. {runs} runs with {place.workers} processes; rows go to {place.runs}."
    )
    tuned = search(suite, place, how, progress())
    path = write_tuned(place.folder / FILE, tuned)
    data = {"suite": suite.name, "file": str(path), **tuned.model_dump(mode="json")}
    return Answer(_json(data), _show(tuned, str(path)))


def tell_left_out(suite: Suite, cases: Sequence[Case]) -> None:
    """Name the controllers of the suite that have nothing to tune."""
    tuned = {case.controller for case in cases}
    left_out = [name for name in dict.fromkeys(suite.controllers) if name not in tuned]
    if left_out:
        log(
            f"Not tuned: {', '.join(left_out)}. Nothing of theirs can be set; a class of your own "
            "declares `parameters` (docs/controllers.md)."
        )


def _json(data: Any) -> Any:
    """Infinite is null: JSON has no word for it."""
    if isinstance(data, dict):
        return {key: _json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_json(value) for value in data]
    return None if data == float("inf") else data


def _show(tuned: Tuned, path: str) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        title = f"Median delay on seeds {tuned.seeds}, s (gridlocked or failed runs)"
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_style="b")
        table.add_column("controller")
        table.add_column("scenario", no_wrap=True)
        table.add_column("default", justify="right", no_wrap=True)
        table.add_column("tuned", justify="right", no_wrap=True)
        table.add_column("numbers")
        for own in tuned.sets:
            numbers = "\n".join(f"{k} = {v:g}" for k, v in own.parameters.items())
            for figures in own.scenarios:
                table.add_row(
                    f"{own.controller}@{own.info}\n{own.league}",
                    figures.scenario,
                    f"{figures.default_delay_s:.2f} ({figures.default_gridlocked})",
                    f"{figures.delay_s:.2f} ({figures.gridlocked})",
                    numbers or "the defaults",
                )
        console.print(table)
        console.print(
            "These are the seeds that were tuned on: what it is worth shows on others, "
            f"greenband bench SUITE --tuned {path}",
            markup=False,
            highlight=False,
        )
        console.print(f"wrote {path}", markup=False, highlight=False)

    return show
