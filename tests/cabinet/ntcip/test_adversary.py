"""Plans and requests made to do harm: whatever is in force in the end breaks no rule.

The judge here is written apart from the verifier: from the standard's sentences, on the
controller's own tables.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenband.cabinet.driver import DriverError, PhaseOrders
from greenband.cabinet.gateway_rules import LISTED
from greenband.cabinet.objects import OBJECTS
from greenband.engine.plan import Plan, Split

from .conftest import RINGS, SPLITS, Bench, Controller, at, make_bench, plan_of


def number(controller: Controller, name: str, *row: int) -> int:
    value = controller.said(name, *row)
    assert isinstance(value, int)
    return value


def need_s(controller: Controller, phase: int) -> float:
    """What a phase must get, by the standard's sentence on the least service."""
    change_ds = number(controller, "phaseYellowChange", phase)
    change_ds += number(controller, "phaseRedClear", phase)
    least = number(controller, "phaseMinimumGreen", phase)
    if number(controller, "phaseOptions", phase) & 1 << 8 or phase in (2, 6):
        walk = number(controller, "phaseWalk", phase)
        if walk:
            least = max(least, walk + number(controller, "phasePedestrianClear", phase))
    return least + change_ds / 10


def harm(controller: Controller) -> list[str]:
    """What is wrong with the pattern that is called, by the controller's own tables."""
    pattern = number(controller, "systemPatternControl")
    if pattern == 0:
        return []
    if pattern not in (10, 11):
        return [f"pattern {pattern} isn't ours"]
    split = number(controller, "patternSplitNumber", pattern)
    cycle = number(controller, "patternCycleTime", pattern)
    offset = number(controller, "patternOffsetTime", pattern)
    splits = {phase: number(controller, "splitTime", split, phase) for phase in range(1, 9)}
    said = [
        f"phase {phase}: {seconds} s" for phase, seconds in splits.items()
        if seconds < need_s(controller, phase)
    ]  # fmt: skip
    for a, b in (((1, 2), (5, 6)), ((3, 4), (7, 8))):
        if sum(splits[p] for p in a) != sum(splits[p] for p in b):
            said.append(f"rings {a} and {b} don't meet")
    if any(sum(splits[p] for p in ring) != cycle for ring in RINGS.values()):
        said.append("a ring isn't the cycle")
    if not 30 <= cycle <= 255 or not 0 <= offset < cycle:
        said.append("cycle or offset")
    return said


def wrote_only_what_it_may(controller: Controller) -> bool:
    for sent in controller.sets:
        for label, value in sent.items():
            name, _, row = label.partition(".")
            if name not in LISTED or not OBJECTS[name].low <= value <= OBJECTS[name].high:
                return False
            if name == "splitTime" and row.split(".")[0] not in ("20", "21"):
                return False
            if name.startswith("pattern") and row not in ("10", "11"):
                return False
    return True


SECONDS = st.one_of(
    st.floats(0, 400, allow_nan=False), st.integers(0, 300).map(float),
    st.sampled_from([0.0, 1e-9, 9.999, 10.0, 254.5, 255.0, 256.0, 1e9, float("inf")]),
)  # fmt: skip
NAMES = st.sampled_from([*map(str, range(1, 10)), "0", "17", "255", "-2", "two", "٣", ""])
WILD = st.builds(
    lambda cycle, offset, splits, ring: Plan(
        site="J",
        cycle_s=max(cycle, 1e-9),
        offset_s=offset,
        phases=tuple(Split(id=name, split_s=s) for name, s in splits),
        rings=ring,
    ),
    SECONDS,
    SECONDS,
    st.lists(st.tuples(NAMES, SECONDS), max_size=10),
    st.sampled_from([(), ((("2", "1"), ("4", "3")), (("5", "6"), ("7", "8"))), ((("1", "4"),),)]),
)


@st.composite
def near(draw: st.DrawFn) -> Plan:
    """A good plan with a few values moved: the kind that slips through."""
    values = {f"p{p}": float(s) for p, s in SPLITS.items()}
    for name in draw(st.lists(st.sampled_from(sorted(values)), max_size=4)):
        values[name] = max(0.0, values[name] + draw(st.floats(-25, 25)))
    cycle = 90 + draw(st.sampled_from([0.0, 0.4, 1.0, -1.0, 30.0, 41.0]))
    return plan_of(cycle, draw(st.floats(0, 95)), **values)


def controllers(draw: st.DrawFn) -> Controller:
    controller = Controller()
    for phase in range(1, 9):
        controller.say("phaseMinimumGreen", draw(st.integers(3, 9)), phase)
        controller.say("phaseYellowChange", draw(st.sampled_from([30, 36, 40, 43])), phase)
        controller.say("phaseRedClear", draw(st.sampled_from([5, 10, 15])), phase)
        controller.say("phaseWalk", 7 if phase % 2 == 0 else 0, phase)
        controller.say("phaseOptions", draw(st.sampled_from([1, 1 | 1 << 8])), phase)
    return controller


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.lists(st.one_of(WILD, near()), min_size=1, max_size=4))
def test_no_plan_brings_harm(data: st.DataObject, plans: list[Plan]) -> None:
    bench = make_bench(controller=data.draw(st.composite(controllers)()))
    for plan in plans:
        before = bench.controller.said("systemPatternControl")
        try:
            bench.driver.run_plan(plan)
        except DriverError:
            assert bench.controller.said("systemPatternControl") == before
        assert harm(bench.controller) == []
    assert wrote_only_what_it_may(bench.controller)


def test_the_judge_sees_harm_and_good_plans_get_through() -> None:
    bench = make_bench()
    bench.driver.run_plan(plan_of())
    assert harm(bench.controller) == []
    bench.controller.say("splitTime", 9, 20, 1)
    assert len(harm(bench.controller)) == 3


BITS = st.frozensets(st.integers(-1, 20), max_size=5)


@given(st.builds(PhaseOrders, BITS, BITS, BITS, BITS, BITS), st.booleans(), st.booleans())
def test_no_orders_but_those_that_are_allowed(orders: PhaseOrders, tier: bool, omit: bool) -> None:
    bench = make_bench(phase_tier=tier, omit=omit)
    try:
        bench.driver.order(orders)
    except DriverError:
        assert bench.controller.sets == []
        return
    told = orders.hold | orders.force_off | orders.call | orders.ped_call | orders.omit
    assert tier or not told
    assert told <= set(range(1, 9))
    assert omit or not orders.omit
    assert not orders.hold & orders.force_off


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(OBJECTS)),
            st.lists(st.integers(0, 25), max_size=2),
            st.integers(-1, 300),
        ),
        max_size=3,
    )
)
def test_past_the_driver_the_gateway_still_stands(
    wanted: list[tuple[str, list[int], int]],
) -> None:
    bench: Bench = make_bench(phase_tier=True)
    try:
        bench.gateway.set([(at(name, *row), value) for name, row, value in wanted])
    except DriverError:
        return
    assert wrote_only_what_it_may(bench.controller)
    assert bench.controller.said("systemPatternControl") in (0, 10, 11)
