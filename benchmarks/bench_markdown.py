"""The tables of a suite as Markdown, for a paper or a README."""

from __future__ import annotations

from collections.abc import Sequence

from .bench_disturbances import COST_TEXT, cost_tables
from .bench_tables import (
    Block,
    Cell,
    Cells,
    blocks,
    cases_of,
    comparisons,
    failures,
    interval_text,
    label_of,
    price_of_legality,
    rank_table,
)
from .peers.texts import peer_texts
from .published import published_figures
from .rows import Row
from .statistics import LEAST_SEEDS, LEVEL

MEASURES = (
    ("delay_s", "delay, s", 1),
    ("delay_resco_s", "delay by RESCO's formula, s", 1),
    ("stops", "stops", 2),
    ("max_wait_s", "longest wait, s", 0),
    ("wait_95_s", "wait, 95th percentile, s", 0),
    ("worst_approach_wait_s", "standing on the worst approach, s", 1),
    ("delay_gini", "Gini of delay over movements", 2),
    ("main_street_delay_s", "delay on main streets, s", 1),
    ("side_street_delay_s", "delay on side streets, s", 1),
    ("bus_delay_s", "delay of buses, s", 1),
    ("pedestrian_delay_s", "delay of people on foot, s", 1),
    ("co2_kg", "CO2, kg", 0),
)
"""Of the full table: measure, heading, digits."""
TIMES = ("decision_ms", "decision_99_ms")
TIME_HEADINGS = ("one decision of one site", "median, ms", "99th percentile, ms")
TIMES_TEXT = (
    "Estimating, deciding and checking, for one site, over the seconds in which controllers were "
    "asked; the median over the seeds. It depends on the machine and on what else it does, and "
    "is no part of a replay's comparison."
)


def markdown(title: str, rows: Sequence[Row]) -> str:
    """All tables of a suite. The same rows give the same text, whoever ran them."""
    found = blocks(rows)
    parts = [f"# {title}", header(rows)]
    for block, cells in found.items():
        parts += [f"## {str(block)[0].upper()}{str(block)[1:]}", delay_table(cells)]
        parts += _differences(cells)
        parts += _ranks(cells)
        headings, lines = measure_lines(cells)
        parts += ["### All measures, medians", _table(["", *headings], lines)]
    parts += _prices(found)
    for table in cost_tables(found):
        parts += [f"## {table.title}", _table(table.headings, table.lines), COST_TEXT]
    if peers := peer_texts(rows):
        parts += ["## Other people's controllers", "\n".join(f"- {text}" for text in peers)]
    for published in published_figures(rows, measure_text):
        parts += [f"## {published.title}", published.text, _table(*published.theirs)]
        parts += ["### These runs", published.why_not_comparable, _table(*published.ours)]
    parts += _failures(rows)
    return "\n\n".join(parts) + "\n"


def header(rows: Sequence[Row]) -> str:
    """What the figures are of."""
    done = [row["result"] for row in rows if row["status"] == "done"]
    versions = ", ".join(sorted({str(r["sumo_version"]) for r in done})) or "not run"
    seeds = sorted({row["spec"]["seed"] for row in rows})
    return (
        f"SUMO {versions}; seeds {', '.join(map(str, seeds))}. Delay is strict: every scheduled "
        "vehicle counts, an unfinished one with what it lost until the end. Medians over the "
        f"seeds with {LEVEL:.0%} bootstrap intervals; **gridlocked** seeds are in them and are "
        "counted beside them." + few_seeds_text(len(seeds))
    )


def few_seeds_text(seeds: int) -> str:
    """What so few seeds can't show, behind a space; nothing for enough of them."""
    if seeds >= LEAST_SEEDS:
        return ""
    least_p = min(2.0 ** (1 - seeds), 1.0)
    what = "There is 1 seed: no figure has an interval"
    if seeds > 1:
        what = f"There are {seeds} seeds: an interval is no more than their range"
    return (
        f" **{what}, and no difference can be significant** (p is {least_p:.2g} at least; below "
        f"{1.0 - LEVEL:.2g} takes {LEAST_SEEDS} seeds or more)."
    )


def _row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |"


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join(_row(line) for line in (headings, rule, *lines))


def cell_text(cell: Cell | None) -> str:
    """A cell's delay, with what went wrong."""
    if cell is None:
        return ""
    return ", ".join([interval_text(cell.interval()), *(f"**{n}**" for n in cell_notes(cell))])


def measure_text(cell: Cell, measure: str) -> str:
    """A cell's median of a measure with its interval, and what went wrong."""
    return ", ".join([interval_text(cell.interval(measure)), *cell_notes(cell)])


