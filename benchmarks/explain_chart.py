"""An explained second as a picture: what was shown, what each step costs, what was believed."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .charts import STYLE
from .explain import AROUND_S, Moment
from .explain_words import candidates_shown

WIDTH_IN, ROW_IN, HEAD_IN = 9.0, 0.26, 0.95
DPI = 130
LAMPS = {"G": "#2e9d5b", "Y": "#e2b13c", "R": "#d9dde2"}
TAKEN, OTHER, MOVING = "#0b7a4b", "#9aa7b5", "#bcd9c9"
DOUBTED = "#b5632f"
LONGEST_NAME = 34
LEAST_COST_VEH_S, LEAST_VEH = 10.0, 3.0
"""What an axis shows at least, so that next to nothing looks like it."""


def write_png(moment: Moment, path: Path) -> None:
    """Draw it; the file is there when it is whole."""
    steps = candidates_shown(moment)
    rows = (len(moment.phases), max(len(steps), 1), len(moment.lanes))
    heights = [HEAD_IN + ROW_IN * n for n in rows]
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.5), layout="constrained")
        timeline, costs, lanes = figure.subplots(3, height_ratios=heights)
        figure.suptitle(_title(moment), fontsize=11, x=0.01, ha="left")
        _timeline(timeline, moment)
        _costs(costs, moment)
        _lanes(lanes, moment)
        part = path.with_name(path.name + ".part")
        figure.savefig(part, format="png", dpi=DPI)
    part.replace(path)


def _title(moment: Moment) -> str:
    what = "held" if moment.held else f"to {moment.shown}"
    if moment.asked != moment.shown:
        asked = "hold" if moment.asked == moment.stage else moment.asked
        what += f" by the Gate, {asked} asked for"
    return f"{moment.site}, second {moment.time_s:g}: {moment.stage} {what}"


def _timeline(axes: Axes, moment: Moment) -> None:
    """The lamp of each phase, a row each, in the minute before and after."""
    begin_s, end_s = moment.time_s - AROUND_S, moment.time_s + AROUND_S
    before = [c for c in moment.around if c.time_s < begin_s]
    shown = [*before[-1:], *(c for c in moment.around if c.time_s >= begin_s)]
    for k, change in enumerate(shown):
        from_s = max(change.time_s, begin_s)
        to_s = min(shown[k + 1].time_s if k + 1 < len(shown) else end_s, end_s)
        for row, lamp in enumerate(change.colours):
            axes.barh(
                row, to_s - from_s, left=from_s - moment.time_s, height=0.8, color=LAMPS[lamp]
            )
    axes.axvline(0.0, color="black", linewidth=1.0)
    axes.set_xlim(-AROUND_S, AROUND_S)
    axes.set_yticks(range(len(moment.phases)), [_short(p) for p in moment.phases])
    axes.set_ylim(len(moment.phases) - 0.5, -0.5)
    axes.set_title("shown, seconds before and after", loc="left", fontsize=10)


def _costs(axes: Axes, moment: Moment) -> None:
    steps = candidates_shown(moment)
    if not steps:
        axes.text(0.0, 0.5, moment.reason or "no steps were compared", transform=axes.transAxes)
        axes.set_axis_off()
        return
    most = max((c.cost_veh_s or 0.0 for c in steps), default=0.0)
    most = max(most, LEAST_COST_VEH_S)
    for row, step in enumerate(steps):
        cost = step.cost_veh_s
        text = _short(step.why_not, 80) if cost is None else f"{cost:.0f}"
        axes.barh(row, cost or 0.0, height=0.7, color=TAKEN if step.taken else OTHER)
        axes.text((cost or 0.0) + 0.01 * most, row, text, va="center", fontsize=9)
    axes.set_xlim(0.0, 1.12 * most)
    axes.set_yticks(range(len(steps)), [_short(c.words) for c in steps])
    axes.set_ylim(len(steps) - 0.5, -0.5)
    axes.grid(axis="x")
    axes.set_title(
        "expected cost of each first step over the next minute, vehicle-seconds (green: asked for)",
        loc="left",
        fontsize=10,
    )


def _lanes(axes: Axes, moment: Moment) -> None:
    """Queue and moving vehicles of each lane; a whisker for how sure the queue is."""
    for row, lane in enumerate(moment.lanes):
        colour = TAKEN if lane.colour in "Gg" else OTHER
        axes.barh(row, lane.queue_veh, height=0.7, color=colour)
        axes.barh(row, lane.moving_veh, left=lane.queue_veh, height=0.7, color=MOVING)
        low = max(lane.queue_veh - lane.queue_sd_veh, 0.0)
        axes.plot([low, lane.queue_veh + lane.queue_sd_veh], [row, row], color="black", lw=0.8)
        if lane.trust_ratio < 1.0:
            axes.text(
                lane.queue_veh + max(lane.moving_veh, lane.queue_sd_veh),
                row,
                f"  trusted {100 * lane.trust_ratio:.0f} %",
                va="center",
                fontsize=8,
                color=DOUBTED,
            )
    names = [f"{'+'.join(lane.movements)}  {lane.lane}" for lane in moment.lanes]
    axes.set_yticks(range(len(names)), [_short(n) for n in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0.0, max(axes.get_xlim()[1], LEAST_VEH))
    axes.grid(axis="x")
    axes.set_title(
        "believed on each lane, vehicles: queue (dark green where it has green), moving (pale)",
        loc="left",
        fontsize=10,
    )


def _short(name: str, longest: int = LONGEST_NAME) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
