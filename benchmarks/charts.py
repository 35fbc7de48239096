"""Charts as SVG text for pages that need no other file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

WIDTH_IN = 5.4
"""So wide that the letters stay readable where a phone shrinks the chart to its width."""
COLOURS = ("#8a8f98", "#0b7a4b", "#2f6db5", "#b5632f", "#7a4b9b")
"""By case: grey for what there was, green for the plan."""
LETTER_IN, LINE_IN, HANDLE_IN, MOST_COLUMNS = 0.085, 0.2, 0.55, 3
"""Of legends: a wide letter, a line, what stands beside a text."""
TICKS_S = (300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0)
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa0a6",
    "axes.axisbelow": True,
    "grid.color": "#e3e6ea",
    # Text as text: it can be searched, copied and read aloud.
    "svg.fonttype": "none",
    # The same input gives the same file.
    "svg.hashsalt": "greenband",
}


def delay_bars_svg(
    delays_s: Mapping[str, Mapping[str, float]],
    order: Sequence[str],
    colours: Sequence[str] = COLOURS,
) -> str:
    """Horizontal bars of mean delay: ``delays_s[case][movement]``, movements in ``order``.

    A movement that a case doesn't have gets no bar there.
    """
    cases = list(delays_s)
    height_in = 1.0 + len(order) * (0.12 * len(cases) + 0.14) + _legend_in(cases)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        axes = figure.subplots()
        thick = 0.8 / len(cases)
        for k, case in enumerate(cases):
            rows = [i for i, name in enumerate(order) if name in delays_s[case]]
            axes.barh(
                [i + (k - (len(cases) - 1) / 2) * thick for i in rows],
                [delays_s[case][order[i]] for i in rows],
                thick,
                color=colours[k],
                label=case,
            )
        axes.set_yticks(range(len(order)), list(order))
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.set_xlabel("mean delay on the approach, s per vehicle")
        axes.grid(axis="x")
        _legend(figure, axes)
        return svg_text(figure)


def lines_svg(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    y_label: str,
    x_label: str,
    colours: Sequence[str] = COLOURS,
) -> str:
    """Lines over the time of day: ``series[case]`` has seconds since midnight, and values."""
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, 3.3 + _legend_in(list(series))), layout="constrained")
        axes = figure.subplots()
        for k, (case, (times_s, values)) in enumerate(series.items()):
            axes.plot(
                times_s, values, label=case, color=colours[k], linewidth=2.0, marker="o", ms=3.0
            )
        top = max((v for _, values in series.values() for v in values), default=1.0)
        axes.set_ylim(0.0, 1.08 * max(top, 1e-9))
        axes.set_ylabel(y_label)
        axes.set_xlabel(x_label)
        axes.grid(axis="y")
        all_s = [t for times_s, _ in series.values() for t in times_s]
        span_s = max(all_s, default=0.0) - min(all_s, default=0.0)
        axes.xaxis.set_major_locator(MultipleLocator(_tick_s(span_s)))
        axes.xaxis.set_major_formatter(lambda second, _: clock(second))
        _legend(figure, axes)
        return svg_text(figure)


def _tick_s(span_s: float) -> float:
    """A step that people read off a clock, at most seven of them."""
    return next((step for step in TICKS_S if span_s <= 7 * step), TICKS_S[-1])


def clock(second: float) -> str:
    """``07:45`` for 27900."""
    minutes = round(second / 60.0)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    columns = _legend_columns(labels)
    figure.legend(handles, labels, loc="outside upper left", ncols=columns, frameon=False)


def _legend_columns(labels: Sequence[str]) -> int:
    """So many as fit side by side, in a page's letters too, which aren't those it is drawn with."""
    longest_in = LETTER_IN * max(map(len, labels), default=0) + HANDLE_IN
    return max(1, min(len(labels), MOST_COLUMNS, int(WIDTH_IN / longest_in)))


def _legend_in(labels: Sequence[str]) -> float:
    """The height of a legend's lines below its first."""
    lines = ceil(len(labels) / _legend_columns(labels))
    return LINE_IN * max(lines - 1, 0)


def svg_text(figure: Figure) -> str:
    """The <svg> element alone, without a date, as wide as there is room."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :].strip()
