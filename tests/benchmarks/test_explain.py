"""A recorded run explains itself: the same run, what each step would have cost, and why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars
import pytest

from greenband.benchmarks.explain import Candidate, LaneBelief, Moment
from greenband.benchmarks.explain_chart import write_png
from greenband.benchmarks.explain_words import candidates_shown, in_words
from greenband.benchmarks.questions import questions
from greenband.benchmarks.record import Change, read_record
from greenband.controllers.recorder import ABOUT
from greenband.engine.errors import InputError


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as on the command line: only there a run comes out the same."""
    return subprocess.run(
        [sys.executable, "-m", "greenband.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def record(small_scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("record") / "run.parquet"
    done = command("simulate", small_scenario, "-c", "rolling-horizon", "--record", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def change(record: Path) -> Change:
    """One in which the look ahead went to another stage."""
    return next(c for c in read_record(record).changes if "saves" in c.reason and c.time_s > 150.0)


@pytest.fixture(scope="module")
def told(record: Path, change: Change, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    picture = tmp_path_factory.mktemp("picture") / "why.png"
    second = ("--site", change.site, "--at", change.time_s)
    done = command("explain", record, *second, "--out", picture, "--json")
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_the_run_found_is_what_is_told(told: dict[str, Any], change: Change) -> None:
    """The saving in the record is the difference of the costs that are told, and its reason."""
    assert (told["site"], told["time_s"]) == (change.site, change.time_s)
    assert told["reason"] == change.reason
    assert not told["held"]
    taken = [c for c in told["candidates"] if c["taken"]]
    assert [c["stage"] for c in taken] == [told["asked"]]
    held = min(c["cost_veh_s"] for c in told["candidates"] if c["hold_s"])
    saved = held - taken[0]["cost_veh_s"]
    stage = told["asked"]
    assert change.reason == f"rolling horizon: {stage} saves {saved:.0f} veh s of {held:.0f}"


def test_every_step_has_a_cost_or_a_reason(told: dict[str, Any]) -> None:
    for step in told["candidates"]:
        assert (step["cost_veh_s"] is None) == bool(step["why_not"])
    assert f"to stage {told['asked']} was asked for" in told["words"]


def test_a_held_second_is_told_too(record: Path, change: Change) -> None:
    second = ("--site", change.site, "--at", change.time_s - 1)
    done = command("explain", record, *second)
    assert done.returncode == 0, done.stderr
    assert "was held" in done.stdout or "finished first" in done.stdout


def test_the_first_second_can_be_asked_about(record: Path) -> None:
    first = read_record(record).changes[0]
    done = command("explain", record, "--site", first.site, "--at", first.time_s, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["shown"]


def test_a_run_that_comes_out_differently_is_said(
    record: Path, change: Change, tmp_path: Path
) -> None:
    other = tmp_path / "other.parquet"
    table = polars.read_parquet(record).with_columns(
        colours=polars.col("colours").str.replace_all("Y", "R")
    )
    table.write_parquet(other, metadata=polars.read_parquet_metadata(record))
    done = command("explain", other, "--site", change.site, "--at", change.time_s, "--json")
    assert done.returncode == 2
    assert "comes out differently" in json.loads(done.stdout)["error"]["found"]


def test_without_a_second_the_odd_ones_are_listed(record: Path) -> None:
    done = command("explain", record, "--json")
    assert done.returncode == 0
    listed = json.loads(done.stdout)
    assert len(listed["sites"]) == 2
    for question in listed["questions"]:
        assert question["words"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--at", "200"), "none given, and the run has 2 signals"),
        (("--at", "200", "--site", "nobody"), "nobody"),
        (("--at", "soon", "--site", "A0"), "'soon'"),
        (("--at", "9", "--site", "A0"), "a second before the run"),
        (("--out", "a.png"), "a picture, and no second to draw"),
    ],
)
def test_a_question_that_can_t_be_answered(
    record: Path, arguments: tuple[str, ...], found: str
) -> None:
    done = command("explain", record, *arguments, "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["found"] == found


def test_what_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with pytest.raises(InputError, match="no such file"):
        read_record(path)
    path.write_text("start,NBT\n")
    with pytest.raises(InputError, match="a record of one run"):
        read_record(path)
    polars.DataFrame({"time_s": [1.0]}).write_parquet(path)
    with pytest.raises(InputError, match="a table without site"):
        read_record(path)


def test_a_network_that_has_changed_since(record: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    about = polars.read_parquet_metadata(record)[ABOUT]
    digest = json.loads(about)["scenario"]["digest"]
    polars.read_parquet(record).write_parquet(
        path, metadata={ABOUT: about.replace(digest, "0" * 16)}
    )
    with pytest.raises(InputError, match="files that have changed since the run"):
        read_record(path)


def moment(**changed: Any) -> Moment:
    lane = LaneBelief("n_0", "N", ("NBT",), "G", 0.0, 0.4, 3.0, 2.0, 0.0, 1.0)
    red = LaneBelief("e_0", "E", ("EBT",), "R", 4.0, 1.0, 0.5, 0.5, 31.0, 0.5)
    values: dict[str, Any] = {
        "site": "J", "time_s": 100.0, "stage": "N", "stage_s": 20.0, "changing": False,
        "asked": "N", "shown": "N", "reason": "rolling horizon: holds", "refused": "", "flags": "",
        "candidates": (
            Candidate("N", 2, 40.0, "", True),
            Candidate("N", 8, 70.0, "", False),
            Candidate("E", 0, 52.0, "", False),
            Candidate("W", 0, None, "it would pass over phase 3, which has a call", False),
        ),
        "limits": ("stage N must be left within 9 s, for nobody to wait over 120 s",),
        "lanes": (lane, red), "distrusted": {"stop e_0": "stuck off"}, "phases": ("N", "E"),
        "around": (
            Change(20.0, "J", 1, "", 1, "RG", ""),
            Change(60.0, "J", 0, "", 0, "RY", ""),
            Change(63.0, "J", 0, "", 0, "GR", ""),
        ),
    }  # fmt: skip
    return Moment(**{**values, **changed})


def test_the_words_name_what_counts() -> None:
    words = in_words(moment())
    assert "Stage N was held; it had been green for 20 s." in words
    assert "hold N for 2 s was expected to cost 40 vehicle-seconds" in words
    assert "go to E 52" in words
    assert "Stage N must be left within 9 s, for nobody to wait over 120 s." in words
    assert "Stage W could not be chosen: it would pass over phase 3, which has a call." in words
    assert "4.0 queued before red" in words
    assert "EBT (lane e_0) had waited longest, 31 s." in words
    assert "Not believed: stop e_0 (stuck off)." in words


def test_what_the_gate_made_of_it_is_said_first() -> None:
    left = moment(shown="E", refused="phase E has waited 93 s; stage E instead")
    assert not left.held
    done = "holding it was asked for, but the Gate changed to stage E."
    assert f"Stage N had been green for 20 s; {done}" in in_words(left)
    held = in_words(moment(asked="E", refused="minimum green of phase N for 3 s"))
    assert "stage E was asked for, but it was held." in held
    twice = moment(
        limits=("phase E has waited 93 s",), refused="phase E has waited 93 s; E instead"
    )
    assert in_words(twice).lower().count("phase e has waited 93 s") == 1


def test_steps_are_shown_cheapest_first_and_one_hold_only() -> None:
    shown = [c.words for c in candidates_shown(moment())]
    assert shown == ["hold N for 2 s", "go to E", "go to W"]


def test_a_close_call_is_called_one() -> None:
    close = (Candidate("N", 2, 40.0, "", True), Candidate("E", 0, 41.0, "", False))
    assert "as good as equal" in in_words(moment(candidates=close))
    assert "as good as equal" not in in_words(moment())


def test_who_prices_nothing_is_told_in_its_own_words(tmp_path: Path) -> None:
    told = moment(candidates=(), reason="actuated: phase 4 gaps out", asked="E", shown="E")
    assert "The controller's own words: actuated: phase 4 gaps out." in in_words(told)
    write_png(told, tmp_path / "m.png")
    assert [p.name for p in tmp_path.iterdir()] == ["m.png"]


def test_odd_seconds_are_found(record: Path) -> None:
    whole = read_record(record)
    rows = (
        Change(100.0, "J", 0, "rolling horizon: holds", 0, "GR", ""),
        Change(160.0, "J", 1, "rolling horizon: E saves 1 veh s of 90", 1, "YR", ""),
        Change(170.0, "J", 0, "actuated: too few loops are believed", 1, "RG", "phase 2 waits 7 s"),
    )
    found = questions(type(whole)(whole.path, whole.about, rows))
    assert [(q.time_s, q.kind) for q in found] == [
        (159.0, "held for long"),
        (160.0, "hardly saves"),
        (170.0, "refused"),
        (170.0, "fell back"),
    ]
