"""The report of a suite: one page of HTML that needs nothing else, with every row in it."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from greenband.engine.errors import GreenbandError
from greenband.networks.net_xml import Net, load_net
from greenband.networks.scenario import load_scenario

from .bench_charts import (
    colour_of,
    intervals_svg,
    map_png,
    over_time_svg,
    scale_png,
    worst_movements,
)
from .bench_disturbances import COST_TEXT, cost_tables
from .bench_markdown import (
    TIME_HEADINGS,
    TIMES_TEXT,
    cell_notes,
    header,
    markdown,
    measure_lines,
    measure_text,
    rank_lines,
    time_lines,
    times_markdown,
)
from .bench_rows import PLACES, every_run, made_of, places
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
)
from .charts import delay_bars_svg
from .pages import template
from .peers.texts import peer_texts
from .published import published_figures
from .rows import Row, write_parquet, write_whole
from .statistics import Interval

PACKAGES = ("greenband", "eclipse-sumo", "libsumo", "numpy", "numba", "scipy")


@dataclass(frozen=True)
class Files:
    """What a suite leaves behind beside its rows."""

    parquet: Path
    markdown: Path
    times: Path
    report: Path


def write_report(folder: Path, title: str, rows: Sequence[Row], commands: Sequence[str]) -> Files:
    """All rows as Parquet, the tables as Markdown, and the page, in `folder`."""
    names = ("results.parquet", "tables.md", "times.md", "report.html")
    files = Files(*(folder / name for name in names))
    write_parquet(files.parquet, rows)
    write_whole(files.markdown, markdown(title, rows))
    write_whole(files.times, times_markdown(title, rows))
    write_whole(files.report, page(title, rows, commands))
    return files


def page(title: str, rows: Sequence[Row], commands: Sequence[str]) -> str:
    """The page's HTML. The same rows give the same page, versions apart."""
    found = blocks(rows)
    return template("bench.html").render(
        title=title,
        lead=_lead(rows),
        method=header(rows).replace("**", ""),
        blocks=[_block(block, cells, places(found)) for block, cells in found.items()],
        prices=_prices(found),
        costs=cost_tables(found),
        cost_text=COST_TEXT,
        peers=peer_texts(rows),
        published=published_figures(rows, measure_text),
        failures=failures(rows),
        commands=commands,
        versions=[_versions(), *made_of(rows)],
        scale=scale_png(),
        runs=every_run(found),
        n_runs=len(rows),
        times={"headings": TIME_HEADINGS, "text": TIMES_TEXT},
    )


def _lead(rows: Sequence[Row]) -> str:
    done = sum(row["status"] == "done" for row in rows)
    gridlocked = sum(bool(r["result"]["gridlock"]) for r in rows if r["status"] == "done")
    failed = len(rows) - done
    return (
        f"{len(rows)} runs: {done} done, of which {gridlocked} gridlocked, and {failed} failed. "
        "Every figure follows from the rows at the end of this page; each delay in a table is a "
        "link to its own."
    )


def _block(block: Block, cells: Cells, where: PLACES) -> dict[str, Any]:
    cases = cases_of(cells)
    name = str(block)
    headings, lines = measure_lines(cells)
    return {
        "name": name[0].upper() + name[1:],
        "cases": cases,
        "delays": [
            (label_of(s), [_delay(own.get(c)) | {"place": where.get((block, s, c))} for c in cases])
            for s, own in cells.items()
        ],
        "differences": _differences(cells, cases),
        "ranks": _ranks(cells),
        "measures": {"headings": headings, "lines": [(line[0], line[1:]) for line in lines]},
        "times": time_lines(cells),
        "scenarios": [_scenario(s, own, colour_of(cases)) for s, own in cells.items()],
    }


def _delay(cell: Cell | None) -> dict[str, Any]:
    if cell is None:
        return {"median": "", "interval": "", "notes": []}
    middle, interval = _two_lines(cell.interval())
    return {"median": middle, "interval": interval, "notes": cell_notes(cell)}


def _two_lines(interval: Interval | None) -> tuple[str, str]:
    """A median, and its interval for the line below: so more columns fit a screen."""
    middle, _, rest = interval_text(interval).partition(" ")
    return middle, rest


def _differences(
    cells: Cells, cases: Sequence[str]
) -> list[tuple[str, list[tuple[tuple[str, str], str]]]]:
    table = []
    for scenario, own in comparisons(cells, cases[0]).items():
        texts = []
        for case in cases[1:]:
            found = own.get(case)
            difference = _two_lines(found.paired.difference) if found else ("", "")
            texts.append((difference, f"p = {found.adjusted_p:.2g}" if found else ""))
        table.append((label_of(scenario), texts))
    return table


def _ranks(cells: Cells) -> dict[str, Any] | None:
    lines, text = rank_lines(cells)
    return {"order": lines, "text": text} if lines else None


def _scenario(name: str, cells: Mapping[str, Cell], colours: Mapping[str, str]) -> dict[str, Any]:
    cells = {case: cell for case, cell in cells.items() if cell.done}
    own = {case: colours[case] for case in cells}
    movements = worst_movements(cells)
    net = _net(name)
    bars = {c: {m: d[c] for m, d in movements if c in d} for c in cells}
    return {
        "name": label_of(name),
        "intervals": intervals_svg(cells, own),
        "over_time": over_time_svg(cells, own),
        "movements": delay_bars_svg(bars, [m for m, _ in movements], list(own.values()))
        if movements
        else "",
        "maps": [(c, map_png(net, cell)) for c, cell in cells.items()] if net else [],
    }


def _net(scenario: str) -> Net | None:
    """The streets to draw; None where the scenario is not on this machine."""
    try:
        loaded = load_scenario(scenario)
        return load_net(loaded.net, loaded.additional)
    except GreenbandError:
        return None


def _prices(found: Mapping[Block, Cells]) -> list[tuple[str, list[list[str]]]]:
    return [
        (
            name,
            [
                [
                    f"{label_of(p.scenario)}, {p.case}",
                    interval_text(p.resco),
                    interval_text(p.street),
                    interval_text(p.paired.difference),
                ]
                for p in prices
            ],
        )
        for name, prices in price_of_legality(found).items()
    ]


def _versions() -> str:
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"{packages}; Python {platform.python_version()} on {platform.system()}."
