"""``greenband plan``: from counts to a timing plan, beside what is there now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Answer, AsJson, log

if TYPE_CHECKING:
    from greenband.benchmarks.planning import Planned


def plan(
    counts: Annotated[
        str,
        typer.Argument(
            help="Turning counts (CSV: start, NBL, NBT, ...), detector intervals or an event log "
            "(CSV or Parquet), or a UTDF file."
        ),
    ],
    site: Annotated[
        str, typer.Option(help="site.toml, NET.net.xml#SIGNAL or UTDF.csv#NODE.", metavar="SITE")
    ],
    timing: Annotated[
        str | None,
        typer.Option(
            help="An existing timing, evaluated and set beside ours: JSON or TOML, UTDF.csv#NODE, "
            "NET.net.xml#SIGNAL, or `program` (what the site's net runs).",
            metavar="PLAN",
        ),
    ] = None,
    interval: Annotated[
        float | None, typer.Option(help="Minutes of one row, where the counts have only one.")
    ] = None,
    intersection: Annotated[
        str | None, typer.Option(help="Which one, where the counts have several.")
    ] = None,
    phf: Annotated[
        float | None,
        typer.Option(help="Peak-hour factor, instead of the counts' own; 1 for the hour's mean."),
    ] = None,
    cycle_min: Annotated[int, typer.Option(help="Shortest cycle, seconds.")] = 30,
    cycle_max: Annotated[int, typer.Option(help="Longest cycle, seconds.")] = 180,
    objective: Annotated[
        str,
        typer.Option(help="delay: least control delay; webster: Webster's cycle, equal loads."),
    ] = "delay",
    sequence: Annotated[
        str, typer.Option(help="keep: lefts lead or lag as they do; free: whichever is better.")
    ] = "keep",
    league: Annotated[
        str, typer.Option(help="street: rules of the street; resco: those of the RESCO benchmark.")
    ] = "street",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the plan in all forms.", file_okay=False)
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write the timing sheet, one page.")] = None,
    tllogic: Annotated[
        Path | None,
        typer.Option(
            help="Write the plan as a SUMO additional file; only with --site NET.net.xml#SIGNAL "
            "(a site.toml doesn't know the net's links), else nothing is written."
        ),
    ] = None,
    utdf: Annotated[Path | None, typer.Option(help="Write the plan as UTDF (Synchro).")] = None,
    as_json: AsJson = False,
) -> Answer:
    """Make a timing plan from counts, or evaluate an existing timing and set ours beside it."""
    from greenband.benchmarks.planning import make_planned, write_files

    planned = make_planned(
        counts,
        site,
        timing=timing,
        interval_min=interval,
        intersection=intersection,
        phf=phf,
        cycle_range_s=(cycle_min, cycle_max),
        objective=objective,
        sequence=sequence,
        league=league,
    )
    for assumed in planned.assumptions:
        log(f"Warning: {assumed}")
    written = write_files(planned, out=out, sheet=sheet, tllogic=tllogic, utdf=utdf)
    for path in written:
        log(f"wrote {path}")
    _tell_of_number(planned, written)
    data = planned.as_dict() | {"files": [str(path) for path in written]}
    return Answer(data, _show(planned))


def _tell_of_number(planned: Planned, written: list[Path]) -> None:
    """UTDF numbers its nodes; whoever opens the file looks for the id."""
    from greenband.engine.utdf_write import node_number

    site = planned.ours.site
    number = node_number(site)
    if planned.where.utdf is not None or number == site.id:
        return
    for path in (p for p in written if p.suffix.lower() == ".csv"):
        log(
            f"Warning: UTDF numbers its nodes, and {site.id!r} is no whole number: in {path.name} "
            f"it is node {number}, with the id as its name. To read it: {path}#{number}"
        )


def _show(planned: Planned) -> Callable[[Any], None]:
    from .plan_table import show_plan

    return lambda console: show_plan(console, planned)