def cell_notes(cell: Cell) -> list[str]:
    """How many of its runs gridlocked, and how many failed."""
    notes = []
    if cell.gridlocked:
        notes.append(f"{cell.gridlocked} of {len(cell.done)} gridlocked")
    if any(row["result"]["gridlock"] is None for row in cell.done):
        notes.append("gridlock not watched")
    if cell.failed:
        notes.append(f"{len(cell.failed)} of {len(cell.rows)} failed")
    return notes


def delay_table(cells: Cells) -> str:
    """Scenarios by cases."""
    cases = cases_of(cells)
    lines = [[label_of(s), *(cell_text(own.get(c)) for c in cases)] for s, own in cells.items()]
    return _table(["delay, s", *cases], lines)


def measure_lines(cells: Cells) -> tuple[list[str], list[list[str]]]:
    """Headings, and a line for each scenario and case; measures that no run has are left out.

    How many seeds gridlocked is the first column: it is in no median.
    """
    medians = {
        (s, c): [_median(cell, name, digits) for name, _, digits in MEASURES]
        for s, own in cells.items()
        for c, cell in own.items()
    }
    shown = [k for k in range(len(MEASURES)) if any(texts[k] for texts in medians.values())]
    lines = [
        [f"{label_of(s)}, {c}", gridlock_text(cells[s][c]), *(texts[k] or "–" for k in shown)]
        for (s, c), texts in medians.items()
    ]
    return ["gridlocked", *(MEASURES[k][1] for k in shown)], lines


def gridlock_text(cell: Cell) -> str:
    """On how many of its seeds some lane gridlocked; a dash where nobody watched."""
    watched = [row for row in cell.done if row["result"]["gridlock"] is not None]
    return f"{cell.gridlocked} of {len(watched)}" if watched else "–"


def times_markdown(title: str, rows: Sequence[Row]) -> str:
    """How long decisions took, apart from all else: these figures differ each time."""
    parts = [f"# {title}: how long a decision takes", TIMES_TEXT]
    for block, cells in blocks(rows).items():
        lines = time_lines(cells)
        if lines:
            name = str(block)
            parts += [f"## {name[0].upper()}{name[1:]}", _table(TIME_HEADINGS, lines)]
    return "\n\n".join(parts) + "\n"


def time_lines(cells: Cells) -> list[list[str]]:
    """A line for each scenario and case in which somebody decides."""
    return [
        [f"{label_of(s)}, {c}", *(_median(cell, name, 3) or "–" for name in TIMES)]
        for s, own in cells.items()
        for c, cell in own.items()
        if any(row["result"].get(TIMES[0]) is not None for row in cell.done)
    ]


def _median(cell: Cell, measure: str, digits: int) -> str:
    interval = cell.interval(measure)
    return "" if interval is None else f"{interval.median:.{digits}f}"


def _differences(cells: Cells) -> list[str]:
    cases = cases_of(cells)
    table = comparisons(cells, cases[0])
    if not table:
        return []
    lines = []
    for scenario, own in table.items():
        texts = []
        for case in cases[1:]:
            found = own.get(case)
            text = "" if found is None else interval_text(found.paired.difference)
            texts.append(text if found is None else f"{text}, p = {found.adjusted_p:.2g}")
        lines.append([label_of(scenario), *texts])
    return [
        f"### Difference to {cases[0]} on the same seeds",
        _table(["delay, s", *cases[1:]], lines),
        "p: sign-flip test of the signed ranks, adjusted for all of its line (Holm).",
    ]


def _ranks(cells: Cells) -> list[str]:
    lines, text = rank_lines(cells)
    if not lines:
        return []
    return ["### Ranks over scenarios", _table(["", "mean rank"], lines), text]


def rank_lines(cells: Cells) -> tuple[list[tuple[str, str]], str]:
    """Cases with their mean ranks, the best first, and what they mean; nothing for too few."""
    found = rank_table(cells)
    if found is None:
        return [], ""
    order = sorted(found.mean_rank.items(), key=lambda item: item[1])
    return [(case, f"{rank:.2f}") for case, rank in order], (
        f"Friedman's test over {len(found.scenarios)} scenarios: p = {found.p_value:.2g}. Two "
        f"differ where their ranks are more than {found.critical_difference:.2f} apart (Nemenyi)."
    )


def _prices(found: dict[Block, Cells]) -> list[str]:
    parts: list[str] = []
    for name, prices in price_of_legality(found).items():
        lines = [
            [
                f"{label_of(p.scenario)}, {p.case}",
                interval_text(p.resco),
                interval_text(p.street),
                interval_text(p.paired.difference),
            ]
            for p in prices
        ]
        parts.append(f"## Price of legality, {name} demand")
        parts.append(_table(["delay, s", "resco rules", "street rules", "difference"], lines))
    return parts


def _failures(rows: Sequence[Row]) -> list[str]:
    failed = failures(rows)
    if not failed:
        return []
    return ["## Failed runs", "\n".join(f"- `{key}`: {reason}" for key, reason in failed)]
