"""``greenband plan``: real files in, one answer out; and every bad input with its message."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest

Greenband = Callable[..., Any]
VOLUMES = {
    "NBL": 133, "NBT": 1644, "NBR": 111, "SBL": 194, "SBT": 933, "SBR": 111,
    "EBL": 71, "EBT": 318, "EBR": 106, "WBL": 118, "WBT": 600, "WBR": 24,
}  # fmt: skip
PUBLISHED = {"2": 34.0, "6": 34.0, "3": 10.2, "4": 57.6, "7": 13.8, "8": 54.0}
CONTRACT = {
    "cycle_s", "offset_s", "phases", "lane_groups", "control_delay_s", "los", "warnings",
}  # fmt: skip


@pytest.fixture
def junction(repo_root: Path) -> Path:
    return repo_root / "networks" / "data" / "junction"


@pytest.fixture
def site(junction: Path) -> Path:
    return junction / "sites" / "J.toml"


@pytest.fixture
def hour(tmp_path: Path) -> Path:
    path = tmp_path / "hour.csv"
    path.write_text(
        f"start,{','.join(VOLUMES)}\n16:30,{','.join(map(str, VOLUMES.values()))}\n", "utf-8"
    )
    return path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "published.toml"
    entries = "".join(f"[[phases]]\nphase = {p}\nsplit_s = {s}\n" for p, s in PUBLISHED.items())
    path.write_text(f"cycle_s = 101.8\n{entries}", "utf-8")
    return path


def _edited(path: Path, folder: Path, old: str, new: str) -> Path:
    """A copy of a file with one thing changed."""
    text = path.read_text("utf-8")
    assert old in text
    copy = folder / f"edited{path.suffix}"
    copy.write_text(text.replace(old, new, 1), "utf-8")
    return copy


def test_hcm_example_with_its_published_durations(
    greenband: Greenband, site: Path, hour: Path, published: Path
) -> None:
    """HCM 7th ed. ch. 31, example problem 1: 45.9 s, LOS D."""
    done = greenband(
        "plan", hour, "--site", site, "--interval", 60, "--timing", published, "--json"
    )
    assert done.code == 0
    data = done.json()
    assert set(data) >= CONTRACT
    assert data["control_delay_s"] == pytest.approx(45.9, abs=1.5)
    assert data["los"] == "D"
    assert data["cycle_s"] == 101.8
    assert {p["phase"]: p["split_s"] for p in data["phases"]} == {
        int(p): s for p, s in PUBLISHED.items()
    }
    groups = {g["name"]: g for g in data["lane_groups"]}
    assert groups["NB T"]["x"] == pytest.approx(1.05, abs=0.02)
    assert groups["EB L"]["saturation_flow_veh_h"] == pytest.approx(702, abs=10)
    assert groups["SB L"]["control_delay_s"] == pytest.approx(32.6, abs=1.5)
    assert data["demand"]["phf"] == 1
    # ours stands beside it, for the same demand, and does better
    assert set(data["ours"]) >= CONTRACT
    assert data["ours"]["control_delay_s"] < data["control_delay_s"]


def test_the_busiest_quarter_is_planned_for(
    greenband: Greenband, junction: Path, site: Path
) -> None:
    done = greenband("plan", junction / "counts.csv", "--site", site, "--json")
    data = done.json()
    assert done.code == 0
    assert data["demand"]["phf"] == pytest.approx(0.945, abs=0.001)
    assert "busiest 15 minutes of the hour from 07:30" in data["demand"]["basis"]
    assert data["volumes_veh_h"]["NBT"] == pytest.approx(
        data["demand"]["hour_veh_h"]["NBT"] / data["demand"]["phf"], rel=1e-3
    )
    hourly = greenband("plan", junction / "counts.csv", "--site", site, "--phf", 1, "--json").json()
    assert hourly["volumes_veh_h"]["NBT"] == 1644
    assert hourly["control_delay_s"] < data["control_delay_s"]


def test_whole_seconds_that_close(greenband: Greenband, junction: Path, site: Path) -> None:
    data = greenband("plan", junction / "counts.csv", "--site", site, "--json").json()
    split = {p["phase"]: p["split_s"] for p in data["phases"]}
    assert all(s == round(s) for s in split.values())
    assert split[2] == split[6]
    assert split[3] + split[4] == split[7] + split[8]
    assert split[2] + split[3] + split[4] == data["cycle_s"]


def test_webster_and_a_fixed_cycle(greenband: Greenband, hour: Path, site: Path) -> None:
    data = greenband(
        "plan", hour, "--site", site, "--interval", 60, "--cycle-min", 100, "--cycle-max", 100,
        "--objective", "webster", "--json",
    ).json()  # fmt: skip
    assert data["cycle_s"] == 100


def test_what_is_printed_can_be_given_back(
    greenband: Greenband, hour: Path, site: Path, tmp_path: Path
) -> None:
    first = greenband("plan", hour, "--site", site, "--interval", 60, "--json")
    plan = tmp_path / "plan.json"
    plan.write_text(first.out, "utf-8")
    again = greenband("plan", hour, "--site", site, "--interval", 60, "--timing", plan, "--json")
    assert again.json()["control_delay_s"] == pytest.approx(first.json()["control_delay_s"])


def test_people_get_tables(greenband: Greenband, hour: Path, site: Path, published: Path) -> None:
    done = greenband("plan", hour, "--site", site, "--interval", 60, "--timing", published)
    assert done.code == 0
    for words in (
        "5th Avenue & 12th Street",
        "Lane groups",
        "Before",
        "Webster's cycle",
        "X = 1.05",
    ):
        assert words in done.out


def test_a_signal_of_a_net_with_its_own_program(
    greenband: Greenband, junction: Path, hour: Path, tmp_path: Path
) -> None:
    net = f"{junction / 'junction.net.xml'}#J"
    done = greenband(
        "plan", hour, "--site", net, "--interval", 60, "--timing", "program",
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    data = done.json()
    assert data["cycle_s"] > 0
    assert data["ours"]["stages"]
    written = {Path(f).name for f in data["files"]}
    assert written == {"plan.json", "sheet.html", "plan.add.xml"}
    logic = ElementTree.parse(tmp_path / "out" / "plan.add.xml").getroot()[0]
    seconds = sum(float(p.get("duration", 0)) for p in logic)
    assert seconds == pytest.approx(data["ours"]["cycle_s"])


def test_all_forms_of_a_ring_site(
    greenband: Greenband, hour: Path, site: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    data = greenband("plan", hour, "--site", site, "--interval", 60, "--out", out, "--json").json()
    assert {Path(f).name for f in data["files"]} == {"plan.json", "sheet.html", "plan.utdf.csv"}
    assert json.loads((out / "plan.json").read_text("utf-8"))["cycle_s"] == data["cycle_s"]
    assert "[Timeplans]" in (out / "plan.utdf.csv").read_text("utf-8")
    page = (out / "sheet.html").read_text("utf-8")
    assert "5th Avenue &amp; 12th Street" in page
    assert not list(out.glob("*.part"))


def test_utdf_of_a_site_with_a_text_id_is_read_back_by_number_and_name(
    greenband: Greenband, hour: Path, site: Path, tmp_path: Path
) -> None:
    named, file = tmp_path / "named.toml", tmp_path / "u.csv"
    text = site.read_text("utf-8")
    named.write_text(re.sub(r"(?m)^id = .*$", 'id = "Oak & Station Rd"', text, count=1), "utf-8")
    done = greenband("plan", hour, "--site", named, "--interval", 60, "--utdf", file)
    assert done.code == 0, done.err
    assert "is no whole number: in u.csv it is node 1" in done.err
    for node in ("1", "Oak & Station Rd"):
        back = greenband("plan", file, "--site", f"{file}#{node}", "--json")
        assert back.code == 0, back.err
        assert back.json()["name"] == "Oak & Station Rd"
    error = greenband("plan", file, "--site", f"{file}#9", "--json").json()["error"]
    assert error["allowed"] == "one of 1 (Oak & Station Rd)"


COUNTS = "start,NBL,NBT\n16:30,10,400\n"


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ("start,NBL,NBT\n16:30,10,-400\n", "-400"),
        ("start,NBL,NBT\n16:30,10,99999\n", "99999"),
        ("start,NBL,NBT\n16:30,10,many\n", "many"),
        ("hour,north,south\n16:30,10,400\n", "columns of no known form"),
        ("NBL,NBT\n10,400\n", "start"),
        ("start,NBL,NBT,NEL\n16:30,10,400,50\n", "a movement that site J does not have"),
    ],
)
def test_counts_that_can_not_be(
    greenband: Greenband, site: Path, tmp_path: Path, counts: str, found: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(counts, "utf-8")
    done = greenband("plan", path, "--site", site, "--interval", 60, "--json")
    assert done.code == 2
    error = done.error()
    assert found in " ".join(error.values())
    assert "bad.csv" in error["where"]


def test_one_row_needs_its_interval(greenband: Greenband, hour: Path, site: Path) -> None:
    done = greenband("plan", hour, "--site", site, "--json")
    assert done.code == 2
    assert "interval" in " ".join(done.error().values())


def test_movements_that_were_not_counted_are_refused(
    greenband: Greenband, site: Path, tmp_path: Path
) -> None:
    path = tmp_path / "few.csv"
    path.write_text(COUNTS, "utf-8")
    done = greenband("plan", path, "--site", site, "--interval", 60, "--json")
    assert done.code == 2
    error = done.error()
    assert error["found"].startswith("no column for EBL, EBT")
    assert "NBL" not in error["found"]
    assert "with zeros if nobody turns there" in error["do"]


@pytest.mark.parametrize(
    ("old", "new", "where", "found"),
    [
        ("phase = 8", "phase = 9", "plan of site J", "phase 9"),
        ("split_s = 54.0", "split_s = 50.0", "barrier 2", "splits sum to 63.8 s"),
        ("cycle_s = 101.8", "cycle_s = 90", "site J", "the cycle is 90.0 s"),
        ("split_s = 10.2", 'split_s = "ten"', "entry 3, split_s", "'ten'"),
        ("split_s = 10.2", "split_s = -10.2", "entry 3, split_s", "-10.2 s"),
        ("phase = 8", "phase = ", "edited.toml", "no TOML"),
    ],
)
def test_timings_that_do_not_fit(
    greenband: Greenband,
    hour: Path,
    site: Path,
    published: Path,
    tmp_path: Path,
    old: str,
    new: str,
    where: str,
    found: str,
) -> None:
    timing = _edited(published, tmp_path, old, new)
    done = greenband("plan", hour, "--site", site, "--interval", 60, "--timing", timing, "--json")
    assert done.code == 2
    error = done.error()
    assert where in error["where"]
    assert "edited.toml" in error["where"]
    assert found in error["found"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["2"]', '["9"]'),
        ('movements = ["EBL"]', 'movements = ["XXL"]'),
        ("speed_mph = 35", "speed_mph = -35"),
        ("cbd = true", "downtown = true"),
    ],
)
def test_sites_that_can_not_be(
    greenband: Greenband, hour: Path, site: Path, tmp_path: Path, old: str, new: str
) -> None:
    bad = _edited(site, tmp_path, old, new)
    done = greenband("plan", hour, "--site", bad, "--interval", 60, "--json")
    assert done.code == 2
    assert "edited.toml" in done.error()["where"]


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["--site", "nowhere.toml"], "nowhere.toml"),
        (["--site", "street.docx"], "street.docx"),
        (["--site", "nowhere.net.xml#J"], "nowhere.net.xml"),
        (["--site", "{site}", "--timing", "program"], "--timing program"),
        (["--site", "{site}", "--timing", "nowhere.json"], "nowhere.json"),
        (["--site", "{site}", "--objective", "luck"], "--objective"),
        (["--site", "{site}", "--sequence", "random"], "--sequence"),
        (["--site", "{site}", "--league", "first"], "--league"),
        (["--site", "{site}", "--cycle-min", "90", "--cycle-max", "60"], "range of cycles"),
        (["--site", "{site}", "--phf", "1.4"], "peak hour factor"),
        (["--site", "{site}", "--tllogic", "x.xml"], "--tllogic"),
        (["--site", "{site}", "--colour", "red"], "command line of greenband plan"),
        ([], "command line of greenband plan"),
    ],
)
def test_arguments_that_do_not_fit(
    greenband: Greenband, hour: Path, site: Path, arguments: list[str], where: str
) -> None:
    given = [a.format(site=site) for a in arguments]
    done = greenband("plan", hour, "--interval", 60, "--json", *given)
    assert done.code == 2
    assert where in done.error()["where"]


def test_what_is_refused_leaves_no_file_behind(
    greenband: Greenband, hour: Path, site: Path, tmp_path: Path
) -> None:
    files = ("--sheet", tmp_path / "s.html", "--out", tmp_path / "o", "--tllogic", tmp_path / "t")
    done = greenband("plan", hour, "--site", site, "--interval", 60, *files)
    assert done.code == 2
    assert not list(tmp_path.glob("[sot]*"))


def test_a_net_with_other_signals(greenband: Greenband, junction: Path, hour: Path) -> None:
    net = junction / "junction.net.xml"
    done = greenband("plan", hour, "--site", f"{net}#Z", "--interval", 60, "--json")
    assert done.code == 2
    assert "Z" in " ".join(done.error().values())


def test_two_conflicting_phases_in_one_stage(
    greenband: Greenband, hour: Path, tmp_path: Path
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(
        """
        id = "c"
        conflicts = [{ a = "ns", b = "ew" }]
        [[approaches]]
        id = "NB"
        lanes = [{ id = "n", movements = ["NBT"] }]
        [[approaches]]
        id = "EB"
        lanes = [{ id = "e", movements = ["EBT"] }]
        [[movements]]
        id = "NBT"
        approach = "NB"
        turn = "T"
        [[movements]]
        id = "EBT"
        approach = "EB"
        turn = "T"
        [[phases]]
        id = "ns"
        protected = ["NBT"]
        [[phases]]
        id = "ew"
        protected = ["EBT"]
        [[stages]]
        id = "both"
        phases = ["ns", "ew"]
        """,
        "utf-8",
    )
    done = greenband("plan", hour, "--site", path, "--interval", 60, "--json")
    assert done.code == 2
    text = " ".join(done.error().values())
    assert "both" in text
    assert "ns" in text
    assert "ew" in text


def test_nothing_is_written_where_it_can_not_be(
    greenband: Greenband, hour: Path, site: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")
    done = greenband(
        "plan", hour, "--site", site, "--interval", 60, "--sheet", blocked / "sheet.html", "--json"
    )
    assert done.code == 2
    assert "can't be written" in done.error()["found"]


def test_webster_s_cycle(greenband: Greenband, tmp_path: Path) -> None:
    """500 and 300 veh/h on 1600 veh/h each, 16 s lost: 58 s, greens as the flow ratios."""
    lanes = "".join(
        f"""
        [[approaches]]
        id = "{a}"
        lanes = [{{ id = "{a}1", movements = ["{a}T"], saturation_flow_veh_h = 1600 }}]
        [[movements]]
        id = "{a}T"
        approach = "{a}"
        turn = "T"
        [[phases]]
        id = {p}
        protected = ["{a}T"]
        yellow_s = 5
        red_clearance_s = 3
        [[stages]]
        id = "stage {p}"
        phases = [{p}]
        """
        for a, p in (("NB", 2), ("EB", 4))
    )
    site, counts = tmp_path / "site.toml", tmp_path / "counts.csv"
    site.write_text(f'id = "w"\n{lanes}', "utf-8")
    counts.write_text("start,NBT,EBT\n07:00,500,300\n", "utf-8")
    data = greenband(
        "plan", counts, "--site", site, "--interval", 60, "--objective", "webster", "--json"
    ).json()
    assert data["critical"]["webster_cycle_s"] == pytest.approx(58)
    assert data["cycle_s"] == 58
    assert {p["phase"]: p["green_s"] for p in data["phases"]} == {2: 26, 4: 16}


def test_demand_beyond_capacity_gets_a_plan_and_says_so(
    greenband: Greenband, site: Path, tmp_path: Path
) -> None:
    path = tmp_path / "flood.csv"
    path.write_text(
        f"start,{','.join(VOLUMES)}\n07:00,{','.join(str(2 * v) for v in VOLUMES.values())}\n",
        "utf-8",
    )
    done = greenband("plan", path, "--site", site, "--interval", 60, "--json")
    assert done.code == 0
    data = done.json()
    assert data["critical"]["webster_cycle_s"] is None
    assert any("Demand exceeds what any cycle can serve" in w for w in data["warnings"])
    assert data["cycle_s"] <= 180


def test_nobody_comes(greenband: Greenband, site: Path, tmp_path: Path) -> None:
    path = tmp_path / "night.csv"
    path.write_text(f"start,{','.join(VOLUMES)}\n03:00,{','.join('0' for _ in VOLUMES)}\n", "utf-8")
    data = greenband("plan", path, "--site", site, "--interval", 60, "--json").json()
    assert data["control_delay_s"] == 0
    assert {p["phase"] for p in data["phases"]} == {2, 3, 4, 6, 7, 8}


def test_a_site_without_rings_says_what_was_assumed(
    greenband: Greenband, site: Path, hour: Path, tmp_path: Path
) -> None:
    bare = _edited(site, tmp_path, "rings =", "# rings =")
    done = greenband("plan", hour, "--site", bare, "--interval", 60, "--json")
    assert done.code == 0
    (assumed,) = [w for w in done.json()["warnings"] if "neither rings nor stages" in w]
    assert "rings = [[[2], [3, 4]], [[6], [7, 8]]]" in assumed
    assert assumed in done.err
    shown = greenband("plan", hour, "--site", bare, "--interval", 60)
    assert assumed in shown.err
    assert "neither rings" not in greenband("plan", hour, "--site", site, "--interval", 60).err


def test_a_queue_longer_than_its_lane_is_said_in_percent(
    greenband: Greenband, site: Path, hour: Path, published: Path
) -> None:
    done = greenband(
        "plan", hour, "--site", site, "--interval", 60, "--timing", published, "--json"
    )
    found = [re.search(r"(\d+) % of its length", w) for w in done.json()["warnings"]]
    percents = [int(m[1]) for m in found if m]
    assert percents
    assert min(percents) > 100


def test_the_tables_fit_a_terminal_of_80_columns(
    greenband: Greenband,
    monkeypatch: pytest.MonkeyPatch,
    site: Path,
    hour: Path,
    published: Path,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = greenband("plan", hour, "--site", site, "--interval", 60, "--timing", published).out
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    heads = [line.split() for line in shown.splitlines()]
    phases = [
        "Phase",
        "Movements",
        "Start",
        "Split",
        "Green",
        "Yellow",
        "Red",
        "cl.",
        "Min.",
        "green",
    ]
    groups = ["Lane", "group", "v", "s", "c", "X", "Delay", "LOS", "Queue", "Before", "LOS"]
    assert phases in heads
    assert groups in heads
    assert ["2", "EBT", "EBR", "(EBL)"] in [line[:4] for line in heads]


def test_a_turn_that_finds_no_gap_has_no_saturation_flow(hour: Path, site: Path) -> None:
    from rich.console import Console

    from greenband.benchmarks import make_planned
    from greenband.cli.plan_table import lane_group_table

    result = make_planned(hour, str(site), interval_min=60).ours
    first, *others = result.analysis.lane_groups
    blocked = replace(first, saturation_flow_veh_h=0.0)
    analysis = replace(result.analysis, lane_groups=(blocked, *others))
    console = Console(width=100, file=StringIO())
    for shown, there in ((result, False), (replace(result, analysis=analysis), True)):
        table = lane_group_table(shown, None)
        assert ("s –: no vehicle finds a gap" in str(table.caption)) is there
    console.print(table)
    shown_text = cast(StringIO, console.file).getvalue()
    line = next(t for t in shown_text.splitlines() if t.strip().startswith(first.name))
    assert line.split()[len(first.name.split()) + 1] == "–"
