"""The limits that a league gives a site, against the manuals' worked figures."""

from __future__ import annotations

import pytest

from greenband.engine.errors import InputError
from greenband.engine.rules import RESCO, STREET, resco, with_limits
from greenband.engine.site import Phase, Site
from greenband.engine.site_toml import parse_site

TEXT = """
id = "Main & 1st"
stages = [["N", "W"], ["E"]]

[[approaches]]
id = "NB"
speed_mph = 40
junction_width_ft = 60
lanes = ["T"]

[[approaches]]
id = "EB"
speed_mph = 30
grade_percent = -4
lanes = ["L", "R"]

[[phases]]
id = "N"
protected = ["NBT"]

[[phases]]
id = "E"
protected = ["EBL", "EBR"]
crossing_m = 20

[[phases]]
id = "W"
kind = "pedestrian"
crossing_m = 12
"""


def limited(text: str = TEXT, rules: object = STREET) -> Site:
    return with_limits(parse_site(text), rules)  # type: ignore[arg-type]


def test_yellow_is_by_the_approach_speed_and_grade() -> None:
    site = limited()
    # ITE: 1 + 1.47 * 40 / 20 = 3.94 s; downhill 1 + 1.47 * 30 / (20 - 64.4 * 0.04) = 3.53 s
    assert site.phase("N").yellow_s == 3.9
    assert site.phase("E").yellow_s == 3.5


def test_yellow_stays_within_three_and_six_seconds() -> None:
    slow = limited(TEXT.replace("speed_mph = 40", "speed_mph = 15"))
    fast = limited(TEXT.replace("speed_mph = 40", "speed_mph = 90"))
    assert slow.phase("N").yellow_s == 3.0
    assert fast.phase("N").yellow_s == 6.0


def test_red_clearance_is_by_width_and_at_least_a_second() -> None:
    # (60 + 20) / (1.47 * 40) = 1.36 s
    assert limited().phase("N").red_clearance_s == 1.4
    narrow = limited(TEXT.replace("junction_width_ft = 60", "junction_width_ft = 10"))
    assert narrow.phase("N").red_clearance_s == 1.0


def test_minimum_greens_are_seven_seconds_for_through_and_five_for_turning_phases() -> None:
    site = limited()
    assert [site.phase(p).min_green_s for p in "NEW"] == [7.0, 5.0, 7.0]


def test_people_get_seven_seconds_of_walk_and_clearance_at_their_speed() -> None:
    site = limited()
    # 20 / 1.07 = 18.7 and 12 / 1.07 = 11.2, in whole seconds
    assert (site.phase("E").walk_s, site.phase("E").ped_clearance_s) == (7.0, 19.0)
    assert (site.phase("W").walk_s, site.phase("W").ped_clearance_s) == (7.0, 12.0)
    assert site.phase("N").walk_s is None


def test_what_a_site_states_wins_in_the_street_and_loses_in_resco() -> None:
    text = TEXT.replace(
        'protected = ["NBT"]', 'protected = ["NBT"]\nmin_green_s = 12\nyellow_s = 4.5'
    )
    street, published = limited(text), limited(text, RESCO)
    assert (street.phase("N").min_green_s, street.phase("N").yellow_s) == (12.0, 4.5)
    assert (published.phase("N").min_green_s, published.phase("N").yellow_s) == (5.0, 3.0)


def test_resco_is_as_published() -> None:
    site = limited(rules=resco(2.0))
    for phase in site.phases:
        assert (phase.min_green_s, phase.red_clearance_s) == (5.0, 0.0)
        assert phase.yellow_s == 2.0
    assert site.phase("W").ped_clearance_s == 2.0
    assert site.phase("E").walk_s is None


def test_a_stated_yellow_outside_the_rules_is_refused_with_place_and_range() -> None:
    text = TEXT.replace('protected = ["NBT"]', 'protected = ["NBT"]\nyellow_s = 2.5')
    with pytest.raises(InputError) as error:
        limited(text)
    assert str(error.value) == (
        "Main & 1st, phase N: yellow_s 2.5 s. Allowed: 3.0 to 6.0 s (rules of league street). "
        "Change it in site.toml, or leave it out to have it computed."
    )


def test_limits_are_filled_in_once() -> None:
    site = limited()
    assert with_limits(site, STREET) == site
    assert isinstance(site.phase("N"), Phase)
