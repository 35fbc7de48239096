"""Any plan at all: it is refused, or what is in force is that plan, in whole and safe seconds."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from greenband.cabinet.driver import RefusedError
from greenband.cabinet.rsmp.time_plan import durations_s
from greenband.engine.plan import Plan, Split

from .test_driver import make_bench

SECONDS = st.floats(0, 130) | st.integers(0, 130).map(float) | st.sampled_from([0.4, 22.9, 1e9])
NAMES = ("2+6", "3+7", "4+8")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    splits = [draw(SECONDS) for _ in NAMES]
    total_s = sum(splits) or 1.0
    return Plan(
        site="J",
        cycle_s=total_s if draw(st.integers(0, 9)) else max(draw(SECONDS), 0.1),
        offset_s=draw(SECONDS),
        stages=tuple(Split(id=n, split_s=s) for n, s in zip(NAMES, splits, strict=True)),
    )


@settings(max_examples=150, deadline=None)
@given(plans())
def test_what_is_in_force_is_what_was_asked_for(plan: Plan) -> None:
    bench = make_bench(cycle_change_s=200.0)
    controller = bench.controller
    before = dict(controller.plans)
    with suppress(RefusedError):
        bench.driver.run_plan(plan)
    if not controller.commanded:
        assert controller.plans == before
        return
    written = controller.plans[controller.commanded]
    lengths = durations_s(written, controller.stages)
    assert sum(lengths) == written.cycle_s == round(plan.cycle_s)
    assert (written.offset_s + round(plan.offset_s)) % written.cycle_s == 0
    for stage, length_s, split in zip(controller.stages, lengths, plan.stages, strict=True):
        assert length_s >= stage.base_s
        assert abs(length_s - split.split_s) <= 1.0 + 1e-6


def test_such_plans_are_run_too() -> None:
    """The property above isn't empty: a plan with fractions is in force."""
    bench = make_bench()
    splits = (41.4, 13.7, 34.9)
    stages = tuple(Split(id=n, split_s=s) for n, s in zip(NAMES, splits, strict=True))
    bench.driver.run_plan(Plan(site="J", cycle_s=90, offset_s=7.6, stages=stages))
    written = bench.controller.plans[bench.controller.commanded]
    assert durations_s(written, bench.controller.stages) == [41, 14, 35]
    assert written.offset_s == 82
