"""Whatever is requested, what the Gate shows passes the checker that reads colours only."""

from __future__ import annotations

import dataclasses
import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from greenband.engine.colour_check import audit
from greenband.engine.frame import Command, Flag, Request
from greenband.engine.gate import Gate
from greenband.engine.gate_limits import limits_of
from greenband.engine.gate_order import make_order
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


def tenths(rng: random.Random, low: float, high: float) -> float:
    return rng.randint(round(low * 10), round(high * 10)) / 10


def limits(rng: random.Random, pedestrian: bool = False, crossing: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "min_green_s": tenths(rng, 0, 12),
        "yellow_s": tenths(rng, 3, 6),
        "red_clearance_s": tenths(rng, 0, 4),
        "max_green_s": rng.choice([None, tenths(rng, 12, 60)]),
        "recall": rng.choice(["none", "none", "none", "min", "ped"]),
    }
    if pedestrian or crossing:
        found |= {"walk_s": tenths(rng, 4, 9), "ped_clearance_s": tenths(rng, 3, 18)}
    return found


def approach(name: str, bearing_deg: float | None, *movements: str) -> Approach:
    lanes = tuple(Lane(id=f"{m} lane", movements=(m,)) for m in movements)
    return Approach(id=name, bearing_deg=bearing_deg, lanes=lanes)


randoms = st.integers(0, 2**32).map(random.Random)


@st.composite
def ring_sites(draw: st.DrawFn) -> Site:
    """Four legs with lefts that may be permitted too, in two rings; crosswalks beside throughs."""
    rng = draw(randoms)
    permissive = draw(st.sets(st.sampled_from(sorted(STRAIGHT))))
    crossings = draw(st.sets(st.sampled_from(sorted(STRAIGHT))))
    dropped = draw(st.sampled_from([set(), set(), {"1", "5"}, {"3"}, {"7", "3"}]))
    phases = []
    for name, phase in sorted((p, a) for a, p in STRAIGHT.items()):
        phases.append(
            Phase(
                id=name,
                protected=(f"{phase}T",),
                permitted=(f"{phase}L",) if phase in permissive or LEFT[phase] in dropped else (),
                **limits(rng, crossing=phase in crossings),
            )
        )
    for a, p in sorted(LEFT.items()):
        if p not in dropped:
            phases.append(Phase(id=p, protected=(f"{a}L",), **limits(rng)))
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
        longest_red_s=rng.randint(30, 200),
    )


