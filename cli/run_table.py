"""A run's measures as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from greenband.benchmarks.measures import Measures
from greenband.benchmarks.run import RunResult
from greenband.benchmarks.seeds import medians

ROWS: tuple[tuple[str, str, str, int], ...] = (
    ("delay per vehicle", "delay_s", "s", 1),
    ("delay by RESCO's formula", "delay_resco_s", "s", 1),
    ("trip of those that arrived", "trip_s", "s", 1),
    ("standing per vehicle", "wait_s", "s", 1),
    ("stops per vehicle", "stops", "", 2),
    ("longest wait", "max_wait_s", "s", 0),
    ("delay on main streets", "main_street_delay_s", "s", 1),
    ("delay on side streets", "side_street_delay_s", "s", 1),
    ("vehicles scheduled", "vehicles", "", 0),
    ("arrived", "arrived", "", 0),
    ("under way at the end", "unfinished", "", 0),
    ("could not enter", "never_inserted", "", 0),
    ("buses", "buses", "", 0),
    ("delay per bus", "bus_delay_s", "s", 1),
    ("emergency vehicles", "emergencies", "", 0),
    ("delay per emergency vehicle", "emergency_delay_s", "s", 1),
    ("delay per other vehicle", "others_delay_s", "s", 1),
    ("people on foot", "pedestrians", "", 0),
    ("delay per person on foot", "pedestrian_delay_s", "s", 1),
    ("carbon dioxide", "co2_kg", "kg", 1),
    ("collisions", "collisions", "", 0),
    ("teleports", "teleports", "", 0),
)
"""Label, measure, unit, decimals."""
HIDDEN_AT_ZERO = frozenset({"buses", "emergencies", "pedestrians", "teleports"})
SEED_COLUMNS = (
    ("delay,\ns", "delay_s", 1),
    ("trip,\ns", "trip_s", 1),
    ("stops", "stops", 2),
    ("longest\nwait, s", "max_wait_s", 0),
    ("under\nway", "unfinished", 0),
    ("not\nentered", "never_inserted", 0),
    ("colli-\nsions", "collisions", 0),
)
"""Headings on two lines, for a terminal of 80 columns."""
RESCO_NEGATIVE = (
    "RESCO's formula counts vehicles that are scheduled after the end: it means nothing for a "
    "window that ends before its routes do."
)
MOST_WARNINGS = 12
MOST_EXAMPLES = 5
AUDIT = {
    "violations": ("violations of a limit", "red"),
    "remarks": (
        "remarks, none of which need be wrong (a limit that binds only while somebody waits, or a "
        "network's own program)",
        "yellow",
    ),
}
"""What the independent checker counts, in words, with a colour."""


def run_report(result: RunResult) -> Group:
    """One run: what it was of, its measures with units, delay by movement, warnings."""
    parts: list[RenderableType] = [Text(headline(result), style="bold"), measures_table(result)]
    if result.measures.delay_by_movement:
        parts.append(movements_table(result.measures))
    return Group(*parts, *_remarks([result]))


def headline(result: RunResult, seeds: str = "") -> str:
    """All that a figure of this run has to be quoted with."""
    return (
        f"{result.scenario} ({result.scenario_digest}), controller {result.controller}, "
        f"{f'priority {result.priority}, ' if result.priority else ''}"
        f"information {result.info}, league {result.league}, {result.demand} demand, "
        f"{seeds or f'seed {result.seed}'}, SUMO {result.sumo_version}"
    )


def measures_table(result: RunResult) -> Table:
    """The measures of one run."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column("measure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for label, name, unit, digits in ROWS:
        value = getattr(result.measures, name)
        if value is not None and (value or name not in HIDDEN_AT_ZERO):
            table.add_row(label, f"{value:.{digits}f}", unit)
    if (result.measures.delay_resco_s or 0.0) < 0.0:
        table.caption = RESCO_NEGATIVE
    table.add_row("gridlock", "yes" if result.measures.gridlock else "no", "")
    table.add_row("run took", f"{result.wall_s:.1f}", "s")
    return table


