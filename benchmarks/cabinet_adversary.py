"""A great many plans and requests made to do harm; counts those that a rule let pass wrongly.

    python -m greenband.benchmarks.cabinet_adversary --plans 1000000

Plans are drawn from wild to nearly right. Each goes through rounding and verifier against a
controller's values; every hundredth through the whole driver into a cabinet, where what is called
in the end is judged by its own tables. Beside each plan a random SET goes to the gateway's rules.
The judge is written apart from the verifier, from the standard's sentences.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from greenband.cabinet.driver import DriverError, RefusedError
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.gateway_rules import LISTED, Now, refusals
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.ntcip_live import Live, read_live
from greenband.cabinet.ntcip_plan import propose
from greenband.cabinet.ntcip_verify import Limits, verify
from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.snmp import Agent, CallTransport, SnmpSession
from greenband.engine.plan import Plan, Split

from .quiet_cabinet import ACCESS, COMMUNITIES, PHASES, RIGHTS, SLOTS, SPLITS, QuietCabinet

EVERY = 100
_NAMES = (*map(str, range(1, 10)), "0", "17", "255", "-2", "two", "")
_ODD_S = (0.0, 1e-9, 9.999, 10.0, 254.5, 255.0, 256.0, 999.0, 1e9, float("inf"))
_OWN = {slot.pattern for slot in SLOTS}
_OWN_SPLITS = {slot.split for slot in SLOTS}


def attack(plans: int, seed: int = 1) -> Counter[str]:
    """How many plans and SETs were refused, accepted, and accepted wrongly (`harm ...`)."""
    draw = random.Random(seed)
    counts: Counter[str] = Counter()
    cabinet, gateway, live = _target(draw)
    for n in range(plans):
        if n % (EVERY * 20) == 0:
            cabinet, gateway, live = _target(draw)
        plan = wild(draw) if draw.random() < 0.4 else near(draw)
        _to_verifier(plan, live, cabinet, counts)
        _to_rules(draw, counts)
        if n % EVERY == 0:
            _to_cabinet(plan, gateway, cabinet, counts)
    return counts


def wild(draw: random.Random) -> Plan:
    """A plan without any sense."""
    splits = [
        Split(id=draw.choice(_NAMES), split_s=_seconds(draw)) for _ in range(draw.randrange(11))
    ]
    cycle_s, offset_s = max(1e-9, _seconds(draw)), _seconds(draw)
    return Plan(site="quiet", cycle_s=cycle_s, offset_s=offset_s, phases=tuple(splits))


def near(draw: random.Random) -> Plan:
    """A good plan with a few values moved: the kind that slips through."""
    values = {phase: float(split_s) for phase, split_s in SPLITS.items()}
    if draw.random() < 0.5:  # rings that still meet
        moved, first = draw.uniform(-8, 8), draw.choice((1, 3, 5, 7))
        values[first] += moved
        values[first + 1] -= moved
    else:
        for phase in draw.sample(sorted(values), draw.randrange(4)):
            values[phase] = max(0.0, values[phase] + draw.uniform(-25, 25))
    cycle_s = 90 + draw.choice((0.0, 0.0, 0.0, 0.4, 1.0, -1.0, 30.0, 41.0))
    return Plan(
        site="quiet",
        cycle_s=cycle_s,
        offset_s=draw.uniform(0, 95),
        phases=tuple(Split(id=str(phase), split_s=s) for phase, s in values.items()),
    )


def harm(cabinet: QuietCabinet, splits_s: Mapping[int, int], cycle_s: int, offset_s: int) -> bool:
    """Whether a pattern of these values would be unsafe or go free, by the cabinet's own tables."""
    if set(splits_s) != PHASES or not 30 <= cycle_s <= 255 or not 0 <= offset_s < cycle_s:
        return True
    short = any(splits_s[phase] < _need_s(cabinet, phase) for phase in PHASES)
    barrier = splits_s[1] + splits_s[2] != splits_s[5] + splits_s[6]
    ring = any(sum(splits_s[p] for p in range(a, a + 4)) != cycle_s for a in (1, 5))
    return short or barrier or ring


def _need_s(cabinet: QuietCabinet, phase: int) -> float:
    least = cabinet.number("phaseMinimumGreen", phase)
    if cabinet.number("phaseOptions", phase) & 1 << 8 or phase in (2, 6):
        walk = cabinet.number("phaseWalk", phase)
        if walk:
            least = max(least, walk + cabinet.number("phasePedestrianClear", phase))
    change_ds = cabinet.number("phaseYellowChange", phase) + cabinet.number("phaseRedClear", phase)
    return least + change_ds / 10


