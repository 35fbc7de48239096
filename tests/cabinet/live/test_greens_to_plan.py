"""Greens that were wanted become a plan within its limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenband.cabinet.greens_to_plan import PlanLimits, WantedGreens, enough, least_split_s
from greenband.engine.errors import InputError
from greenband.engine.plan import Plan, green_windows
from greenband.engine.site import Site

from .conftest import plan_of

CHANGE_S = 5
LIMITS = PlanLimits(cycle_change_s=1000.0, split_change_s=1000.0)


def drive(
    wanted: WantedGreens,
    cycles: int,
    greens_s: tuple[int, int],
    wants_s: tuple[int | None, int | None],
    waiting: bool = True,
    begin_s: int = 36_000,
) -> int:
    """Show so many cycles; a side wants its green for so long, or (None) longer than it lasts."""
    time_s = begin_s
    for _ in range(cycles):
        for side, (green_s, want_s) in enumerate(zip(greens_s, wants_s, strict=True)):
            for second in range(green_s + CHANGE_S):
                lit = 2 if second < green_s else 0
                ends = want_s is not None and second >= want_s
                both = [(lit, 1 if ends else 2), (0, 0)]
                first, other = both if side == 0 else reversed(both)
                colours = (first[0], first[0], other[0], other[0])
                commanded = (first[1], first[1], other[1], other[1])
                wanted.see(float(time_s), colours, commanded, (waiting,) * 4)
                time_s += 1
    return time_s


def splits(plan: Plan | None) -> dict[str, float]:
    assert plan is not None
    return {s.id: s.split_s for s in plan.phases}


def test_the_plan_has_the_greens_that_were_wanted(site: Site) -> None:
    wanted = WantedGreens(site, LIMITS)
    drive(wanted, 5, (35, 30), (30, 20))
    plan = wanted.plan(None, "2")
    assert splits(plan) == {"2": 35.0, "6": 35.0, "4": 25.0, "8": 25.0}
    assert plan is not None
    assert plan.cycle_s == 60.0
    green_windows(site, plan)


def test_a_green_that_was_cut_wants_more_where_others_wait(site: Site) -> None:
    wanted = WantedGreens(site, replace(LIMITS, growth_ratio=0.2))
    drive(wanted, 5, (40, 20), (None, 19))
    assert splits(wanted.plan(None))["2"] == 40 * 1.2 + CHANGE_S
    calm = WantedGreens(site, replace(LIMITS, growth_ratio=0.2))
    drive(calm, 5, (40, 20), (None, 19), waiting=False)
    assert splits(calm.plan(None))["2"] == 40 + CHANGE_S


def test_too_little_was_seen(site: Site) -> None:
    wanted = WantedGreens(site, LIMITS)
    drive(wanted, 2, (35, 30), (30, 20))
    assert wanted.plan(None) is None


def test_greens_that_are_old_dont_count(site: Site) -> None:
    wanted = WantedGreens(site, replace(LIMITS, window_s=300.0))
    then = drive(wanted, 5, (60, 20), (60, 20))
    drive(wanted, 5, (35, 30), (30, 20), begin_s=then)
    assert splits(wanted.plan(None))["2"] == 35.0


def test_what_was_not_seen_whole_is_forgotten(site: Site) -> None:
    wanted = WantedGreens(site, LIMITS)
    wanted.see(0.0, (2, 2, 0, 0), (2, 2, 0, 0), (True,) * 4)
    wanted.forget()
    wanted.see(9.0, (0, 0, 0, 0), (2, 2, 0, 0), (True,) * 4)
    assert all(not g for g in wanted.greens().values())


def test_minimums_are_kept(site: Site) -> None:
    wanted = WantedGreens(site, replace(LIMITS, cycle_s=(20.0, 150.0)))
    drive(wanted, 5, (30, 30), (1, 20))
    least_s = least_split_s(site.phases[0])
    assert splits(wanted.plan(None))["2"] == least_s == 12.0


def test_people_who_walk_are_within_the_least_split(site: Site) -> None:
    phase = site.phases[0].model_copy(update={"walk_s": 7.0, "ped_clearance_s": 11.0})
    assert least_split_s(phase) == 23.0


def test_the_cycle_stays_within_its_range(site: Site) -> None:
    long, short = WantedGreens(site, LIMITS), WantedGreens(site, LIMITS)
    drive(long, 5, (90, 70), (90, 70))
    drive(short, 5, (10, 10), (8, 7))
    longest, shortest = long.plan(None), short.plan(None)
    assert longest is not None
    assert shortest is not None
    assert (longest.cycle_s, shortest.cycle_s) == (120.0, 50.0)
    assert splits(longest)["2"] > splits(longest)["4"]


@pytest.mark.parametrize(
    ("limits", "main_s", "side_s"),
    [
        (PlanLimits(split_change_s=4.0, cycle_change_s=100.0), 36.0, 29.0),
        (PlanLimits(split_change_s=100.0, cycle_change_s=5.0), 37.5, 29.0),
    ],
)
def test_changes_are_limited(site: Site, limits: PlanLimits, main_s: float, side_s: float) -> None:
    wanted = WantedGreens(site, limits)
    drive(wanted, 5, (60, 20), (60, 20))
    now = splits(wanted.plan(plan_of(40, 30), "2"))
    for phase, before_s in (("2", 40.0), ("4", 30.0)):
        assert abs(now[phase] - before_s) <= limits.split_change_s + 1
    assert abs(now["2"] + now["4"] - 70.0) <= limits.cycle_change_s + 1
    assert now["2"] > 40.0
    assert now["4"] <= 30.0


def test_step_by_step_it_arrives(site: Site) -> None:
    wanted = WantedGreens(site, PlanLimits())
    drive(wanted, 5, (60, 20), (60, 20), waiting=False)
    plan = plan_of(40, 30)
    for _ in range(6):
        following = wanted.plan(plan, "2")
        assert following is not None
        plan = following
    assert splits(plan) == {"2": 65.0, "6": 65.0, "4": 25.0, "8": 25.0}


def test_the_offset_is_where_the_reference_phase_begins(site: Site) -> None:
    wanted = WantedGreens(site, LIMITS)
    drive(wanted, 6, (35, 15), (35, 15), waiting=False, begin_s=36_000 + 17)
    plan = wanted.plan(None, "2")
    assert plan is not None
    assert plan.cycle_s == 60.0
    assert plan.offset_s == (36_000 + 17) % 60
    assert plan.reference_phase == "2"


def test_a_new_cycle_begins_where_the_present_one_does(site: Site) -> None:
    wanted = WantedGreens(site, LIMITS)
    end_s = drive(wanted, 6, (35, 15), (None, 12), begin_s=36_000 + 2)
    plan = wanted.plan(plan_of(40, 20, offset_s=2.0), "2")
    assert plan is not None
    assert plan.cycle_s != 60.0
    begins = {36_002.0 + 60 * k for k in range(7)}
    assert any((begin - plan.offset_s) % plan.cycle_s == 0.0 for begin in begins if begin < end_s)


def test_a_split_is_enough_for_most_of_the_greens(site: Site) -> None:
    wanted = WantedGreens(site, LIMITS)
    now = 36_000
    for want_s in (20, 22, 24, 26, 28, 30, 32, 34, 36, 38):
        now = drive(wanted, 1, (45, 25), (want_s, 20), begin_s=now)
    assert splits(wanted.plan(None))["2"] == 38 + CHANGE_S
    assert enough([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert enough([], 0.9) == 0.0


def test_who_needs_more_than_is_wanted_lengthens_the_others(site: Site) -> None:
    """People need 23 s on the side, whose vehicles want 10: the main street keeps its share."""
    walking = site.phases[2].model_copy(update={"walk_s": 7.0, "ped_clearance_s": 11.0})
    phases = (*site.phases[:2], walking, site.phases[3])
    wanted = WantedGreens(site.model_copy(update={"phases": phases}), LIMITS)
    drive(wanted, 5, (40, 18), (30, 10))
    found = splits(wanted.plan(None))
    assert found["4"] == 23.0
    assert found["2"] == pytest.approx(35.0 * 23.0 / 15.0, abs=1.0)


def test_rings_meet_for_any_wish(site: Site) -> None:
    uneven = site.model_copy(update={"rings": ((("2",), ("4",)), (("6",), ("8",)))})
    wanted = WantedGreens(uneven, LIMITS)
    for second in range(600):
        at = second % 100
        colours = (2 * (at < 41), 2 * (at < 33), 2 * (50 <= at < 71), 2 * (50 <= at < 90))
        wanted.see(float(second), colours, (2,) * 4, (False,) * 4)
    plan = wanted.plan(None)
    green_windows(site, plan) if plan is not None else pytest.fail("no plan")


def test_a_site_without_rings_is_refused(site: Site) -> None:
    with pytest.raises(InputError, match="no rings"):
        WantedGreens(site.model_copy(update={"rings": ()}))
