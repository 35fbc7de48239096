"""A plan of stages as cycle time, offset and dynamic bands; and what it must be to be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from greenband.engine.plan import SUM_TOLERANCE_S, Plan, Split

from .driver import RefusedError
from .rsmp.messages import StatusValue
from .rsmp.supervisor import Name
from .rsmp.sxl import LARGEST_EXTENSION_S, table_of
from .rsmp_settings import LONGEST_CYCLE_S, LONGEST_OFFSET_S, SHORTEST_CYCLE_S, RsmpSettings
from .rsmp_standing import text_of
from .whole_seconds import share

PLANS, BAND_TABLE, OFFSETS, CYCLES, TIMEOUT = (
    (code, "status") for code in ("S0022", "S0023", "S0024", "S0028", "S0034")
)
TABLES: tuple[Name, ...] = (PLANS, BAND_TABLE, OFFSETS, CYCLES)
_EXACT = 1e-6
_LARGEST_S = 999.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a time plan of the controller's is made of."""

    cycle_s: int
    offset_s: int
    bands: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Tables:
    """The controller's time plans, and what can be set of each.

    Raises RefusedError where what it says of them is no table (`tables_of`).
    """

    plans: frozenset[int]
    bands: Mapping[int, Mapping[int, int]]
    offsets_s: Mapping[int, int]
    cycles_s: Mapping[int, int]

    def numbers(self, plan: int) -> Numbers:
        """Those of one plan; -1 where it has none."""
        return Numbers(
            self.cycles_s.get(plan, -1), self.offsets_s.get(plan, -1), self.bands.get(plan, {})
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan on its way: what would be written where, and what it comes from."""

    slot: int
    numbers: Numbers
    splits_s: Mapping[str, int]
    plan: Plan
    running_cycle_s: int


def tables_of(said: Mapping[Name, StatusValue]) -> Tables:
    """What the controller says of its time plans."""
    try:
        rows = {name: table_of(text_of(said, name), n) for name, n in _COLUMNS.items()}
        numbers = frozenset(n for (n,) in table_of(text_of(said, PLANS), 1))
    except ValueError as error:
        raise RefusedError(f"the controller's tables can't be read: {error}") from error
    bands: dict[int, dict[int, int]] = {}
    for plan, band, seconds in rows[BAND_TABLE]:
        bands.setdefault(plan, {})[band] = seconds
    return Tables(
        numbers,
        bands,
        {row[0]: row[1] for row in rows[OFFSETS]},
        {row[0]: row[1] for row in rows[CYCLES]},
    )


_COLUMNS: Mapping[Name, int] = {BAND_TABLE: 3, OFFSETS: 2, CYCLES: 2}


def propose(plan: Plan, settings: RsmpSettings, tables: Tables, in_force: int) -> Asked:
    """The plan in whole seconds, for an idle slot. Raises RefusedError where it can't be said."""
    if not all(v <= _LARGEST_S for v in (plan.cycle_s, plan.offset_s)):
        raise RefusedError(f"seconds beyond {_LARGEST_S:g}: no plan for a controller")
    plan = plan if plan.stages else by_stages(plan, settings)
    if plan.reference_phase is not None or plan.reference_point != "start_of_green":
        raise RefusedError("its offset must refer to the start of the first stage")
    names = [stage.id for stage in settings.stages]
    if [split.id for split in plan.stages] != names:
        raise RefusedError(f"stages {[s.id for s in plan.stages]}, where it serves {names}")
    cycle_s = round(plan.cycle_s)
    if cycle_s < 1:
        raise RefusedError(f"a cycle of {plan.cycle_s:g} s is none in whole seconds")
    asked = [split.split_s for split in plan.stages]
    _check_sum(plan, sum(asked))
    parts = share(cycle_s, asked, [stage.base_s for stage in settings.stages])
    bands = {
        stage.band: part - stage.base_s
        for stage, part in zip(settings.stages, parts, strict=True)
        if stage.band
    }
    idle = [number for number in settings.plans if number != in_force]
    # The cycle counter runs ahead by RSMP's offset, c = (b + o) mod t: the stage begins that
    # much earlier, where by a plan's offset it begins later.
    offset_s = -round(plan.offset_s) % cycle_s
    return Asked(
        slot=idle[0],
        numbers=Numbers(cycle_s, offset_s, bands),
        splits_s=dict(zip(names, parts, strict=True)),
        plan=plan,
        running_cycle_s=tables.cycles_s.get(in_force, cycle_s),
    )


def by_stages(plan: Plan, settings: RsmpSettings) -> Plan:
    """A plan of phases as one of stages, where the rings change together.

    A stage lasts as long as the splits of its phases, which must be equal; no phase may be green in
    two stages. Raises RefusedError where the plan isn't so.
    """
    splits_s = {split.id: split.split_s for split in plan.phases}
    members = [phase for stage in settings.stages for phase in sorted(stage.phases)]
    if sorted(members) != sorted(splits_s):
        raise RefusedError(
            f"splits for phases {sorted(splits_s)}, where each of its stages has phases of its "
            f"own: {sorted(members)}"
        )
    stages: list[Split] = []
    begins_s: dict[str, float] = {}
    for stage in settings.stages:
        lengths = [splits_s[phase] for phase in stage.phases]
        if max(lengths) - min(lengths) > SUM_TOLERANCE_S:
            raise RefusedError(f"stage {stage.id}: its phases have splits of {sorted(lengths)} s")
        begins_s |= dict.fromkeys(stage.phases, sum(split.split_s for split in stages))
        stages.append(Split(id=stage.id, split_s=lengths[0]))
    before_s = begins_s.get(plan.reference_phase, 0.0) if plan.reference_phase else 0.0
    return plan.model_copy(
        update={
            "phases": (),
            "rings": (),
            "stages": tuple(stages),
            "reference_phase": None,
            "offset_s": (plan.offset_s - before_s) % plan.cycle_s,
        }
    )


def _check_sum(plan: Plan, total_s: float) -> None:
    if abs(total_s - plan.cycle_s) > SUM_TOLERANCE_S:
        raise RefusedError(f"stages sum to {total_s:g} s, the cycle is {plan.cycle_s:g} s")


Rule = Callable[[Asked, RsmpSettings, Tables], Iterator[str]]


def _shortest(asked: Asked, settings: RsmpSettings, tables: Tables) -> Iterator[str]:
    wanted = {split.id: split.split_s for split in asked.plan.stages}
    for stage in settings.stages:
        given_s = min(wanted[stage.id], asked.splits_s[stage.id])
        if given_s < stage.base_s - _EXACT:
            yield f"stage {stage.id}: {given_s:g} s is below its shortest {stage.base_s} s"


def _extension(asked: Asked, settings: RsmpSettings, tables: Tables) -> Iterator[str]:
    for band, seconds in asked.numbers.bands.items():
        if not 0 <= seconds <= LARGEST_EXTENSION_S:
            yield f"band {band}: {seconds} s is not within 0 to {LARGEST_EXTENSION_S}"


def _cycle(asked: Asked, settings: RsmpSettings, tables: Tables) -> Iterator[str]:
    cycle_s = asked.numbers.cycle_s
    if not SHORTEST_CYCLE_S <= cycle_s <= LONGEST_CYCLE_S:
        yield f"a cycle of {cycle_s} s is not within {SHORTEST_CYCLE_S} to {LONGEST_CYCLE_S}"


def _cycle_change(asked: Asked, settings: RsmpSettings, tables: Tables) -> Iterator[str]:
    change_s = abs(asked.numbers.cycle_s - asked.running_cycle_s)
    if change_s > settings.cycle_change_s:
        yield f"the cycle changes by {change_s} s, more than {settings.cycle_change_s:g}"


def _offset(asked: Asked, settings: RsmpSettings, tables: Tables) -> Iterator[str]:
    if asked.plan.offset_s >= asked.plan.cycle_s or asked.numbers.offset_s > LONGEST_OFFSET_S:
        yield f"an offset of {asked.plan.offset_s:g} s is no second of the cycle"


def _there(asked: Asked, settings: RsmpSettings, tables: Tables) -> Iterator[str]:
    slot = asked.slot
    if slot not in tables.plans:
        yield f"the controller has no time plan {slot} (S0022)"
    missing = sorted(set(asked.numbers.bands) - set(tables.bands.get(slot, {})))
    if missing:
        yield f"time plan {slot} has no dynamic bands {missing} (S0023)"
    for name, table in (
        ("offset (S0024)", tables.offsets_s),
        ("cycle time (S0028)", tables.cycles_s),
    ):
        if slot not in table:
            yield f"time plan {slot} has no {name}"


def _other_bands(asked: Asked, settings: RsmpSettings, tables: Tables) -> Iterator[str]:
    """A band that we don't know would lengthen something that we haven't counted."""
    known = set(asked.numbers.bands)
    for band, seconds in tables.bands.get(asked.slot, {}).items():
        if band not in known and seconds:
            yield f"time plan {asked.slot}: band {band} is none of ours and has {seconds} s"


RULES: Mapping[str, Rule] = {
    "shortest": _shortest,
    "extension": _extension,
    "cycle": _cycle,
    "cycle_change": _cycle_change,
    "offset": _offset,
    "there": _there,
    "other_bands": _other_bands,
}
"""By name, so that a test can take each out."""


def verify(asked: Asked, settings: RsmpSettings, tables: Tables) -> list[str]:
    """Why a plan must not be written; empty where it may."""
    return [reason for rule in RULES.values() for reason in rule(asked, settings, tables)]
