"""``greenband bench``: a suite of runs with its tables and its report; or one row made again."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenband.engine.errors import InputError

from .bench_attack import ATTACK, attack, refuse_useless
from .bench_speed import SPEED, refuse_others, speed
from .bench_suite import (
    list_option,
    print_terms,
    progress,
    rules_text,
    suite_of,
    warn_of_rules,
)
from .bench_tune import refuse_options, tune
from .output import DONE, NO, Answer, AsJson, log

if TYPE_CHECKING:
    from greenband.benchmarks.bench import Place
    from greenband.benchmarks.bench_report import Files
    from greenband.benchmarks.rows import Row
    from greenband.benchmarks.suite import Suite

TUNE = "tune"
MOST_REASONS = 5


def bench(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="resco, street, legality, robust, quick, or the path of a suite's TOML file. "
            "Behind the word tune: tune its controllers instead; behind the word attack: look for "
            "the worst lie of one loop. Or speed: how fast runs are.",
            metavar="[tune|attack] SUITE",
        ),
    ] = None,
    scenarios: Annotated[str | None, list_option("Scenarios", "A,B")] = None,
    controllers: Annotated[str | None, list_option("Controllers", "A,B")] = None,
    controller: Annotated[
        list[str] | None,
        typer.Option(help="One more controller: path/to/file.py:Name.", metavar="FILE:NAME"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A number of a controller, such as actuated.passage_s=3; once for each.",
            metavar="CONTROLLER.NAME=NUMBER",
        ),
    ] = None,
    tuned: Annotated[
        Path | None,
        typer.Option(
            help="Also run the tuned controllers of a file that `bench tune` wrote.", metavar="FILE"
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            help="tune: runs for each controller and scenario, 60 by default; attack: lies, 500.",
            min=1,
        ),
    ] = None,
    together: Annotated[
        bool,
        typer.Option("--together", help="tune: one set for all scenarios, not one for each."),
    ] = False,
    info: Annotated[str | None, list_option("What controllers see", "loops,full")] = None,
    league: Annotated[str | None, list_option("Rules", "resco,street")] = None,
    demand: Annotated[str | None, list_option("Demand", "published,resampled")] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            help="10 for seeds 1 to 10, or such as 3-7,9. To tune: 101-106, or others up to 120.",
            metavar="N|A-B",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; by default runs/SUITE, or runs/SUITE-tune."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes side by side; by default one a core.", min=1)
    ] = None,
    ray: Annotated[
        str,
        typer.Option(help="Run on the Ray cluster at this address; local starts one here."),
    ] = "",
    decide_limit: Annotated[
        float, typer.Option(help="Seconds for a decision of a controller from a file.", min=0.001)
    ] = 2.0,
    run_limit: Annotated[float, typer.Option(help="Seconds for a run.", min=1.0)] = 1800.0,
    sumo_rl: Annotated[
        Path | None,
        typer.Option(
            help="A Python with sumo-rl 1.4.5, for sumo-rl-fixed and sumo-rl-dqn-100 (hours).",
            metavar="PYTHON",
        ),
    ] = None,
    resco: Annotated[
        Path | None,
        typer.Option(
            help="A clone of RESCO's repository, for resco-maxwave, resco-idqn-100 and others.",
            metavar="FOLDER",
        ),
    ] = None,
    resco_python: Annotated[
        Path | None,
        typer.Option(help="A Python with what RESCO's code needs.", metavar="PYTHON"),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(help="speed: how often each is timed; 5 by default.", min=1),
    ] = None,
    co2: Annotated[bool, typer.Option("--co2", help="Count carbon dioxide too.")] = False,
    replay: Annotated[
        str | None,
        typer.Option(
            help="Make this row's run again and compare; no suite. The row's file, or its name in "
            "--out or in runs/.",
            metavar="ROW",
        ),
    ] = None,
    as_json: AsJson = False,
) -> Answer:
    """Compare controllers: every run once, tables with intervals, and a report.

    Interrupted and started again, finished runs are not repeated. Exit code 1 where runs failed.
    """
    from greenband.benchmarks.bench import Place

    if words == [SPEED]:
        refuse_others(_given(context))
        return speed(scenarios, info, repeats, sumo_rl)
    task, suite = _task(words or [])
    tunes, attacks = task == TUNE, task == ATTACK
    place = Place(
        folder=out or Path("runs") / "-".join(filter(None, (_stem(suite), task))),
        workers=workers or cpu_count() or 1,
        ray=ray,
        decide_limit_s=decide_limit,
        run_limit_s=run_limit,
        co2=co2,
        sumo_rl=sumo_rl,
        resco=resco,
        resco_python=resco_python,
    )
    if repeats is not None:
        raise InputError(
            "greenband bench --repeats", "without speed", "greenband bench speed", "Leave it out."
        )
    if attacks:
        refuse_useless(
            {
                "--together": together,
                "--tuned": tuned is not None,
                "--replay": replay is not None,
                "--co2": co2,
            }
        )
    refuse_options(
        tunes,
        only_tuning={"--budget": budget is not None and not attacks, "--together": together},
        never_tuning={"--tuned": tuned is not None, "--replay": replay is not None, "--co2": co2},
    )
    if replay is not None:
        return _replay(replay, suite, out, place)
    if suite is None:
        raise InputError(
            "greenband bench",
            "neither a suite nor --replay",
            "the name of a suite, or --replay with a row's file",
            "Try `greenband bench quick`.",
        )
    chosen = suite_of(
        suite,
        {
            "scenarios": scenarios,
            "controllers": controllers,
            "info": info,
            "league": league,
            "demand": demand,
        },
        controller or [],
        None if task else seeds,
        settings or [],
    )
    if attacks:
        return attack(chosen, place, seeds=seeds, budget=budget)
    if tunes:
        return tune(chosen, place, seeds=seeds, budget=budget, together=together)
    return _run(chosen, place, tuned)


def _given(context: typer.Context) -> list[str]:
    """The parameters that the command line has."""
    return [
        name
        for name in context.params
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]


def _task(words: list[str]) -> tuple[str, str | None]:
    """What to do with a suite, empty for its runs, and the suite. Raises InputError else."""
    task = words[0] if words[:1] in ([TUNE], [ATTACK]) else ""
    suites = words[1:] if task else words
    if len(suites) > 1 or (task and not suites):
        raise InputError(
            f"greenband bench {' '.join(words)}",
            f"{len(suites)} suites",
            "one suite, behind the word tune or attack to do that with its controllers",
            "Try `greenband bench tune quick`.",
        )
    return task, suites[0] if suites else None


def _stem(suite: str | None) -> str:
    return Path(suite).stem if suite else "replay"


def _run(suite: Suite, place: Place, tuned: Path | None) -> Answer:
    from greenband.benchmarks.bench import kept_rows, refuse_unreadable, run_all
    from greenband.benchmarks.bench_report import write_report
    from greenband.benchmarks.suite import runs_of
    from greenband.benchmarks.tuned import read_tuned, with_tuned

    specs = runs_of(suite)
    if tuned is not None:
        specs = with_tuned(specs, read_tuned(tuned))
    kept = kept_rows(specs, place)
    refuse_unreadable(specs, kept)
    print_terms(suite)
    warn_of_rules(suite)
    log(
        f"{suite.title}, {rules_text(suite)}: {len(specs)} runs, {len(kept)} of them there, "
        f"{len(specs) - len(kept)} to make with {place.workers} processes. Rows go to {place.runs}."
    )
    rows = run_all(specs, place, progress())
    command = shlex.join(["greenband", *sys.argv[1:]])
    files = write_report(place.folder, suite.title, rows, [command])
    failed = [row for row in rows if row["status"] != "done"]
    data = {
        "suite": suite.name,
        "folder": str(place.folder),
        "runs": len(rows),
        "made": len(specs) - len(kept),
        "failed": [{"row": row["key"], "reason": row["reason"]} for row in failed],
        **{name: str(path) for name, path in asdict(files).items()},
    }
    return Answer(data, _show(rows, files), NO if failed else DONE)


def _show(rows: list[Row], files: Files) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from .bench_table import delay_tables

        for table in delay_tables(rows, console.width):
            console.print(table)
        for line in failure_lines(rows):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        for path in (files.report, files.markdown, files.parquet):
            console.print(f"wrote {path}", markup=False, highlight=False)

    return show


def failure_lines(rows: Sequence[Row]) -> list[str]:
    """A line for each reason why runs failed, the most frequent first; none where all ended."""
    failed = [row for row in rows if row["status"] != "done"]
    reasons = Counter(" ".join(row["reason"].split()) for row in failed).most_common()
    lines = [f"{n} of {len(rows)} runs failed: {reason}" for reason, n in reasons[:MOST_REASONS]]
    left = sum(n for _, n in reasons[MOST_REASONS:])
    return [*lines, f"{left} more failed for other reasons, see the report"] if left else lines


def _replay(name: str, suite: str | None, out: Path | None, place: Place) -> Answer:
    """Exit code 1 where a figure differs."""
    from greenband.benchmarks.bench import replay
    from greenband.benchmarks.rows import (
        code_of,
        find_row,
        read_row,
        refuse_missing_files,
        spec_of,
    )

    if suite is not None:
        raise InputError(
            "greenband bench --replay",
            f"together with the suite {suite}",
            "a row's file alone",
            "Leave out one of the two.",
        )
    row = read_row(find_row(name, out))
    refuse_missing_files(spec_of(row))
    same_code = row["code"] == asdict(code_of(spec_of(row)))
    if not same_code:
        log("The row was made by other code than this; figures may differ for that reason.")
    different = replay(row, place)
    data = {
        "row": row["key"],
        "identical": not different,
        "same_code": same_code,
        "differences": {name: list(pair) for name, pair in different.items()},
    }

    def show(console: Any) -> None:
        for name, (before, after) in different.items():
            console.print(f"{name}: {before} in the row, {after} now", markup=False)
        console.print("All figures are identical." if not different else "Figures differ.")

    return Answer(data, show, NO if different else 0)
