"""Believed against true queues over time, as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .charts import COLOURS, STYLE, clock
from .estimate_errors import Groups, Series
from .estimate_recording import Recording

WIDTH_IN, ROW_IN, DPI = 11.0, 1.9, 110
WORST, MIDDLE = 3, 2
"""Lane groups that are shown: those with the largest errors, and those about the median."""
SHOWN_S = 1200
"""Of a longer run this part, about the second with the largest error of the worst group."""


def draw_queues(
    recording: Recording, groups: Groups, mine: Series, true: Series, path: Path
) -> tuple[str, ...]:
    """Write a PNG with the worst and the median lane groups; returns their names."""
    error_veh = np.abs(mine.queue_veh - true.queue_veh)
    shown = chosen_groups(error_veh.mean(axis=0), true.queue_veh.mean(axis=0))
    begin, end = _window(error_veh[:, shown[0]])
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, ROW_IN * len(shown) + 0.8), layout="constrained")
        rows = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
        for axes, g in zip(rows, shown, strict=True):
            _draw(axes, g, slice(begin, end), mine, true)
            short = groups.names[g] if len(groups.names[g]) < 60 else f"...{groups.names[g][-57:]}"
            axes.set_title(
                f"{short}: mean error {error_veh[:, g].mean():.2f} of {_mean(true, g):.2f} veh",
                loc="left",
                fontsize=9,
            )
        rows[-1].xaxis.set_major_formatter(lambda second, _: clock(second))
        rows[-1].set_xlabel("time since the run began")
        handles, labels = rows[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=3, frameon=False)
        title = f"{recording.scenario}, {recording.controller}, seed {recording.seed}"
        figure.suptitle(title, x=0.01, ha="left")
        written = path.with_suffix(".part.png")
        figure.savefig(written, dpi=DPI)
    written.rename(path)
    return tuple(groups.names[g] for g in shown)


def chosen_groups(error_veh: np.ndarray, true_veh: np.ndarray) -> list[int]:
    """The worst groups, and those about the median of the groups that ever had a queue."""
    used = [int(g) for g in np.argsort(-error_veh) if true_veh[g] > 0.0 or error_veh[g] > 0.0]
    worst = used[:WORST]
    middle = len(used) // 2
    return [*worst, *(g for g in used[middle : middle + MIDDLE] if g not in worst)]


def _mean(true: Series, group: int) -> float:
    return float(true.queue_veh[:, group].mean())


def _window(error_veh: np.ndarray) -> tuple[int, int]:
    begin = int(np.argmax(error_veh)) - SHOWN_S // 2
    begin = max(0, min(begin, len(error_veh) - SHOWN_S))
    return begin, min(begin + SHOWN_S, len(error_veh))


def _draw(axes: Axes, group: int, part: slice, mine: Series, true: Series) -> None:
    seconds: Sequence[int] = range(part.start, part.stop)
    queue_veh, sd_veh = mine.queue_veh[part, group], mine.sd_veh[part, group]
    axes.fill_between(
        seconds,
        np.maximum(queue_veh - 2.0 * sd_veh, 0.0),
        queue_veh + 2.0 * sd_veh,
        color=COLOURS[1],
        alpha=0.2,
        linewidth=0.0,
        label="two standard deviations",
    )
    axes.plot(seconds, true.queue_veh[part, group], color=COLOURS[3], lw=1.4, label="true queue")
    axes.plot(seconds, queue_veh, color=COLOURS[1], lw=1.2, label="believed")
    axes.set_ylabel("veh")
    axes.set_ylim(bottom=0.0)
    axes.grid(axis="y")