def movements_table(measured: Measures) -> Table:
    """Delay by signal and movement."""
    table = Table(title="delay by movement, s per vehicle (vehicles)", title_justify="left")
    sites = measured.delay_by_movement
    if len(sites) == 1:
        table.add_column("movement")
        table.add_column("vehicles", justify="right")
        table.add_column("delay, s", justify="right")
        for movement, row in _of_one(sites).items():
            table.add_row(movement, f"{row['vehicles']:.0f}", f"{row['delay_s']:.1f}")
        return table
    table.add_column("signal", overflow="fold", max_width=28)
    table.add_column("all", justify="right")
    table.add_column("worst movements")
    for site, movements in sites.items():
        vehicles = sum(row["vehicles"] for row in movements.values())
        total_s = sum(row["vehicles"] * row["delay_s"] for row in movements.values())
        worst = sorted(movements.items(), key=lambda item: -item[1]["delay_s"])[:3]
        table.add_row(
            site,
            f"{total_s / vehicles:.1f} ({vehicles:.0f})",
            ", ".join(f"{m} {row['delay_s']:.1f} ({row['vehicles']:.0f})" for m, row in worst),
        )
    return table


def _of_one(
    sites: Mapping[str, dict[str, dict[str, float]]],
) -> dict[str, dict[str, float]]:
    return next(iter(sites.values()))


def seeds_report(results: Sequence[RunResult]) -> Group:
    """Several seeds: a line each and the medians."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("seed", no_wrap=True)
    for label, _, _ in SEED_COLUMNS:
        table.add_column(label, justify="right", no_wrap=True)
    table.add_column("grid-\nlock", no_wrap=True)
    for result in results:
        cells = [_number(getattr(result.measures, n), d) for _, n, d in SEED_COLUMNS]
        table.add_row(str(result.seed), *cells, "yes" if result.measures.gridlock else "no")
    middle = medians(results)
    locked = sum(result.measures.gridlock for result in results)
    table.add_section()
    table.add_row(
        "median",
        *[_number(middle[n], d) for _, n, d in SEED_COLUMNS],
        f"{locked} of {len(results)}",
        style="bold",
    )
    title = Text(headline(results[0], f"{len(results)} seeds"), style="bold")
    return Group(title, table, *_remarks(results))


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _remarks(results: Sequence[RunResult]) -> Iterator[Text]:
    """Warnings, then what the Gate refused; each once."""
    warnings = list(dict.fromkeys(w for result in results for w in result.warnings))
    for warning in warnings[:MOST_WARNINGS]:
        yield Text(f"Warning: {warning}", style="yellow")
    if len(warnings) > MOST_WARNINGS:
        yield Text(f"... and {len(warnings) - MOST_WARNINGS} warnings more (see --json)")
    locked = list(dict.fromkeys(lane for result in results for lane in result.gridlocked))
    if locked:
        yield Text(f"Gridlock on {', '.join(locked[:8])}", style="red")
    yield from _audited(results)
    preempts = sum(result.preempts for result in results)
    if preempts:
        shown_s = sum(result.preempted_s for result in results)
        yield Text(f"Preempts were served {preempts} times, for {shown_s:.0f} signal-seconds.")
    for who in dict.fromkeys(name for result in results for name in result.fallback_s):
        fallen_s = sum(result.fallback_s.get(who, 0) for result in results)
        if fallen_s:
            why = "no loop counted anybody, or too few were believed"
            yield Text(f"In {fallen_s} signal-seconds {why}: {who} decided.")
    guarded_s = sum(result.guarded_s or 0 for result in results)
    if guarded_s:
        yield Text(
            f"In {guarded_s} signal-seconds what was seen is unlike what the policy was trained "
            "on: rolling-horizon decided."
        )
    refused = sum(result.refusals for result in results)
    if refused:
        yield Text(f"The Gate did not follow {refused} requests (reasons: see --json).")


def _audited(results: Sequence[RunResult]) -> Iterator[Text]:
    """What the independent checker of the colours found, with examples."""
    found = {name: sum(_count(r.audit[name]) for r in results) for name in AUDIT}
    for name, (words, style) in AUDIT.items():
        if found[name]:
            yield Text(f"The checker of the colours found {found[name]} {words}", style=style)
    examples = [str(e) for r in results for e in cast(Sequence[object], r.audit["examples"])]
    for example in list(dict.fromkeys(examples))[:MOST_EXAMPLES]:
        yield Text(f"  {example}")


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
