"""A plan in the whole seconds that a controller takes: rounded so that rings still meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

from greenband.engine.plan import Plan

from .driver import RefusedError
from .ntcip_live import Live
from .whole_seconds import share

_LARGEST_S = 999.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be written, and what it was rounded from (`asked_s`, `asked_cycle_s`).

    `order`: per ring its phases as the plan has them; empty where the plan leaves that to the
    controller. `reference`: the phase that the offset refers to, 0 where the plan names none.
    """

    cycle_s: int
    offset_s: int
    splits_s: Mapping[int, int]
    asked_s: Mapping[int, float]
    asked_cycle_s: float
    order: tuple[tuple[int, ...], ...] = ()
    reference: int = 0


def propose(plan: Plan, live: Live, numbers: Mapping[str, int] | None = None) -> Proposal:
    """The plan in whole seconds; `numbers`: the controller's phase of each of the plan's.

    Raises RefusedError where it isn't a plan of phases, or names what is no phase number.
    """
    if not plan.phases:
        raise RefusedError("a plan of stages: a controller with rings takes splits of phases")
    values = (plan.cycle_s, plan.offset_s, *(split.split_s for split in plan.phases))
    if not all(value <= _LARGEST_S for value in values):
        raise RefusedError(f"seconds beyond {_LARGEST_S:g}: no plan for a controller")
    asked = {_number(split.id, numbers): split.split_s for split in plan.phases}
    if len(asked) != len(plan.phases):
        raise RefusedError("two splits for one phase")
    cycle_s = round(plan.cycle_s)
    at_green_s = _at_green(plan, live, asked, numbers)
    offset_s = floor(at_green_s + 0.5)
    if at_green_s < plan.cycle_s and offset_s == cycle_s:
        offset_s = 0
    rings = plan.rings
    order = tuple(
        tuple(_number(phase, numbers) for group in ring for phase in group) for ring in rings
    )
    return Proposal(
        cycle_s=cycle_s,
        offset_s=offset_s,
        splits_s=_rounded(asked, live, cycle_s),
        asked_s=asked,
        asked_cycle_s=plan.cycle_s,
        order=order,
        reference=_number(plan.reference_phase, numbers) if plan.reference_phase else 0,
    )


def _rounded(asked: Mapping[int, float], live: Live, cycle_s: int) -> dict[int, int]:
    """Splits by the controller's own rings and barriers; strange phases are only rounded."""
    groups = [group for group in live.groups if group & set(asked)]
    needs = {n: p.min_green_s + p.change_s for n, p in live.phases.items()}
    members = [_by_ring(group, live, asked) for group in groups]
    lengths = [max(sum(asked[p] for p in ring) for ring in rings) for rings in members]
    least = [max(sum(needs[p] for p in ring) for ring in rings) for rings in members]
    splits = {phase: round(split_s) for phase, split_s in asked.items()}
    for length_s, rings in zip(
        share(cycle_s, lengths, least) if groups else (), members, strict=True
    ):
        for ring in rings:
            parts = share(length_s, [asked[p] for p in ring], [needs[p] for p in ring])
            splits.update(zip(ring, parts, strict=True))
    return splits


def _by_ring(group: frozenset[int], live: Live, asked: Mapping[int, float]) -> list[list[int]]:
    """The phases of a barrier group that are asked for, ring by ring."""
    rings: dict[int, list[int]] = {}
    for phase in sorted(group & set(asked)):
        rings.setdefault(live.phases[phase].ring, []).append(phase)
    return list(rings.values())


def _at_green(
    plan: Plan, live: Live, asked: Mapping[int, float], numbers: Mapping[str, int] | None
) -> float:
    """The offset as that of the reference phase's start of green."""
    if plan.reference_point == "start_of_green" or plan.reference_phase is None:
        return plan.offset_s
    phase = _number(plan.reference_phase, numbers)
    if phase not in asked or phase not in live.phases:
        raise RefusedError(f"the plan's reference phase {phase} has no split or isn't enabled")
    green_s = asked[phase] - live.phases[phase].change_s
    return (plan.offset_s - green_s) % plan.cycle_s


def _number(phase: str, numbers: Mapping[str, int] | None) -> int:
    if numbers is not None and phase in numbers:
        return numbers[phase]
    if not (phase.isascii() and phase.isdigit()):
        raise RefusedError(f"the plan's phase {phase!r} is no number of the controller's")
    return int(phase)
