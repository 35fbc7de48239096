"""``greenband explain``: why a signal held or changed in one second of a recorded run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenband.engine.errors import InputError

from .output import Answer, AsJson, log
from .run_progress import run_progress

if TYPE_CHECKING:
    from greenband.benchmarks.explain import Moment
    from greenband.benchmarks.questions import Question
    from greenband.benchmarks.record import Record


def explain(
    record: Annotated[
        Path, typer.Argument(help="What `simulate --record FILE` wrote.", metavar="RECORD")
    ],
    at: Annotated[
        str | None,
        typer.Option(
            help="The second, in the record's own time: seconds or HH:MM:SS. Without it: a list "
            "of the seconds that somebody might question.",
            metavar="TIME",
        ),
    ] = None,
    site: Annotated[
        str | None, typer.Option(help="The signal; not needed where there is only one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Draw it: the path of a PNG.", metavar="FILE.png")
    ] = None,
    as_json: AsJson = False,
) -> Answer:
    """Say why a signal held or changed in a second of a recorded run.

    What each step would have cost, which limits were in the way, and what was believed of each
    lane. Exit code 2 where the run comes out differently from its record.
    """
    from greenband.benchmarks.record import read_record

    found = read_record(record)
    if site is not None and site not in found.sites:
        raise InputError(
            f"{record}, --site", site, ", ".join(found.sites), "Give one of these with --site."
        )
    if at is None:
        return _listed(found, site, out)
    return _explained(found, _site(found, site), _seconds(at), out)


def _site(record: Record, site: str | None) -> str:
    if site is None and len(record.sites) != 1:
        raise InputError(
            f"{record.path}, --site",
            f"none given, and the run has {len(record.sites)} signals",
            ", ".join(record.sites),
            "Give one of these with --site.",
        )
    return record.sites[0] if site is None else site


def _seconds(text: str) -> float:
    from greenband.networks.sumocfg import seconds

    try:
        return seconds(text)
    except ValueError:
        raise InputError(
            "greenband explain --at",
            repr(text),
            "seconds, or HH:MM:SS, or DD:HH:MM:SS",
            "Correct the time.",
        ) from None


def _listed(record: Record, site: str | None, out: Path | None) -> Answer:
    from greenband.benchmarks.questions import questions

    if out is not None:
        raise InputError(
            "greenband explain --out",
            "a picture, and no second to draw",
            "--out together with --at",
            "Give the second with --at.",
        )
    found = questions(record, site)
    data = {
        "sites": list(record.sites),
        "questions": [
            {"site": q.site, "time_s": q.time_s, "kind": q.kind, "words": q.words} for q in found
        ],
    }
    return Answer(data, _show_list(record, found))


def _explained(record: Record, site: str, at_s: float, out: Path | None) -> Answer:
    from greenband.benchmarks.explain import explain as replay
    from greenband.benchmarks.explain_chart import write_png
    from greenband.benchmarks.explain_words import in_words

    if out is not None and not out.parent.is_dir():
        raise InputError(
            f"greenband explain --out {out}",
            f"no folder {out.parent}",
            "a file in a folder that is there",
            "Make the folder, or give another.",
        )
    with run_progress(record.about.scenario.begin_s, at_s) as begun:
        moment = replay(record, site, at_s, begun)
    if out is not None:
        write_png(moment, out)
        log(f"wrote {out}")
    words = in_words(moment)
    return Answer({"words": words, **moment.as_dict()}, _show(moment, words))


def _show_list(record: Record, found: Sequence[Question]) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for heading in ("second", "signal", "what", "in its own words"):
            table.add_column(heading, justify="right" if heading == "second" else "left")
        for q in found:
            table.add_row(f"{q.time_s:g}", q.site, q.kind, q.words)
        if found:
            console.print(table)
            console.print("Ask with --site SIGNAL --at SECOND.", markup=False)
        else:
            console.print("Nothing odd in this record; ask for any second with --at.")

    return show


def _show(moment: Moment, words: str) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        console.print(f"{moment.site}, second {moment.time_s:g}", style="b", markup=False)
        console.print(words, markup=False, highlight=False)
        if moment.candidates and not moment.changing:
            console.print(_steps(moment))
        console.print(_lanes(moment))

    return show


def _steps(moment: Moment) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from greenband.benchmarks.explain_words import candidates_shown

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("first step", "veh s", "", "why it could not be"):
        table.add_column(heading, justify="right" if heading == "veh s" else "left")
    for step in candidates_shown(moment):
        cost = "-" if step.cost_veh_s is None else f"{step.cost_veh_s:.0f}"
        table.add_row(step.words, cost, "asked for" if step.taken else "", step.why_not)
    return table


def _lanes(moment: Moment) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from greenband.benchmarks.explain_words import COLOUR_WORDS

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("lane", "serves", "lamp"):
        table.add_column(heading)
    for heading in ("queue", "+/-", "moving", "in 10 s", "waits s", "trust"):
        table.add_column(heading, justify="right")
    for lane in moment.lanes:
        table.add_row(
            lane.lane,
            " ".join(lane.movements),
            COLOUR_WORDS[lane.colour],
            f"{lane.queue_veh:.1f}",
            f"{lane.queue_sd_veh:.1f}",
            f"{lane.moving_veh:.1f}",
            f"{lane.arrivals_veh:.1f}",
            f"{lane.waits_s:.0f}",
            f"{100 * lane.trust_ratio:.0f}%",
        )
    return table
