"""Any plan at all: it is refused, or what is in force is that plan, in whole and safe seconds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenband.cabinet.driver import RefusedError
from greenband.cabinet.greens_to_plan import PlanLimits, WantedGreens
from greenband.cabinet.rsmp.time_plan import durations_s
from greenband.engine.frame import Colour
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site_toml import parse_site

from .conftest import SITE_TOML
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


RINGS = ((("2",), ("3",), ("4",)), (("6",), ("7",), ("8",)))
PHASES = {"2": 41.0, "6": 41.0, "3": 14.0, "7": 14.0, "4": 35.0, "8": 35.0}


def of_phases(splits: dict[str, float], **more: Any) -> Plan:
    phases = tuple(Split(id=name, split_s=s) for name, s in splits.items())
    return Plan(site="J", cycle_s=90, offset_s=20, rings=RINGS, phases=phases, **more)


def test_a_plan_of_phases_whose_rings_change_together_is_one_of_stages() -> None:
    bench = make_bench()
    bench.driver.run_plan(of_phases(PHASES, reference_phase="7"))
    written = bench.controller.plans[bench.controller.commanded]
    assert durations_s(written, bench.controller.stages) == [41, 14, 35]
    # Phase 7 begins at second 20, so the first stage 41 s earlier: 69; by RSMP's counter 21.
    assert written.offset_s == 21


@pytest.mark.parametrize(
    ("change", "more", "reason"),
    [
        ({"3": 15.0, "2": 40.0}, {}, r"stage 2\+6: its phases have splits of \[40.0, 41.0\]"),
        ({"9": 5.0}, {}, "splits for phases"),
        ({}, {"reference_point": "start_of_yellow", "reference_phase": "2"}, "offset must refer"),
    ],
)
def test_other_plans_of_phases_are_refused(
    change: dict[str, float], more: dict[str, Any], reason: str
) -> None:
    bench = make_bench()
    with pytest.raises(RefusedError, match=reason):
        bench.driver.run_plan(of_phases(PHASES | change, **more))
    assert not bench.gateway.sent


def test_the_plans_that_a_live_controller_comes_to_can_be_run() -> None:
    """Greens that were wanted become a plan of phases, and that is run over RSMP."""
    text = SITE_TOML.read_text(encoding="utf-8")
    site = with_limits(parse_site(text).model_copy(update={"rings": RINGS}), STREET)
    wanted = WantedGreens(site, PlanLimits())
    stages = (("2", "6"), 30), (("3", "7"), 8), (("4", "8"), 26)
    time_s = 0.0
    for _ in range(5):
        for phases, green_s in stages:
            for second in range(green_s + 5):
                shown = [
                    Colour.GREEN if p.id in phases and second < green_s else Colour.RED
                    for p in site.phases
                ]
                wanted.see(time_s, shown, shown, [True] * len(site.phases))
                time_s += 1.0
    plan = wanted.plan(None, "2")
    assert plan is not None
    bench = make_bench()
    bench.driver.run_plan(plan)
    written = bench.controller.plans[bench.controller.commanded]
    splits = {split.id: split.split_s for split in plan.phases}
    assert durations_s(written, bench.controller.stages) == [splits[p] for p in ("2", "3", "4")]


def test_such_plans_are_run_too() -> None:
    """The property above isn't empty: a plan with fractions is in force."""
    bench = make_bench()
    splits = (41.4, 13.7, 34.9)
    stages = tuple(Split(id=n, split_s=s) for n, s in zip(NAMES, splits, strict=True))
    bench.driver.run_plan(Plan(site="J", cycle_s=90, offset_s=7.6, stages=stages))
    written = bench.controller.plans[bench.controller.commanded]
    assert durations_s(written, bench.controller.stages) == [41, 14, 35]
    assert written.offset_s == 82
