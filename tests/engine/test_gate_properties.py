"""Whatever is requested, what the Gate shows passes the checker that reads colours only."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenband.engine.colour_check import audit
from greenband.engine.errors import InputError
from greenband.engine.frame import Command, Flag, Request
from greenband.engine.gate import Gate
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import RESCO, STREET, Rules, with_limits
from greenband.engine.site import (
    Approach,
    Conflict,
    Lane,
    Movement,
    Phase,
    Site,
    Stage,
)
from greenband.engine.stages import maximal_stages, stages_of

SECONDS = 240
FREE = dataclasses.replace(STREET, name="free", order="any")
"""Street's protections with any stage after any."""
BARE = dataclasses.replace(RESCO, name="bare", override=False)
"""RESCO's freedom with the site's own limits."""
STRAIGHT = {"NB": "2", "SB": "6", "EB": "4", "WB": "8"}
LEFT = {"NB": "5", "SB": "1", "EB": "7", "WB": "3"}


def tenths(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(round(low * 10), round(high * 10)).map(lambda v: v / 10)


@st.composite
def limits(draw: st.DrawFn, pedestrian: bool = False, crossing: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "min_green_s": draw(tenths(0, 12)),
        "yellow_s": draw(tenths(3, 6)),
        "red_clearance_s": draw(tenths(0, 4)),
        "max_green_s": draw(st.none() | tenths(12, 60)),
        "recall": draw(st.sampled_from(["none", "none", "none", "min", "ped"])),
    }
    if pedestrian or crossing:
        found |= {"walk_s": draw(tenths(4, 9)), "ped_clearance_s": draw(tenths(3, 18))}
    return found


def approach(name: str, bearing_deg: float | None, *movements: str) -> Approach:
    lanes = tuple(Lane(id=f"{m} lane", movements=(m,)) for m in movements)
    return Approach(id=name, bearing_deg=bearing_deg, lanes=lanes)


@st.composite
def ring_sites(draw: st.DrawFn) -> Site:
    """Four legs with lefts that may be permitted too, in two rings; crosswalks beside throughs."""
    permissive = draw(st.sets(st.sampled_from(sorted(STRAIGHT))))
    crossings = draw(st.sets(st.sampled_from(sorted(STRAIGHT))))
    dropped = draw(st.sampled_from([set(), set(), {"1", "5"}, {"3"}, {"7", "3"}]))
    phases = []
    for name, phase in sorted({**{p: a for a, p in STRAIGHT.items()}}.items()):
        phases.append(
            Phase(
                id=name,
                protected=(f"{phase}T",),
                permitted=(f"{phase}L",) if phase in permissive or LEFT[phase] in dropped else (),
                **draw(limits(crossing=phase in crossings)),
            )
        )
    for a, p in sorted(LEFT.items()):
        if p not in dropped:
            phases.append(Phase(id=p, protected=(f"{a}L",), **draw(limits())))
    rings = [
        [[p for p in group if p not in dropped] for group in ring]
        for ring in ((("1", "2"), ("3", "4")), (("5", "6"), ("7", "8")))
    ]
    return Site(
        id="ring",
        approaches=tuple(approach(a, None, f"{a}L", f"{a}T") for a in STRAIGHT),
        movements=tuple(
            Movement(id=f"{a}{t}", approach=a, turn=t) for a in STRAIGHT for t in ("L", "T")
        ),
        phases=tuple(phases),
        rings=rings,
        longest_red_s=draw(st.integers(60, 300)),
    )


@st.composite
def graph_sites(draw: st.DrawFn) -> Site:
    """Any conflict graph: explicit with pairs' own clearances, or what the stages leave apart."""
    n = draw(st.integers(2, 12))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    apart = draw(st.sets(st.sampled_from(pairs), min_size=1)) if pairs else set()
    peds = draw(st.sets(st.integers(0, n - 1), max_size=n // 3))
    turns = [draw(st.sampled_from("TTLR")) for _ in range(n)]
    phases = []
    for i in range(n):
        lefts = [j for j in range(n) if turns[j] == "L" and j not in peds and j != i]
        permitted = draw(st.sets(st.sampled_from(lefts), max_size=2)) if lefts else set()
        phases.append(
            Phase(
                id=i,
                kind="pedestrian" if i in peds else "vehicle",
                protected=() if i in peds else (f"m{i}",),
                permitted=() if i in peds else tuple(f"m{j}" for j in sorted(permitted)),
                **draw(limits(pedestrian=i in peds, crossing=draw(st.booleans()))),
            )
        )
    conflicts = tuple(
        Conflict(a=i, b=j, clearance_s=draw(st.none() | tenths(0, 5))) for i, j in sorted(apart)
    )
    site = Site(
        id="graph",
        approaches=tuple(
            approach(f"a{i}", draw(st.sampled_from([None, 0, 90, 180, 270])), f"m{i}")
            for i in range(n)
        ),
        movements=tuple(Movement(id=f"m{i}", approach=f"a{i}", turn=turns[i]) for i in range(n)),
        phases=tuple(phases),
        conflicts=conflicts,
        longest_red_s=draw(st.integers(60, 400)),
    )
    form = draw(st.sampled_from(["maximal", "own", "derived"]))
    if form == "maximal":
        return site
    stages = maximal_stages(site)
    if len(stages) > 2:
        keep = draw(st.sets(st.sampled_from(range(len(stages))), min_size=2))
        stages = tuple(s for i, s in enumerate(stages) if i in keep)
    missing = [p.id for p in site.phases if all(p.id not in s.phases for s in stages)]
    stages += tuple(Stage(id=f"only {p}", phases=(p,)) for p in missing)
    given_conflicts = conflicts if form == "own" else None
    return site.model_copy(update={"stages": stages, "conflicts": given_conflicts})


sites = ring_sites() | graph_sites()
leagues = st.sampled_from([STREET, STREET, FREE, BARE, RESCO])


def plan_of(site: Site, draw: st.DrawFn) -> Plan | None:
    """Some plan for the site: in rings with equal sums, else of a few stages."""
    if site.rings:
        lengths = {p.id: draw(st.integers(8, 60)) for p in site.phases}
        groups = list(zip(*site.rings, strict=True))
        splits, cycle = [], 0
        for group in groups:
            total = max(sum(lengths[p] for p in ring) for ring in group)
            cycle += total
            for ring in group:
                short = total - sum(lengths[p] for p in ring)
                splits += [
                    Split(id=p, split_s=lengths[p] + (short if p == ring[-1] else 0)) for p in ring
                ]
        return Plan(
            site=site.id,
            cycle_s=cycle,
            phases=tuple(splits),
            offset_s=draw(st.integers(0, 50)),
            reference_phase=draw(st.sampled_from([None, "2"])),
            reference_point=draw(st.sampled_from(["start_of_green", "start_of_yellow"])),
        )
    names = [s.id for s in stages_of(site)]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=5))
    stages = [Split(id=name, split_s=draw(tenths(8, 50))) for name in chosen]
    cycle_s = math.fsum(s.split_s for s in stages)
    return Plan(site=draw(st.sampled_from([site.id, site.id, "other"])), cycle_s=cycle_s,
                stages=tuple(stages))  # fmt: skip


BAD: tuple[Any, ...] = (
    None,
    3,
    "stage 1",
    Request(stage=-1),
    Request(stage=99),
    Request(stage=math.nan),  # type: ignore[arg-type]
    Request(stage=True),
    Request(stage=None),  # type: ignore[arg-type]
    Request(plan="cycle 90"),  # type: ignore[arg-type]
)


@st.composite
def requests(draw: st.DrawFn, site: Site, n_stages: int) -> list[Any]:
    """One request a second: held, flipped, random, bad, and plans."""
    plans = [plan for plan in (plan_of(site, draw), plan_of(site, draw)) if plan is not None]
    stage = st.integers(0, n_stages - 1)
    asked: list[Any] = []
    while len(asked) < SECONDS:
        kind = draw(st.sampled_from(["hold", "flip", "random", "bad", "plan", "plan"]))
        length = draw(st.integers(1, 120))
        if kind == "hold":
            asked += [Request(stage=draw(stage))] * length
        elif kind == "flip":
            a, b = draw(stage), draw(stage)
            asked += [Request(stage=(a, b)[k % 2]) for k in range(length)]
        elif kind == "random":
            some = draw(st.lists(stage, min_size=1, max_size=6))
            asked += [Request(stage=some[k % len(some)]) for k in range(length)]
        elif kind == "bad":
            asked += [draw(st.sampled_from(BAD))] * min(length, 10)
        else:
            asked += [Request(plan=draw(st.sampled_from(plans)))] * (2 * length)
    return asked[:SECONDS]


@st.composite
def masks(draw: st.DrawFn, n: int) -> np.ndarray[Any, Any]:
    """Calls by second: they come and go."""
    calls = np.zeros((SECONDS, n), np.bool_)
    for _ in range(draw(st.integers(0, 12))):
        phase, start = draw(st.integers(0, n - 1)), draw(st.integers(0, SECONDS - 1))
        calls[start : start + draw(st.integers(1, SECONDS)), phase] = True
    return calls


def made(site: Site, rules: Rules) -> tuple[Site, Gate] | None:
    """A Gate for the site, with the longest red that it can keep."""
    limited = with_limits(site, rules)
    try:
        return limited, Gate(limited, rules)
    except InputError as error:
        assert "longest_red_s" in error.where
        least = float(error.allowed.split()[2])
        limited = limited.model_copy(update={"longest_red_s": least})
        return limited, Gate(limited, rules)


def drive(
    gate: Gate,
    asked: list[Any],
    calls: np.ndarray[Any, Any],
    peds: np.ndarray[Any, Any],
    flags: list[Flag],
    start_s: float = 25200.0,
) -> list[Command]:
    shown = []
    for k, request in enumerate(asked):
        shown.append(gate.step(request, calls[k], peds[k], flags[k], start_s + k))
    return shown


def check_reasons(asked: list[Any], shown: list[Command]) -> None:
    for request, command in zip(asked, shown, strict=True):
        if command.refused:
            assert len(command.refused) > 10
            continue
        assert isinstance(request, Request)
        if request.plan is not None:
            assert command.pattern is request.plan
        else:
            assert command.stage == request.stage


def history(shown: list[Command]) -> list[Any]:
    return [
        (k, c.colours, c.walks or (0,) * len(c.colours)) for k, c in enumerate(shown)
    ]


def check_safe(data: st.DataObject, site: Site, rules: Rules, with_flags: bool) -> None:
    limited, gate = made(site, rules)  # type: ignore[misc]
    n = len(site.phases)
    asked = data.draw(requests(limited, len(stages_of(limited))))
    calls, peds = data.draw(masks(n)), data.draw(masks(n))
    flags = [Flag.NONE] * SECONDS
    if with_flags:
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, SECONDS - 1))
            length = data.draw(st.integers(1, 40))
            flag = data.draw(st.sampled_from([Flag.PREEMPT, Flag.FAULT | Flag.MANUAL, Flag.FLASH]))
            flags[start : start + length] = [flag] * len(flags[start : start + length])
    shown = drive(gate, asked, calls, peds, flags)
    found = [v for v in audit(history(shown), limited, rules, until_s=SECONDS) if not v.warning]
    assert not found, found[0]
    check_reasons(asked, shown)


