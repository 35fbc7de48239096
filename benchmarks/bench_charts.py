"""Charts of a suite's report: intervals, curves over time, movements, and maps."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from greenband.networks.net_xml import Net

from .bench_tables import Cell
from .charts import COLOURS, STYLE, WIDTH_IN, lines_svg, svg_text
from .rows import Row

MORE_COLOURS = ("#a83254", "#3c8a93", "#8a7a2f", "#555b63")
MOST_MOVEMENTS = 10
LONGEST_NAME = 20
MAP_IN = 3.0
MAP_DPI = 130
LONGEST_WAIT_S = 60.0
"""Standing per vehicle from which a street on a map has the darkest colour."""
MAP_COLOURS = "YlOrRd"


def colour_of(cases: Sequence[str]) -> dict[str, str]:
    """The same colour for a case in every chart."""
    colours = COLOURS + MORE_COLOURS
    return {case: colours[k % len(colours)] for k, case in enumerate(cases)}


def intervals_svg(cells: Mapping[str, Cell], colours: Mapping[str, str]) -> str:
    """Medians of delay with their intervals, every seed as a dot; hollow ones gridlocked."""
    shown = [(case, cell) for case, cell in cells.items() if cell.interval() is not None]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, 0.8 + 0.38 * max(len(shown), 1)), layout="constrained")
        axes = figure.subplots()
        for k, (case, cell) in enumerate(shown):
            _interval(axes, k, cell, colours[case])
        axes.set_yticks(range(len(shown)), [case for case, _ in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        _wide_axis(axes, [d for _, cell in shown for d in cell.by_seed().values()])
        axes.set_xlabel("delay, s per vehicle")
        axes.grid(axis="x")
        return svg_text(figure)


def _wide_axis(axes: Axes, delays_s: Sequence[float]) -> None:
    """Logarithmic where the slowest is many times the fastest, else from zero."""
    if delays_s and max(delays_s) > 8.0 * max(min(delays_s), 1.0):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    else:
        axes.set_xlim(0.0, 1.05 * max(delays_s, default=1.0))


def _interval(axes: Axes, k: int, cell: Cell, colour: str) -> None:
    interval = cell.interval()
    assert interval is not None
    for row in cell.done:
        hollow = bool(row["result"]["gridlock"])
        face = "white" if hollow else colour
        axes.plot(row["result"]["delay_s"], k, "o", ms=4, mfc=face, mec=colour, alpha=0.55)
    axes.plot([interval.low, interval.high], [k, k], color=colour, linewidth=3.0)
    axes.plot(interval.median, k, "|", color=colour, ms=15, mew=3.0)


def over_time_svg(cells: Mapping[str, Cell], colours: Mapping[str, str]) -> str:
    """Median delay over the seeds by the time of departure."""
    series = {}
    for case, cell in cells.items():
        bins: dict[float, list[float]] = {}
        for row in cell.done:
            for start, entry in row["result"]["delay_by_departure"].items():
                bins.setdefault(float(start), []).append(entry["delay_s"])
        times_s = sorted(bins)
        if times_s:
            series[case] = (times_s, [median(bins[t]) for t in times_s])
    return lines_svg(
        series, "median delay, s per vehicle", "scheduled departure", list(colours.values())
    )


def worst_movements(cells: Mapping[str, Cell]) -> list[tuple[str, dict[str, float]]]:
    """The movements at which most time is lost: name, and mean delay by case.

    Means over all vehicles of all seeds; sorted by the largest loss in any case. Where there is
    one site only, its name is left out.
    """
    sites = {site for cell in cells.values() for r in cell.done for site in _movements(r)}
    sums: dict[str, dict[str, tuple[float, float]]] = {}
    for case, cell in cells.items():
        for row in cell.done:
            for site, movements in _movements(row).items():
                for movement, entry in movements.items():
                    name = movement if len(sites) == 1 else f"{_short(site)} {movement}"
                    own = sums.setdefault(name, {})
                    n, lost_s = own.get(case, (0.0, 0.0))
                    vehicles = entry["vehicles"]
                    own[case] = (n + vehicles, lost_s + vehicles * entry["delay_s"])
    runs = {case: max(len(cell.done), 1) for case, cell in cells.items()}
    lost = {m: max(s / runs[c] for c, (_, s) in own.items()) for m, own in sums.items()}
    worst = sorted(lost, key=lambda m: -lost[m])[:MOST_MOVEMENTS]
    return [(m, {c: s / n for c, (n, s) in sums[m].items() if n}) for m in worst]


def _movements(row: Row) -> dict[str, dict[str, dict[str, float]]]:
    by_site: dict[str, dict[str, dict[str, float]]] = row["result"]["delay_by_movement"]
    return by_site


def _short(site: str) -> str:
    """Names of joined junctions fill a chart: their beginning and their end tell them apart."""
    if len(site) <= LONGEST_NAME:
        return site
    half = LONGEST_NAME // 2
    return f"{site[:half]}…{site[-half:]}"


def map_png(net: Net, cell: Cell) -> str:
    """The streets coloured by standing time per vehicle, as a data: address of a PNG."""
    waits = _waits(cell)
    lanes = [lane for lane in net.lanes.values() if lane.for_vehicles and not lane.internal]
    values = [min(waits.get(lane.edge, 0.0), LONGEST_WAIT_S) for lane in lanes]
    order = np.argsort(values, kind="stable")  # the worst on top
    with rc_context(STYLE):
        figure = Figure(figsize=(MAP_IN, MAP_IN), layout="constrained")
        axes = figure.subplots()
        lines = LineCollection(
            [np.asarray(lanes[i].shape) for i in order],
            array=np.asarray(values)[order],
            cmap=MAP_COLOURS,
            norm=map_norm(),
            linewidths=1.6,
            capstyle="round",
        )
        axes.set_facecolor("#f6f7f9")
        axes.add_collection(lines)
        axes.autoscale()
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xticks([])
        axes.set_yticks([])
        return _png(figure)


def _waits(cell: Cell) -> dict[str, float]:
    """Standing seconds per vehicle by edge, over all seeds."""
    sums: dict[str, tuple[float, float]] = {}
    for row in cell.done:
        for edge, (vehicles, standing_s) in row["result"]["wait_by_edge"].items():
            n, s = sums.get(edge, (0.0, 0.0))
            sums[edge] = (n + vehicles, s + standing_s)
    return {edge: s / n for edge, (n, s) in sums.items() if n}


def map_norm() -> PowerNorm:
    """One scale for all maps: small waits can be told apart too."""
    return PowerNorm(0.5, 0.0, LONGEST_WAIT_S)


def scale_png() -> str:
    """The maps' colours with their seconds."""
    with rc_context(STYLE):
        figure = Figure(figsize=(4.2, 0.62), layout="constrained")
        axes = figure.subplots()
        bar = figure.colorbar(
            ScalarMappable(map_norm(), MAP_COLOURS), cax=axes, orientation="horizontal"
        )
        bar.set_label("standing, s per vehicle", fontsize=8)
        bar.ax.tick_params(labelsize=8)
        bar.set_ticks([0, 5, 15, 30, 60], labels=["0", "5", "15", "30", "60 and more"])
        return _png(figure)


def _png(figure: Figure) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=MAP_DPI, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
