"""The timing sheet: one page with a plan, what it does, and where its figures come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenband.engine.plan import green_windows
from greenband.engine.timing import PlanResult

from .pages import template
from .ring_diagram import cycle_svg

if TYPE_CHECKING:
    from .planning import Planned

SOURCES = (
    ("Saturation flow, capacity, control delay, LOS, queues",
     "Highway Capacity Manual, 7th edition, chapters 19 and 31: s = s0 × factors (19-8), "
     "c = N s g/C (19-16), d = d1 + d2 + d3 (19-18 ff.), back of queue (31-133 ff.)"),
    ("Webster’s cycle", "(1.5 L + 5) / (1 − Y): Webster, RRL technical paper 39, 1958"),
    ("Practical cycle", "L / (1 − Y / 0.9): no critical degree of saturation above 0.9"),
    ("Critical movements",
     "the ring with the larger need between two barriers; the longest chain of greens where a "
     "phase spans stages (Akçelik, ARR 123, 1981)"),
    ("Yellow change and red clearance",
     "ITE’s kinematic formula, unless the site states its own"),
    ("Walk and pedestrian clearance",
     "MUTCD: crossing length at walking speed, within the green, unless the site states its own"),
    ("Splits",
     "whole seconds; least total control delay by hill climbing over all phases and the cycle, "
     "from equal degrees of saturation"),
)  # fmt: skip


def timing_sheet(planned: Planned) -> str:
    """The page as HTML that needs no other file and no network."""
    ours, before = planned.ours, planned.existing
    return template("timing_sheet.html").render(
        name=ours.site.name or ours.site.id,
        demand=planned.demand,
        ours=_timing(ours),
        before=_timing(before) if before else None,
        movements=_movements(planned),
        groups=_groups(ours, before),
        tiles=_tiles(ours, before),
        critical=ours.critical,
        needs=[(c, c.lane_group or why_none(ours, c.phase)) for c in ours.critical.chain],
        critical_x=ours.analysis.critical_x,
        warnings=list(dict.fromkeys((*planned.demand.warnings, *planned.warnings))),
        sources=SOURCES,
        site_source=planned.where.source,
    )


def _timing(result: PlanResult) -> dict[str, Any]:
    site, plan = result.site, result.plan
    return {
        "plan": plan,
        "svg": cycle_svg(site, plan),
        "analysis": result.analysis,
        "phases": [
            {
                "window": w,
                "phase": site.phase(w.phase),
                "served": _served(result, w.phase),
            }
            for w in green_windows(site, plan)
        ],
    }


def _served(result: PlanResult, phase_id: str) -> str:
    phase = result.site.phase(phase_id)
    served = " ".join((*phase.protected, *(f"({m})" for m in phase.permitted)))
    return served or ("crosswalk" if phase.kind == "pedestrian" else "–")


def why_none(result: PlanResult, phase_id: str) -> str:
    """Why no lane group needs a phase: nobody comes, or another green serves those who come."""
    phase = result.site.phase(phase_id)
    if phase.kind == "pedestrian":
        return "people on foot only"
    own = [m for m in (*phase.protected, *phase.permitted) if result.volumes_veh_h.get(m, 0.0) > 0]
    if not own:
        return "no demand"
    elsewhere = [
        p.id for p in result.site.phases if p.id != phase_id and set(own) & set(p.permitted)
    ]
    if not elsewhere:
        return f"none: other phases serve {' '.join(own)}"
    return f"none: {' '.join(own)} is served while it gives way in phase {', '.join(elsewhere)}"


def _movements(planned: Planned) -> list[tuple[str, float, float]]:
    """Counted volume and flow rate of each movement, in the site's order."""
    rates = planned.ours.volumes_veh_h
    counted = planned.demand.volumes_veh_h
    return [(m, counted.get(m, 0.0), rates[m]) for m in rates]


def _groups(ours: PlanResult, before: PlanResult | None) -> list[dict[str, Any]]:
    old = {g.name: g for g in before.analysis.lane_groups} if before else {}
    return [{"now": g, "before": old.get(g.name)} for g in ours.analysis.lane_groups]


def _tiles(ours: PlanResult, before: PlanResult | None) -> list[dict[str, str]]:
    tiles = []
    if before is not None:
        tiles.append(_tile("Existing timing", before, "#8a8f98"))
    tiles.append(_tile("This plan", ours, "#1d7f4f"))
    webster = ours.critical.webster_cycle_s
    tiles.append(
        {
            "label": "Webster’s cycle",
            "value": "none" if webster is None else f"{webster:.0f} s",
            "note": f"critical flow ratio Y = {ours.critical.flow_ratio:.2f}, "
            f"lost time L = {ours.critical.lost_s:.1f} s",
            "colour": "#2f6db5",
        }
    )
    return tiles


def _tile(label: str, result: PlanResult, colour: str) -> dict[str, str]:
    return {
        "label": label,
        "value": f"{result.analysis.control_delay_s:.1f} s",
        "note": f"control delay, LOS {result.analysis.los}, cycle {result.plan.cycle_s:g} s",
        "colour": colour,
    }
