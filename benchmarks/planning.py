"""From a file of counts to a plan, its evaluation and its files: ``greenband plan`` as one call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from greenband.engine.errors import InputError
from greenband.engine.plan_io import plan_to_dict
from greenband.engine.rules import RESCO, STREET, Rules, with_limits
from greenband.engine.site_assumed import assumptions_of
from greenband.engine.timing import Objective, PlanResult, SequenceChoice, evaluate_plan, make_plan
from greenband.engine.utdf_write import write_utdf
from greenband.networks.demand_files import Demand, load_demand, with_heavy_vehicles
from greenband.networks.site_files import SiteFile, load_site, load_timing
from greenband.networks.tllogic import to_tllogic

from .timing_sheet import timing_sheet

LEAGUES = {"street": STREET, "resco": RESCO}


@dataclass(frozen=True)
class Planned:
    """Our plan, and the existing timing evaluated for the same demand, if one was given."""

    where: SiteFile
    demand: Demand
    ours: PlanResult
    existing: PlanResult | None
    rules: Rules

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was assumed; then of our plan, and of the existing timing, which is named."""
        old = self.existing.warnings if self.existing else ()
        return (
            *self.assumptions,
            *self.ours.warnings,
            *self._why_worse(),
            *(f"existing timing: {w}" for w in old),
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was taken for granted where the site leaves something out."""
        return tuple(assumptions_of(self.where.site))

    def _why_worse(self) -> list[str]:
        """Why an existing timing can have less delay than ours: it keeps fewer limits."""
        if self.existing is None:
            return []
        less_s = self.ours.analysis.control_delay_s - self.existing.analysis.control_delay_s
        if less_s <= 0:
            return []
        broken = [w for w in self.existing.warnings if w.startswith("phase ")]
        reason = (
            "it breaks limits that this plan keeps (below)"
            if broken
            else "its cycle, order or fractions of a second are not among those allowed here"
        )
        return [f"The existing timing has {less_s:.1f} s less delay: {reason}"]

    def as_dict(self) -> dict[str, Any]:
        """The evaluation of the existing timing with ours beside it, else ours."""
        demand = {
            "source": self.demand.source,
            "basis": self.demand.basis,
            "phf": self.demand.phf,
            "hour_veh_h": self.demand.volumes_veh_h,
            "pedestrians_ped_h": self.demand.pedestrians_ped_h,
        }
        first = self.existing or self.ours
        data = plan_to_dict(first) | {"demand": demand, "site_source": self.where.source}
        data["warnings"] = list(
            dict.fromkeys(
                (*self.assumptions, *self.demand.warnings, *self._why_worse(), *first.warnings)
            )
        )
        if self.existing is not None:
            data["ours"] = plan_to_dict(self.ours)
        return data


def make_planned(
    counts: str | Path,
    site: str,
    *,
    timing: str | None = None,
    interval_min: float | None = None,
    intersection: str | None = None,
    phf: float | None = None,
    cycle_range_s: tuple[int, int] = (30, 180),
    objective: str = "delay",
    sequence: str = "keep",
    league: str = "street",
) -> Planned:
    """A plan for a site's counts, and an existing timing evaluated for the same demand.

    ``counts`` and ``site`` as `load_demand` and `load_site` take them, ``timing`` as
    `load_timing`. Raises InputError with the place in the input.
    """
    _choice("--objective", objective, get_args(Objective))
    _choice("--sequence", sequence, get_args(SequenceChoice))
    _choice("--league", league, tuple(LEAGUES))
    rules = LEAGUES[league]
    where = load_site(site)
    demand = load_demand(
        counts, where, interval_min=interval_min, phf=phf, intersection=intersection
    )
    old = load_timing(timing, where, rules) if timing is not None else None
    volumes, walking = demand.volumes_veh_h, demand.pedestrians_ped_h
    ours = make_plan(
        with_heavy_vehicles(where.site, demand.heavy_percent),
        volumes,
        phf=demand.phf,
        pedestrians_ped_h=walking,
        objective=cast(Objective, objective),
        sequence=cast(SequenceChoice, sequence),
        cycle_range_s=cycle_range_s,
        rules=rules,
    )
    existing = None
    if old is not None:
        existing = evaluate_plan(
            with_heavy_vehicles(old[1], demand.heavy_percent),
            old[0],
            volumes,
            phf=demand.phf,
            pedestrians_ped_h=walking,
            rules=rules,
            keep_change_intervals=True,
        )
    return Planned(where, demand, ours, existing, rules)


def write_files(
    planned: Planned,
    *,
    out: Path | None = None,
    sheet: Path | None = None,
    tllogic: Path | None = None,
    utdf: Path | None = None,
) -> list[Path]:
    """Write the plan in the forms that were asked for; ``out`` gets each that the site has.

    Raises InputError where a form that was asked for has no words for the site.
    """
    texts: dict[Path, str] = {}
    if out is not None:
        texts[out / "plan.json"] = json.dumps(plan_to_dict(planned.ours), indent=2) + "\n"
        texts[out / "sheet.html"] = timing_sheet(planned)
        if planned.where.sumo is not None:
            texts[out / "plan.add.xml"] = tllogic_text(planned)
        if _speaks_utdf(planned):
            texts[out / "plan.utdf.csv"] = utdf_text(planned)
    if sheet is not None:
        texts[sheet] = timing_sheet(planned)
    if tllogic is not None:
        texts[tllogic] = tllogic_text(planned)
    if utdf is not None:
        texts[utdf] = utdf_text(planned)
    for path, text in texts.items():
        _write_whole(path, text)
    return list(texts)


def tllogic_text(planned: Planned) -> str:
    """Our plan as a SUMO additional file."""
    sumo = planned.where.sumo
    if sumo is None:
        raise InputError(
            "--tllogic",
            f"the site is from {planned.where.source}",
            "a site of a SUMO net: its links have places in the state string",
            "Give --site NET.net.xml#SIGNAL.",
        )
    return to_tllogic(sumo, with_limits(sumo.site, planned.rules), planned.ours.plan)


def utdf_text(planned: Planned) -> str:
    """Our plan and the demand as UTDF."""
    return write_utdf(
        planned.ours.site,
        planned.ours.plan,
        planned.ours.volumes_veh_h,
        planned.where.utdf,
    )


def _speaks_utdf(planned: Planned) -> bool:
    try:
        utdf_text(planned)
    except InputError:
        return False
    return True


def _choice(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(option, repr(value), ", ".join(allowed), "Choose one of them.")


def _write_whole(path: Path, text: str) -> None:
    """Under another name until it is whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InputError(
            str(path),
            f"can't be written ({error.strerror or error})",
            "a folder that you may write to",
            "Name another place.",
        ) from None
