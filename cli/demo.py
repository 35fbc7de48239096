"""``greenband demo``, and ``make demo``: one junction before and after, as a table and a page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Answer, AsJson, log

if TYPE_CHECKING:
    from greenband.benchmarks.before_and_after import BeforeAfter
    from greenband.benchmarks.run import RunResult

PAGE = "junction.html"
PLAN = "plan.json"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the page.", file_okay=False)] = Path("demo"),
    seeds: Annotated[str, typer.Option(help="Seeds to simulate, such as 4-6.")] = "4-6",
    workers: Annotated[int, typer.Option(help="Processes side by side.", min=1)] = 2,
    as_json: AsJson = False,
) -> Answer:
    """Plan one junction from its counts, simulate before and after, and write a page."""
    from greenband.benchmarks.before_and_after import CONTROLLERS, junction_before_after
    from greenband.benchmarks.seeds import parse_seeds
    from greenband.engine.plan_io import plan_json

    began = perf_counter()
    wanted = parse_seeds(seeds)
    out.mkdir(parents=True, exist_ok=True)
    log("5th Avenue & 12th Street: a plan from the counts of two hours, then simulated ...")
    runs = len(wanted) * len(CONTROLLERS)
    done: list[float] = []

    def tell(controller: str, result: RunResult) -> None:
        done.append(result.wall_s)
        log(f"{len(done)} of {runs}: {controller}, seed {result.seed}")

    compared = junction_before_after(wanted, workers, tell)
    page = out / PAGE
    plan = out / PLAN
    _write_whole(plan, plan_json(compared.after) + "\n")
    _write_whole(page, _page(compared, plan))
    took_s = perf_counter() - began
    return Answer(_data(compared, page, took_s), _show(compared, page, took_s))


def _page(compared: BeforeAfter, plan: Path) -> str:
    from greenband.benchmarks.comparison import comparison_page

    lead = (
        f"A plan made from turning counts (the hour from {compared.peak.start}), simulated on the "
        "traffic of that hour beside the timing that the junction had, and beside actuated "
        "control."
    )
    seed = compared.cases[0].results[0].seed
    commands = [
        f"greenband simulate junction --controller {controller} --seed {seed}"
        for controller in ("program", f"plan --plan {plan}", "actuated")
    ]
    title = f"{compared.after.site.name}: before and after"
    return comparison_page(title, lead, compared.cases, commands, compared.assumptions)


def _write_whole(path: Path, text: str) -> None:
    """Under another name first: whoever opens it sees a whole page."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _data(compared: BeforeAfter, page: Path, took_s: float) -> dict[str, Any]:
    from greenband.benchmarks.comparison import losses
    from greenband.benchmarks.seeds import medians
    from greenband.engine.plan_io import plan_to_dict

    return {
        "page": str(page),
        "wall_s": took_s,
        "plan": plan_to_dict(compared.after),
        "existing": plan_to_dict(compared.before),
        "assumptions": list(compared.assumptions),
        "cases": [
            {
                "name": case.name,
                "controller": case.results[0].controller,
                "median": medians(case.results),
                "worse": [asdict(loss) for loss in losses(compared.cases[0], case)],
                "runs": [result.as_dict() for result in case.results],
            }
            for case in compared.cases
        ],
    }


def _show(compared: BeforeAfter, page: Path, took_s: float) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.table import Table

        from greenband.benchmarks.comparison import losses, measure_rows

        seeds = [str(result.seed) for result in compared.cases[0].results]
        table = Table(title=f"{compared.after.site.name}, medians over seeds {', '.join(seeds)}")
        table.add_column("simulated")
        for case in compared.cases:
            table.add_column(case.name, justify="right")
        for label, texts in measure_rows(compared.cases):
            table.add_row(label, *texts)
        table.add_section()
        calculated = [
            f"{t.analysis.control_delay_s:.1f} s, {t.analysis.los}" if (t := case.timing) else "–"
            for case in compared.cases
        ]
        table.add_row("Delay as the HCM calculates it", *calculated)
        console.print(table)
        for case in compared.cases[1:]:
            worse = losses(compared.cases[0], case)
            if worse:
                who = ", ".join(f"{w.who} ({w.before_s:.0f} to {w.after_s:.0f} s)" for w in worse)
                console.print(f"{case.name}: more delay than before for {who}", highlight=False)
        console.print("What our plan assumes:")
        for assumed in compared.assumptions:
            console.print(f"- {assumed}", highlight=False, markup=False)
        console.print(f"The page with pictures: {page} ({took_s:.0f} s)", highlight=False)

    return show


if __name__ == "__main__":
    from .main import run

    sys.exit(run(["demo", *sys.argv[1:]]))
