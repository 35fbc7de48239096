"""site.toml: short forms, units, exact round trips, and every mistake with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.errors import InputError
from greenband.engine.site import (
    Approach,
    Area,
    Conflict,
    Detector,
    Lane,
    Movement,
    Phase,
    Site,
    Stage,
    Yield,
)
from greenband.engine.site_toml import check_site, parse_site, site_to_toml

TEXT = """
id = "Main & 1st"
rings = [[[1, 2], [4]], [[5, 6], []]]

[[approaches]]
id = "NB"
speed_mph = 30
lanes = ["L", {turns = "TR", length_ft = 250}]

[[approaches]]
id = "SB"
speed_kmh = 54
lanes = ["L", "T"]

[[approaches]]
id = "EB"
lanes = ["LR"]

[[phases]]
id = 1
protected = ["SBL"]

[[phases]]
id = 2
protected = ["NBT", "NBR"]
permitted = ["NBL"]

[[phases]]
id = 4
protected = ["EBL", "EBR"]

[[phases]]
id = 5
protected = ["NBL"]

[[phases]]
id = 6
protected = ["SBT"]
min_green_s = 9
max_green_s = 30
"""


def refused(text: str) -> str:
    with pytest.raises(InputError) as error:
        parse_site(text, "main.toml")
    return str(error.value)


def test_short_forms_are_written_out() -> None:
    site = parse_site(TEXT)
    assert [lane.id for lane in site.lanes] == ["NB1", "NB2", "SB1", "SB2", "EB1"]
    assert site.lanes[1].movements == ("NBT", "NBR")
    assert [m.id for m in site.movements] == ["NBL", "NBT", "NBR", "SBL", "SBT", "EBL", "EBR"]
    assert (site.movement("SBL").approach, site.movement("SBL").turn) == ("SB", "L")
    assert site.rings == ((("1", "2"), ("4",)), (("5", "6"), ()))


def test_feet_and_miles_and_kilometres_an_hour_are_taken() -> None:
    site = parse_site(TEXT)
    assert site.lanes[1].length_m == pytest.approx(76.2)
    assert site.approach("NB").speed_mps == pytest.approx(13.4112)
    assert site.approach("SB").speed_mps == pytest.approx(15.0)


def test_stages_and_conflicts_may_be_lists() -> None:
    text = """