quick = settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
long = settings(quick, max_examples=3000)


@quick
@given(st.data(), sites, leagues, st.booleans())
def test_nothing_that_is_requested_breaks_a_limit(
    data: st.DataObject, site: Site, rules: Rules, with_flags: bool
) -> None:
    check_safe(data, site, rules, with_flags)


@pytest.mark.slow
@long
@given(st.data(), sites, leagues, st.booleans())
def test_nothing_that_is_requested_breaks_a_limit_at_length(
    data: st.DataObject, site: Site, rules: Rules, with_flags: bool
) -> None:
    check_safe(data, site, rules, with_flags)


def check_live(data: st.DataObject, site: Site, rules: Rules) -> None:
    """Each phase is green within the longest red after its first call."""
    limited, gate = made(site, rules)  # type: ignore[misc]
    n = len(site.phases)
    asked = data.draw(requests(limited, len(stages_of(limited))))
    calls, peds = data.draw(masks(n)), data.draw(masks(n))
    first: dict[int, int] = {}
    for k, request in enumerate(asked):
        command = gate.step(request, calls[k], peds[k], Flag.NONE, float(k))
        for p in range(n):
            if command.colours[p] == 2:
                first.pop(p, None)
            elif calls[k, p]:
                first.setdefault(p, k)
            waited = k - first.get(p, k)
            assert waited <= limited.longest_red_s, (p, waited, command.refused)


