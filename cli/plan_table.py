"""A plan on the terminal: phases, lane groups, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from greenband.engine.plan import green_windows
from greenband.engine.timing import PlanResult

if TYPE_CHECKING:
    from greenband.benchmarks.planning import Planned


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
    table = Table(title=f"Cycle {result.plan.cycle_s:g} s, offset {result.plan.offset_s:g} s")
    table.add_column("Phase")
    table.add_column("Movements")
    for column in ("Start s", "Split s", "Green s", "Yellow s", "Red clearance s", "Min green s"):
        table.add_column(column, justify="right")
    for w in green_windows(result.site, result.plan):
        phase = result.site.phase(w.phase)
        served = (*phase.protected, *(f"({m})" for m in phase.permitted))
        numbers = (w.start_s, w.split_s, w.green_s, w.yellow_s, w.red_clearance_s)
        table.add_row(
            phase.id,
            " ".join(served) or phase.kind,
            *(f"{n:.1f}" for n in numbers),
            f"{phase.min_green_s or 0:.1f}",
        )
    return table


def lane_group_table(result: PlanResult, before: PlanResult | None) -> Table:
    """Volume, capacity, delay, level of service and queue of each lane group."""
    table = Table(title="Lane groups (HCM, 7th edition)")
    table.add_column("Lane group")
    for column in ("v veh/h", "s veh/h", "c veh/h", "X", "Delay s", "LOS", "Queue 95 % veh"):
        table.add_column(column, justify="right")
    if before is not None:
        table.add_column("Before s", justify="right")
        table.add_column("LOS", justify="right")
    old = {g.name: g for g in before.analysis.lane_groups} if before else {}
    for g in result.analysis.lane_groups:
        row = [
            g.name,
            f"{g.volume_veh_h:.0f}",
            f"{g.saturation_flow_veh_h:.0f}",
            f"{g.capacity_veh_h:.0f}",
            f"{g.x:.2f}",
            f"{g.control_delay_s:.1f}",
            g.los,
            f"{g.queue_95_veh:.1f}",
        ]
        if before is not None:
            row += [f"{old[g.name].control_delay_s:.1f}", old[g.name].los]
        table.add_row(*row)
    return table


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