def _target(draw: random.Random) -> tuple[QuietCabinet, Gateway, Live]:
    """A cabinet with timings of its own."""
    cabinet = QuietCabinet()
    for phase in PHASES:
        for name, values in (
            ("phaseMinimumGreen", range(3, 10)), ("phaseYellowChange", (30, 36, 40, 43)),
            ("phaseRedClear", (5, 10, 15)), ("phaseOptions", (1, 1 | 1 << 8)),
        ):  # fmt: skip
            cabinet.values[OBJECTS[name].instance(phase)] = draw.choice(values)
        if phase % 2:  # left turns have nobody walking beside them
            cabinet.values[OBJECTS["phaseWalk"].instance(phase)] = 0
    agent = Agent(cabinet, COMMUNITIES)
    gateway = Gateway(SnmpSession(CallTransport(agent.handle), ACCESS["v2c"]), RIGHTS)
    return cabinet, gateway, read_live(gateway, SLOTS, 16, 2)


def _to_verifier(plan: Plan, live: Live, cabinet: QuietCabinet, counts: Counter[str]) -> None:
    try:
        proposal = propose(plan, live)
    except RefusedError:
        counts["plans refused"] += 1
        return
    if verify(proposal, live, Limits()):
        counts["plans refused"] += 1
        return
    counts["plans accepted"] += 1
    counts["harm by plans"] += harm(cabinet, proposal.splits_s, proposal.cycle_s, proposal.offset_s)


def _to_cabinet(plan: Plan, gateway: Gateway, cabinet: QuietCabinet, counts: Counter[str]) -> None:
    try:
        NtcipDriver(gateway).run_plan(plan)
    except DriverError:
        counts["runs refused"] += 1
        return
    counts["runs called"] += 1
    pattern = cabinet.number("systemPatternControl")
    splits = dict(zip(SPLITS, cabinet.splits(pattern), strict=True))
    cycle_s = cabinet.number("patternCycleTime", pattern)
    offset_s = cabinet.number("patternOffsetTime", pattern)
    counts["harm by runs"] += pattern not in _OWN or harm(cabinet, splits, cycle_s, offset_s)


def _to_rules(draw: random.Random, counts: Counter[str]) -> None:
    name = draw.choice(_LISTED if draw.random() < 0.7 else _ALL_NAMES)
    row = tuple(draw.choice((1, 2, 8, 9, 10, 11, 20, 21, 0)) for _ in range(draw.randrange(3)))
    value = draw.choice((draw.randrange(-1, 300), 0, 1, 255, 65536))
    oid = OBJECTS[name].instance(*row)
    if refusals([(oid, value)], RIGHTS, Now(frozenset({draw.choice((1, 10, 11))}), 0, 0)):
        counts["sets refused"] += 1
        return
    counts["sets accepted"] += 1
    counts["harm by sets"] += not _may_be_set(name, row, value)


def _may_be_set(name: str, row: tuple[int, ...], value: int) -> bool:
    """The list of the standard's driving rules, written once more."""
    if name not in LISTED or not OBJECTS[name].low <= value <= OBJECTS[name].high:
        return False
    if name == "splitTime":
        return len(row) == 2 and row[0] in _OWN_SPLITS and row[1] in PHASES
    if name in ("patternCycleTime", "patternOffsetTime"):
        return len(row) == 1 and row[0] in _OWN
    if name == "systemPatternControl":
        return value in {0, *_OWN}
    if name.endswith(("Hold", "ForceOff", "VehCall", "PedCall")):
        return len(row) == 1 and (row[0] == 1 or value == 0)
    return name.endswith("PhaseOmit") and value == 0


def _seconds(draw: random.Random) -> float:
    kind = draw.randrange(3)
    if kind == 0:
        return draw.uniform(0, 400)
    return float(draw.randrange(300)) if kind == 1 else draw.choice(_ODD_S)


_ALL_NAMES, _LISTED = sorted(OBJECTS), sorted(LISTED)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module; 1 where anything did harm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--plans", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    began = time.perf_counter()
    counts = attack(chosen.plans, chosen.seed)
    row = {"plans": chosen.plans, "seed": chosen.seed, **counts}
    sys.stdout.write(json.dumps({**row, "wall_s": round(time.perf_counter() - began, 1)}) + "\n")
    return int(any(n for name, n in counts.items() if name.startswith("harm")))


if __name__ == "__main__":
    sys.exit(main())