id = "X"
stages = [["a", "b"], ["c"]]
conflicts = [["a", "c"], {a = "b", b = "c", clearance_s = 2.5}]
approaches = [{id = "NB", lanes = ["T"]}, {id = "EB", lanes = ["T"]}]
phases = [
  {id = "a", protected = ["NBT"]},
  {id = "b", kind = "pedestrian"},
  {id = "c", protected = ["EBT"]},
]
"""
    site = parse_site(text)
    assert site.stages == (Stage(id="a+b", phases=("a", "b")), Stage(id="c", phases=("c",)))
    assert site.conflicts == (Conflict(a="a", b="c"), Conflict(a="b", b="c", clearance_s=2.5))


def test_movements_that_are_described_are_not_added_again() -> None:
    text = TEXT + '\n[[movements]]\nid = "NBL"\napproach = "NB"\nturn = "L"\nexit = "west"\n'
    site = parse_site(text)
    assert site.movement("NBL").exit == "west"
    assert [m.id for m in site.movements].count("NBL") == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id = 1\n", "", "main.toml: phases[0].id: nothing there"),
        ("min_green_s = 9", "min_green_s = -9", "phases[4].min_green_s: -9"),
        ("min_green_s = 9", 'min_green_s = "9 s"', "phases[4].min_green_s: '9 s'"),
        ("min_green_s = 9", "min_green_s = 31", "at most its max_green_s of 30 s"),
        ("min_green_s = 9", "min_grean_s = 9", "Did you mean min_green_s?"),
        ("min_green_s = 9", "red_percent = 9", "phases[4].red_percent: red_percent, a key that is"),
        (
            "min_green_s = 9",
            "min_grean_s = 9",
            "phases[4].min_grean_s: min_grean_s, a key that is not known (line 39)",
        ),
        ("length_ft", "lenght_ft", "approaches[0].lanes[1].lenght_ft: lenght_ft, a key that is"),
        ("length_ft", "lenght_ft", "Did you mean length_ft?"),
        ("speed_mph = 30", "sped_mph = 30", "approaches[0].sped_mph: sped_mph, a key"),
        ("speed_mph = 30", "sped_mph = 30", "Did you mean speed_mph?"),
        ("speed_mph = 30", "speed_mhp = 30", "Did you mean speed_mph?"),
        ("speed_mph = 30", "speed_kph = 30", "Did you mean speed_kmh?"),
        ("speed_mph = 30", "sped_kmh = 30", "Did you mean speed_kmh?"),
        ("speed_mph = 30", "speed_mp = 30", "speed_mps, speed_mph, speed_kmh, "),
        ("speed_mph = 30", "speed_msp = 30", "Did you mean speed_mps?"),
        ("length_ft", "lenth_m", "Did you mean length_m?"),
        ("speed_mph = 30", "speed_mph = -30", "approaches[0].speed_mph: -30. Allowed: input sh"),
        ("{turns =", "{turn =", "Did you mean turns?"),
        ("[[phases]]\nid = 1\n", "[phases]\nid = 1\n", "not TOML"),
        ('lanes = ["LR"]', "lanes = {a = 1}", "approaches[2].lanes: one table"),
        ('lanes = ["LR"]', 'lanes = ["LR"]\n[[area]]\ncbd = true', "area: a list of 1"),
        ('lanes = ["LR"]', 'lanes = ["LR"]\n[detektors]\na = 1', "Did you mean detectors?"),
        ('protected = ["SBL"]', 'protected = ["XBL"]', "phases[0].protected[0]: movement XBL"),
        ('protected = ["SBL"]', "", "phases[0]: vehicle phase 1 without a movement"),
        ('permitted = ["NBL"]', 'permitted = ["NBT"]', "movement NBT of phase 2, which is protec"),
        ('protected = ["SBT"]', 'protected = ["SBL"]', "movement SBT, which no phase serves"),
        ("id = 6\n", "id = 5\n", "phases[4].id: a second phase 5"),
        ("[[5, 6], []]", "[[5, 6]]", "rings[1]: 1 groups between barriers where ring 1 has 2"),
        ("[[5, 6], []]", "[[5, 7], []]", "rings[1][0][1]: phase 7, which the site does not"),
        ("[[5, 6], []]", "[[5, 1], []]", "rings: phase 1 2 times"),
        ("[[5, 6], []]", "[[5], []]", "phases[4].id: phase 6, which is in no ring"),
        ("[[approaches]]", "stages = [[1, 2]]\n[[approaches]]", "stages[0].phases: phases 1 and 2"),
        ("[[approaches]]", "stages = [[9]]\n[[approaches]]", "stages[0].phases[0]: phase 9"),
        ("[[approaches]]", "conflicts = [[2, 6]]\n[[approaches]]", "phases 2 and 6 between the"),
        ("[[approaches]]", "conflicts = [[2, 2]]\n[[approaches]]", "phase 2 with itself"),
        ("[[approaches]]", "longest_red_s = 20\n[[approaches]]", "longest_red_s: 20 s, while"),
        ("speed_mph = 30", "speed_mph = 30\nspeed_mps = 13", "speed_mps is given twice"),
        ('id = "EB"', 'id = "NB"', "approaches[2].id: a second approach NB"),
        ('lanes = ["LR"]', "lanes = []", "approaches[2].lanes: []"),
        ('lanes = ["LR"]', 'lanes = ["LX"]', "approaches[2].lanes[0].turns: 'LX'"),
        ('lanes = ["LR"]', 'lanes = [{movements = ["NBL"]}]', "which belongs to approach NB"),
        ('id = "Main & 1st"', "id = [", "main.toml: not TOML"),
    ],
)
def test_each_mistake_is_refused_with_its_place(old: str, new: str, words: str) -> None:
    assert old in TEXT
    assert words in refused(TEXT.replace(old, new, 1))


@pytest.mark.parametrize("mistake", ["lanes = {a = 1}", "lanes = [[1, 2]]", "lanez = [{a = 1}]"])
def test_no_table_is_written_out(mistake: str) -> None:
    message = refused(TEXT.replace('lanes = ["LR"]', mistake, 1))
    assert "{'" not in message
    assert "[1" not in message


def test_a_misspelt_table_comes_before_what_lacks_for_it() -> None:
    message = refused(TEXT.replace("[[phases]]", "[[fases]]"))
    assert message.startswith("main.toml: fases: fases, a key that is not known")
    assert "Did you mean phases?" in message


def test_a_yield_that_contradicts_a_conflict_is_refused() -> None:
    text = TEXT.replace("[[approaches]]", 'conflicts = [[1, 2]]\nyields = [{phase = 2, to = 1}]\n'
                        "[[approaches]]", 1)  # fmt: skip
    assert "yields[0]: phase 2 yields to 1, and the two are in conflict" in refused(text)


def test_detectors_are_checked() -> None:
    text = TEXT + '\n[[detectors]]\nid = "d"\nlanes = ["NB9"]\n'
    assert "detectors[0].lanes[0]: lane NB9, which the site does not have" in refused(text)


def test_all_problems_are_named_at_once() -> None:
    text = TEXT.replace("SBL", "XBL").replace('"EBR"', '"YBR"')
    message = refused(text)
    assert message.startswith("main.toml: phases[0].protected[0]: movement XBL")
    assert "(and 1 more: phases[2].protected[1]: movement YBR" in message


def test_a_site_made_by_hand_is_checked_the_same_way() -> None:
    site = parse_site(TEXT)
    broken = site.model_copy(update={"phases": (*site.phases, site.phases[0])})
    with pytest.raises(InputError, match="a second phase 1"):
        check_site(broken, "X")


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)
positive = st.floats(0.1, 1e6)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    approaches, movements, phases, detectors = [], [], [], []
    ids = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    for k, name in enumerate(ids):
        movement = Movement(
            id=f"{k}{name}",
            approach=name,
            turn=draw(st.sampled_from("LTRU")),
            exit=draw(st.sampled_from(["", name])),
            yields_to=draw(st.sampled_from([None, ()])),
            receiving_lanes=draw(st.none() | st.integers(1, 4)),
        )
        lane = Lane(id=f"lane {k}", movements=(movement.id,), length_m=draw(positive))
        approaches.append(
            Approach(
                id=name,
                name=draw(st.sampled_from(["", name])),
                bearing_deg=draw(st.none() | st.floats(0, 359)),
                speed_mps=draw(positive),
                lanes=(lane,),
            )
        )
        movements.append(movement)
        phases.append(
            Phase(
                id=f"p{k}",
                protected=(movement.id,),
                min_green_s=draw(st.none() | st.floats(0, 10)),
                max_green_s=draw(st.none() | st.floats(10, 90)),
                crossing_m=draw(st.none() | positive),
                recall=draw(st.sampled_from(["none", "min", "max", "ped"])),
            )
        )
        detectors.append(Detector(id=f"d{k}", lanes=(lane.id,), kind="upstream"))
    pairs = [Conflict(a="p0", b=p.id, clearance_s=draw(st.none() | positive)) for p in phases[1:]]
    return Site(
        id=ids[0],
        area=Area(cbd=draw(st.booleans())),
        approaches=tuple(approaches),
        movements=tuple(movements),
        phases=tuple(phases),
        stages=tuple(Stage(id=p.id, phases=(p.id,)) for p in phases),
        conflicts=draw(st.sampled_from([None, tuple(pairs)])) or None,
        yields=(Yield(phase="p1", to="p2"),) if len(ids) > 2 else (),
        detectors=draw(st.sampled_from([(), tuple(detectors)])),
        control=draw(st.sampled_from(["pretimed", "actuated"])),
    )


@given(sites())
def test_writing_and_reading_gives_the_same_site(site: Site) -> None:
    text = site_to_toml(site)
    assert parse_site(text) == site
    assert site_to_toml(parse_site(text)) == text
