"""HCM 7th ed. ch. 31, section 2, pretimed phase duration (Exhibit 31-7): two phases.

Critical flow ratios 0.45 and 0.35, 8 s lost: least cycle 40 s; 61 s for X = 0.92; at 60 s
X_c = 0.923 and greens of 29.3 and 22.7 s.
"""

from __future__ import annotations

import pytest

from greenband.engine.hcm import analyse
from greenband.engine.kernels.delay import critical_ratio
from greenband.engine.plan import Plan, Split
from greenband.engine.site import Approach, Lane, Movement, Phase, Site
from greenband.engine.webster import practical_cycle_s, webster_greens_s


def test_cycle_and_greens() -> None:
    assert practical_cycle_s(0.8, 8.0, 1.0) == pytest.approx(40.0)
    assert practical_cycle_s(0.8, 8.0, 0.92) == pytest.approx(61.3, abs=0.1)
    assert critical_ratio(60.0, 8.0, 0.8) == pytest.approx(0.923, abs=5e-4)
    assert webster_greens_s((0.45, 0.35), 60.0, 8.0) == pytest.approx((29.25, 22.75))


@pytest.fixture(scope="module")
def site() -> Site:
    names = ("EB", "WB", "NB", "SB")
    return Site(
        id="exhibit-31-7",
        approaches=tuple(Approach(id=d, lanes=(Lane(id=d, movements=(f"{d}T",)),)) for d in names),
        movements=tuple(Movement(id=f"{d}T", approach=d, turn="T") for d in names),
        phases=(
            Phase(id=2, protected=("EBT", "WBT"), yellow_s=4.0, red_clearance_s=0.0),
            Phase(id=8, protected=("NBT", "SBT"), yellow_s=4.0, red_clearance_s=0.0),
        ),
        rings=((("2",), ("8",)),),
    )


def test_the_plan_has_the_published_critical_ratio(site: Site) -> None:
    plan = Plan(
        site=site.id, cycle_s=60.0, phases=(Split(id=2, split_s=33.3), Split(id=8, split_s=26.7))
    )
    volumes = {"EBT": 855.0, "WBT": 475.0, "NBT": 665.0, "SBT": 475.0}
    result = analyse(site, plan, volumes)
    assert result.critical_x == pytest.approx(0.923, abs=1e-3)
    by_name = {g.name: g for g in result.lane_groups}
    # c = 1900 x 29.3/60; d1 and d2 by eq. 19-19 and 19-26 by hand, k = 0.5, I = 1.
    eb = by_name["EB T"]
    assert eb.capacity_veh_h == pytest.approx(927.8, abs=0.1)
    assert eb.x == pytest.approx(0.9215, abs=1e-3)
    assert eb.d1_s == pytest.approx(14.29, abs=0.05)
    assert eb.d2_s == pytest.approx(15.73, abs=0.1)
    assert eb.los == "C"