@st.composite
def graph_sites(draw: st.DrawFn) -> Site:
    """Any conflict graph: explicit with pairs' own clearances, or what the stages leave apart."""
    rng = draw(randoms)
    n = draw(st.integers(2, 12))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    apart = draw(st.sets(st.sampled_from(pairs), min_size=1)) if pairs else set()
    peds = draw(st.sets(st.integers(0, n - 1), max_size=n // 3))
    turns = rng.choices("TTLR", k=n)
    phases = []
    for i in range(n):
        lefts = [j for j in range(n) if turns[j] == "L" and j not in peds and j != i]
        permitted = set(rng.choices(lefts, k=rng.randint(0, 2))) if lefts else set()
        phases.append(
            Phase(
                id=i,
                kind="pedestrian" if i in peds else "vehicle",
                protected=() if i in peds else (f"m{i}",),
                permitted=() if i in peds else tuple(f"m{j}" for j in sorted(permitted)),
                **limits(rng, pedestrian=i in peds, crossing=rng.random() < 0.5),
            )
        )
    conflicts = tuple(
        Conflict(a=i, b=j, clearance_s=rng.choice([None, tenths(rng, 0, 5)]))
        for i, j in sorted(apart)
    )
    site = Site(
        id="graph",
        approaches=tuple(
            approach(f"a{i}", rng.choice([None, 0, 90, 180, 270]), f"m{i}") for i in range(n)
        ),
        movements=tuple(Movement(id=f"m{i}", approach=f"a{i}", turn=turns[i]) for i in range(n)),
        phases=tuple(phases),
        conflicts=conflicts,
        longest_red_s=rng.randint(30, 200),
    )
    form = draw(st.sampled_from(["maximal", "own", "derived"]))
    if form == "maximal":
        return site
    stages = maximal_stages(site)
    if len(stages) > 2:
        stages = tuple(s for s in stages if rng.random() < 0.6) or stages[:2]
    missing = [p.id for p in site.phases if all(p.id not in s.phases for s in stages)]
    stages += tuple(Stage(id=f"only {p}", phases=(p,)) for p in missing)
    given_conflicts = conflicts if form == "own" else None
    return site.model_copy(update={"stages": stages, "conflicts": given_conflicts})


sites = ring_sites() | graph_sites()
leagues = st.sampled_from([STREET, STREET, FREE, BARE, RESCO])


def plan_of(site: Site, rng: random.Random) -> Plan:
    """Some plan for the site: in rings with equal sums, else of a few stages."""
    if site.rings:
        lengths = {p.id: rng.randint(8, 60) for p in site.phases}
        splits, cycle = [], 0
        for group in zip(*site.rings, strict=True):
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
            offset_s=rng.randint(0, 50),
            reference_phase=rng.choice([None, "2"]),
            reference_point=rng.choice(["start_of_green", "start_of_yellow"]),
        )
    names = [s.id for s in stages_of(site)]
    chosen = rng.choices(names, k=rng.randint(1, 5))
    stages = [Split(id=name, split_s=rng.randint(80, 500) / 10) for name in chosen]
    return Plan(
        site=rng.choice([site.id, site.id, "other"]),
        cycle_s=math.fsum(s.split_s for s in stages),
        stages=tuple(stages),
    )


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


def requests(rng: random.Random, site: Site, n_stages: int) -> list[Any]:
    """One request a second: held, flipped, random, bad, and plans."""
    plans = [plan_of(site, rng), plan_of(site, rng)]
    asked: list[Any] = []
    while len(asked) < SECONDS:
        kind = rng.choice(["hold", "flip", "random", "bad", "plan", "plan"])
        length = rng.randint(1, 120)
        some = [Request(stage=rng.randrange(n_stages)) for _ in range(rng.randint(1, 6))]
        if kind == "hold":
            asked += some[:1] * length
        elif kind == "flip":
            asked += (some * length)[:length]
        elif kind == "random":
            asked += rng.choices(some, k=length)
        elif kind == "bad":
            asked += [rng.choice(BAD)] * min(length, 10)
        else:
            asked += [Request(plan=rng.choice(plans))] * (2 * length)
    return asked[:SECONDS]


def comes_and_goes(rng: random.Random, n: int) -> NDArray[np.bool_]:
    """Calls by second and phase."""
    calls = np.zeros((SECONDS, n), np.bool_)
    for _ in range(rng.randint(0, 12)):
        start = rng.randrange(SECONDS)
        calls[start : start + rng.randint(1, SECONDS), rng.randrange(n)] = True
    return calls


def some_flags(rng: random.Random) -> list[Flag]:
    flags = [Flag.NONE] * SECONDS
    for _ in range(rng.randint(0, 4)):
        start, length = rng.randrange(SECONDS), rng.randint(1, 40)
        flag = rng.choice([Flag.PREEMPT, Flag.FAULT | Flag.MANUAL, Flag.FLASH])
        flags[start : start + length] = [flag] * len(flags[start : start + length])
    return flags


def made(site: Site, rules: Rules) -> tuple[Site, Gate]:
    """A Gate for the site, with a longest red that it can keep."""
    limited = with_limits(site, rules)
    if rules.longest_red:
        order = make_order(limited, rules, limits_of(limited, rules))
        longest_red_s = max(limited.longest_red_s, order.longest_wait_s)
        limited = limited.model_copy(update={"longest_red_s": longest_red_s})
    return limited, Gate(limited, rules)


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
    return [(k, c.colours, c.walks or (0,) * len(c.colours)) for k, c in enumerate(shown)]


def check_safe(rng: random.Random, site: Site, rules: Rules, flags: list[Flag]) -> None:
    limited, gate = made(site, rules)
    n = len(site.phases)
    asked = requests(rng, limited, len(stages_of(limited)))
    calls, peds = comes_and_goes(rng, n), comes_and_goes(rng, n)
    shown = [gate.step(asked[k], calls[k], peds[k], flags[k], 25200.0 + k) for k in range(SECONDS)]
    found = [v for v in audit(history(shown), limited, rules, until_s=SECONDS) if not v.warning]
    assert not found, found[0]
    check_reasons(asked, shown)


quick = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
long = settings(quick, max_examples=3000)


@quick
@given(randoms, sites, leagues, st.booleans())
def test_nothing_that_is_requested_breaks_a_limit(
    rng: random.Random, site: Site, rules: Rules, flagged: bool
) -> None:
    check_safe(rng, site, rules, some_flags(rng) if flagged else [Flag.NONE] * SECONDS)


@pytest.mark.slow
@long
@given(randoms, sites, leagues, st.booleans())
def test_nothing_that_is_requested_breaks_a_limit_at_length(
    rng: random.Random, site: Site, rules: Rules, flagged: bool
) -> None:
    check_safe(rng, site, rules, some_flags(rng) if flagged else [Flag.NONE] * SECONDS)


def check_live(rng: random.Random, site: Site, rules: Rules) -> None:
    """Each phase is green within the longest red after its first call."""
    limited, gate = made(site, rules)
    n = len(site.phases)
    asked = requests(rng, limited, len(stages_of(limited)))
    calls, peds = comes_and_goes(rng, n), comes_and_goes(rng, n)
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
@given(randoms, sites, st.sampled_from([STREET, FREE]))
def test_every_call_is_served_within_the_longest_red(
    rng: random.Random, site: Site, rules: Rules
) -> None:
    check_live(rng, site, rules)


@pytest.mark.slow
@long
@given(randoms, sites, st.sampled_from([STREET, FREE]))
def test_every_call_is_served_within_the_longest_red_at_length(
    rng: random.Random, site: Site, rules: Rules
) -> None:
    check_live(rng, site, rules)


@quick
@given(randoms, sites, st.sampled_from([BARE, RESCO]))
def test_a_stage_that_is_asked_for_long_enough_is_reached(
    rng: random.Random, site: Site, rules: Rules
) -> None:
    """Without calls nothing stands in its way but minimums and clearances."""
    calm = {"recall": "none", "max_green_s": None}
    site = site.model_copy(update={"phases": [p.model_copy(update=calm) for p in site.phases]})
    limited, gate = made(site, rules)
    silent = np.zeros(len(site.phases), np.bool_)
    asked = requests(rng, limited, len(stages_of(limited)))[: SECONDS // 2]
    wanted = Request(stage=rng.randrange(len(stages_of(limited))))
    for k, request in enumerate(asked + [wanted] * 120):
        command = gate.step(request, silent, silent, Flag.NONE, float(k))
    assert (command.stage, command.refused, gate.changing) == (wanted.stage, "", False)


@quick
@given(randoms, sites, leagues)
def test_what_it_says_is_allowed_is_what_it_accepts(
    rng: random.Random, site: Site, rules: Rules
) -> None:
    """`allowed` is asked after a step and tells about the next, where calls stay as they are."""
    limited, gate = made(site, rules)
    n, n_stages = len(site.phases), len(stages_of(limited))
    calls = comes_and_goes(rng, n)
    silent = np.zeros(n, np.bool_)
    wanted = rng.randrange(n_stages)
    for k in range(1, SECONDS):
        allowed, stage, changing = gate.allowed().copy(), gate.stage, gate.changing
        if k % 9 == 0:
            wanted = rng.randrange(n_stages)
        command = gate.step(Request(stage=wanted), calls[k], silent, Flag.NONE, float(k))
        if stage < 0 or changing or (calls[k] != calls[k - 1]).any():
            continue
        if allowed[wanted] and wanted != stage:
            assert command.stage == wanted, command.refused


class Sleepless(Gate):
    """Thinks anew each second."""

    def _next_event_s(self) -> float:
        return -math.inf


def check_wakes(rng: random.Random, site: Site, rules: Rules, flags: list[Flag]) -> None:
    limited, gate = made(site, rules)
    sleepless = Sleepless(limited, rules)
    n = len(site.phases)
    asked = requests(rng, limited, len(stages_of(limited)))
    calls, peds = comes_and_goes(rng, n), comes_and_goes(rng, n)
    for k, request in enumerate(asked):
        now = (request, calls[k], peds[k], flags[k], float(k))
        told, expected = gate.step(*now), sleepless.step(*now)
        for name in ("colours", "walks", "stage", "orders", "pattern"):
            assert getattr(told, name) == getattr(expected, name), (k, name)
        assert bool(told.refused) == bool(expected.refused), (k, told, expected)
        assert (gate.stage, gate.changing) == (sleepless.stage, sleepless.changing)


@quick
@given(randoms, sites, leagues, st.booleans())
def test_a_gate_wakes_whenever_it_would_do_something(
    rng: random.Random, site: Site, rules: Rules, flagged: bool
) -> None:
    check_wakes(rng, site, rules, some_flags(rng) if flagged else [Flag.NONE] * SECONDS)
