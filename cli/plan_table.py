"""A plan on the terminal: phases, lane groups, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from greenband.engine.plan import green_windows
from greenband.engine.timing import PlanResult

if TYPE_CHECKING:
    from greenband.benchmarks.planning import Planned

SNEAKERS_ONLY = (
    "s –: no vehicle finds a gap during the green; c is that of those that clear at its end "
    "(sneakers_veh)"
)
"""A permitted turn whose opposing traffic leaves no gap."""


def show_plan(console: Console, planned: Planned) -> None:
    """Our plan, and the existing timing beside it where there is one."""
    ours, before = planned.ours, planned.existing
    name = ours.site.name or ours.site.id
    console.print(f"[bold]{name}[/bold]  {planned.demand.basis}", highlight=False)
    console.print(phase_table(ours))
    console.print(lane_group_table(ours, before))
    console.print(summary(ours, before), highlight=False)
    told = set(planned.assumptions)  # on standard error, before the plan was made
    for warning in dict.fromkeys((*planned.demand.warnings, *planned.warnings)):
        if warning in told:
            continue
        console.print(f"[yellow]![/yellow] {warning}", highlight=False)


def phase_table(result: PlanResult) -> Table:
    """Start, green, yellow and red clearance of each phase."""
    plan = result.plan
    table = _table(f"Cycle {plan.cycle_s:g} s, offset {plan.offset_s:g} s. All times in seconds.")
    table.add_column("Phase", overflow="fold")
    table.add_column("Movements", overflow="fold")
    for column in ("Start", "Split", "Green", "Yellow", "Red cl.", "Min. green"):
        table.add_column(column, justify="right", no_wrap=True)
    for w in green_windows(result.site, plan):
        phase = result.site.phase(w.phase)
        served = (*phase.protected, *(f"({m})" for m in phase.permitted))
        numbers = (w.start_s, w.split_s, w.green_s, w.yellow_s, w.red_clearance_s)
        table.add_row(
            phase.id,
            " ".join(served) or "crosswalk",
            *(f"{n:.1f}" for n in numbers),
            f"{phase.min_green_s or 0:.1f}",
        )
    table.caption = "Red cl.: red clearance. Movements in brackets give way."
    return table


def lane_group_table(result: PlanResult, before: PlanResult | None) -> Table:
    """Volume, capacity, delay, level of service and queue of each lane group."""
    table = _table("Lane groups (HCM, 7th edition)")
    table.add_column("Lane group", overflow="fold")
    columns = ["v", "s", "c", "X", "Delay", "LOS", "Queue"]
    for column in (*columns, *(("Before", "LOS") if before is not None else ())):
        table.add_column(column, justify="right", no_wrap=True)
    old = {g.name: g for g in before.analysis.lane_groups} if before else {}
    for g in result.analysis.lane_groups:
        row = [
            g.name,
            f"{g.volume_veh_h:.0f}",
            f"{g.saturation_flow_veh_h:.0f}" if g.saturation_flow_veh_h >= 1 else "–",
            f"{g.capacity_veh_h:.0f}",
            f"{g.x:.2f}",
            f"{g.control_delay_s:.1f}",
            g.los,
            f"{g.queue_95_veh:.1f}",
        ]
        if before is not None:
            row += [f"{old[g.name].control_delay_s:.1f}", old[g.name].los]
        table.add_row(*row)
    table.caption = (
        "v demand, s saturation flow, c capacity, veh/h; X = v/c; delay in s per vehicle; "
        "queue: 95 %, vehicles in a lane"
        + ("; before: delay under the existing timing" if before is not None else "")
    )
    if any(g.saturation_flow_veh_h < 1 for g in result.analysis.lane_groups):
        table.caption += "\n" + SNEAKERS_ONLY
    return table


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )


def summary(result: PlanResult, before: PlanResult | None) -> str:
    """The intersection in a line."""
    own = result.analysis
    text = f"Control delay {own.control_delay_s:.1f} s, LOS {own.los}"
    if before is not None:
        old = before.analysis
        text += (
            f" (existing timing: cycle {before.plan.cycle_s:g} s, "
            f"{old.control_delay_s:.1f} s, LOS {old.los})"
        )
    critical = result.critical
    webster = critical.webster_cycle_s
    cycle = "none: demand fills every cycle" if webster is None else f"{webster:.0f} s"
    return (
        f"{text}. Critical flow ratio {critical.flow_ratio:.2f}, lost time {critical.lost_s:.1f} s "
        f"a cycle, Webster's cycle {cycle}"
    )
