"""``greenband estimate``: what the estimator believes of queues, against where vehicles are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Answer, AsJson, log

if TYPE_CHECKING:
    from greenband.benchmarks.estimate_errors import Errors

SHOWN = {
    "true": "true\nqueue",
    "bias": "bias",
    "mae": "mean\nerror",
    "total": "with\n5 s",
    "arrivals_5": "rms\n5 s",
    "arrivals_10": "rms\n10 s",
    "arrivals_20": "rms\n20 s",
    "within": "2 sd",
    "missed": "miss",
    "ghosts": "ghost",
}
PERCENT = frozenset({"within", "missed", "ghosts"})


def estimate(
    scenarios: Annotated[
        list[str], typer.Argument(help="Names in the catalogue, or paths of .sumocfg files.")
    ],
    controllers: Annotated[
        str, typer.Option(help="Who makes the traffic, seeing loops: A,B.")
    ] = "actuated,longest-queue",
    seeds: Annotated[str, typer.Option(help="Such as 101 for one, 101-103, or 1-3,7.")] = "1",
    out: Annotated[
        Path | None, typer.Option(help="Folder for pictures of believed and true queues.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes side by side.", min=1)] = 1,
    as_json: AsJson = False,
) -> Answer:
    """Run with loops alone, and say how far the estimate was from the truth, lane by lane."""
    from greenband.benchmarks.estimate_bench import measure_estimates
    from greenband.benchmarks.estimate_errors import mean_errors
    from greenband.benchmarks.seeds import parse_seeds

    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    rows = []
    names = [c.strip() for c in controllers.split(",") if c.strip()]
    for row in measure_estimates(scenarios, names, parse_seeds(seeds), out=out, workers=workers):
        log(f"{row.scenario}, {row.controller}, seed {row.seed}: {row.mae:.3f} of {row.true:.3f}")
        rows.append(row)
    order = list(dict.fromkeys(Path(s).stem for s in scenarios))
    rows.sort(key=lambda r: (order.index(r.scenario), r.controller, r.seed))
    by_scenario = {s: [r for r in rows if r.scenario == s] for s in order}
    means = {s: mean_errors(own) for s, own in by_scenario.items()}
    pictures = sorted(str(p) for p in out.glob("*.png")) if out is not None else []
    data = {"runs": [r.as_dict() for r in rows], "means": means, "pictures": pictures}
    return Answer(data, _show(rows, means, pictures))


def _show(
    rows: Sequence[Errors], means: dict[str, dict[str, float]], pictures: Sequence[str]
) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        runs = f"{len(rows)} runs" if len(rows) > 1 else "one run"
        table = Table(
            box=SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            title=f"Vehicles per lane group, {runs}",
        )
        table.add_column("scenario", no_wrap=True)
        for heading in SHOWN.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for scenario, mean in means.items():
            table.add_row(scenario, *(_cell(n, mean[n]) for n in SHOWN))
        console.print(table)
        for picture in pictures:
            console.print(f"picture: {picture}", highlight=False)

    return show


def _cell(name: str, value: float) -> str:
    return f"{100.0 * value:.0f}%" if name in PERCENT else f"{value:.2f}"
