"""``greenband policy``: what a trained policy is, and how it does beside another controller."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import DONE, NO, Answer, AsJson, log
from .simulate import Demand, Info, League

if TYPE_CHECKING:
    from greenband.benchmarks.policy_evaluation import Evaluation
    from greenband.benchmarks.run import RunResult

policy = typer.Typer(no_args_is_help=True, help="Trained policies: their cards and their figures.")

Name = Annotated[str, typer.Argument(help="One that comes with Greenband, or the path of an .npz.")]


@policy.command()
def show(name: Name = "general", as_json: AsJson = False) -> Answer:
    """Print a policy's card: what it was trained on, what it was measured at, its digest."""
    import tomli_w

    from greenband.controllers.policy_file import load_policy, policy_path

    card = dict(load_policy(name).card)
    path = policy_path(name)
    data = {"name": name, "path": str(path), "card": card}
    shown = tomli_w.dumps(_short(card))
    return Answer(data, lambda console: console.print(shown, markup=False, soft_wrap=True))


def _short(value: Any) -> Any:
    """For eyes: four digits, and numbers in one line. With --json all of them are there."""
    if isinstance(value, dict):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list) and value and all(type(v) is int for v in value):
        return ", ".join(map(str, value))
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


@policy.command()
def evaluate(
    name: Name = "general",
    scenarios: Annotated[
        str, typer.Option(help="Scenarios, by comma.", metavar="A,B")
    ] = "cologne1,cologne3,cologne8,ingolstadt1,ingolstadt7",
    seeds: Annotated[str, typer.Option(help="Seeds of the runs.", metavar="A-B")] = "1-10",
    against: Annotated[
        str, typer.Option(help="The controller that it is compared with on the same seeds.")
    ] = "rolling-horizon",
    info: Annotated[Info, typer.Option(help="What both may know.")] = Info.loops,
    league: Annotated[
        League | None, typer.Option(help="The rules; each scenario's own by default.")
    ] = None,
    demand: Annotated[
        Demand, typer.Option(help="resampled: the demand drawn anew by the seed.")
    ] = Demand.published,
    write: Annotated[
        bool, typer.Option("--write", help="Put the figures into the policy's card.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes side by side.", min=1)] = 2,
    as_json: AsJson = False,
) -> Answer:
    """Measure a policy beside another controller; exit code 1 where it is worse on a scenario.

    Worse: by the median over the seeds, with a 95 % interval clear of zero.
    """
    from greenband.benchmarks.policy_evaluation import evaluate_policy, write_figures
    from greenband.benchmarks.seeds import parse_seeds

    def tell(k: int, n: int, result: RunResult) -> None:
        who = Path(result.controller).name
        log(f"{k} of {n}: {result.scenario}, {who}, seed {result.seed}, {_delay(result)}")

    found = evaluate_policy(
        name,
        [part.strip() for part in scenarios.split(",") if part.strip()],
        parse_seeds(seeds),
        against=against,
        info=info.value,
        league=None if league is None else league.value,
        demand=demand.value,
        workers=workers,
        done=tell,
    )
    if write:
        log(f"wrote {write_figures(name, found)}")
    worse = any(f.difference_low_s > 0.0 for f in found.figures)
    return Answer(found.as_dict(), lambda console: _show(console, found), NO if worse else DONE)


def _delay(result: RunResult) -> str:
    delay_s = result.measures.delay_s
    return "no vehicles" if delay_s is None else f"delay {delay_s:.1f} s"


def _show(console: Any, found: Evaluation) -> None:
    from rich.table import Table

    table = Table(title=f"Delay in s per vehicle, median of {len(found.seeds)} seeds; {found.info}")
    for title in ("scenario", found.policy, "95 %", found.against, "difference", "95 %", "better"):
        table.add_column(title, justify="left" if title == "scenario" else "right")
    for f in found.figures:
        table.add_row(
            f.scenario,
            f"{f.delay_s:.1f}",
            f"{f.low_s:.1f} to {f.high_s:.1f}",
            f"{f.against_s:.1f}",
            f"{f.difference_s:+.2f}",
            f"{f.difference_low_s:+.2f} to {f.difference_high_s:+.2f}",
            f"{f.seeds_better} of {len(found.seeds)}",
        )
    console.print(table)
    for f in found.figures:
        for who, seeds in ((found.policy, f.gridlocked), (found.against, f.against_gridlocked)):
            if seeds:
                console.print(f"{f.scenario}: {who} gridlocked with seeds {seeds}", style="red")
        if f.guarded_ratio > 0.0:
            console.print(f"{f.scenario}: guarded for {100.0 * f.guarded_ratio:.1f} % of the time")