@quick
@given(st.data(), sites, st.sampled_from([STREET, FREE]))
def test_every_call_is_served_within_the_longest_red(
    data: st.DataObject, site: Site, rules: Rules
) -> None:
    check_live(data, site, rules)


@pytest.mark.slow
@long
@given(st.data(), sites, st.sampled_from([STREET, FREE]))
def test_every_call_is_served_within_the_longest_red_at_length(
    data: st.DataObject, site: Site, rules: Rules
) -> None:
    check_live(data, site, rules)


@quick
@given(st.data(), sites, leagues)
def test_what_it_says_is_allowed_is_accepted(
    data: st.DataObject, site: Site, rules: Rules
) -> None:
    limited, gate = made(site, rules)  # type: ignore[misc]
    n, n_stages = len(site.phases), len(stages_of(limited))
    calls = data.draw(masks(n))
    for k in range(120):
        allowed = gate.allowed()
        if gate.stage >= 0:
            assert allowed[gate.stage]
        choice = data.draw(st.integers(0, n_stages - 1)) if k % 7 == 0 else choice
        stage, leaving = gate.stage, k > 0 and choice != gate.stage and not gate.changing
        command = gate.step(Request(stage=choice), calls[k], calls[k], Flag.NONE, float(k))
        if leaving and stage >= 0 and not allowed[choice] and k and (calls[k] == calls[k - 1]).all():
            continue
        if leaving and allowed[choice] and (calls[k] == calls[k - 1]).all():
            assert command.stage == choice, command.refused
