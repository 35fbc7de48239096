"""greenband audit: exit codes, JSON, and what people read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from greenband.cabinet.ledger import Ledger
from greenband.cabinet.ledger_key import load_key, make_key
from greenband.cabinet.ledger_record import Decision, Value, Verdict

Greenband = Callable[..., Any]
NOON = dt.datetime(2026, 5, 13, 12, 0, tzinfo=dt.UTC)


def made(site: str, minute: int, *, refusal: str = "") -> Decision:
    verdict = Verdict(not refusal, ("min green",), refusal)
    return Decision(
        site, NOON + dt.timedelta(minutes=minute), "pattern", "ab" * 32, "actuated", {},
        "cd" * 8, "ef" * 8, verdict, None, "refused" if refusal else "confirmed",
        (Value("systemPatternControl", 5),),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_key(tmp_path / "key")
    with Ledger(tmp_path / "ledger", load_key(tmp_path / "key")) as ledger:
        for minute, site in enumerate(["A", "B", "A"]):
            ledger.append(made(site, minute))
        ledger.append(made("A", 9, refusal="min green of phase 2: 3 s < 7 s"))
    return tmp_path / "ledger"


def test_a_whole_ledger(greenband: Greenband, folder: Path) -> None:
    done = greenband("audit", "verify", folder, "--key", folder.parent / "key.pub", "--json")
    assert done.code == 0
    data = done.json()
    assert data["ok"]
    assert (data["entries"], data["decisions"], data["trusted"]) == (7, 4, True)
    assert data["findings"] == []
    assert greenband("audit", "verify", folder).out.splitlines()[-1] == "whole"


def test_a_changed_ledger(greenband: Greenband, folder: Path) -> None:
    segment = folder / "ledger-000000000000.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b'"site":"B"', b'"site":"C"'))
    done = greenband("audit", "verify", folder, "--json")
    assert done.code == 1
    (finding,) = done.json()["findings"]
    assert finding["where"] == "ledger-000000000000.jsonl line 4 (entry 3)"
    told = greenband("audit", "verify", folder)
    assert told.code == 1
    assert told.out.startswith("CHANGED  ledger-000000000000.jsonl line 4 (entry 3): ")


def test_bad_input(greenband: Greenband, folder: Path, tmp_path: Path) -> None:
    wrong: tuple[list[str | Path], ...] = (
        ["verify", tmp_path / "none"],
        ["verify", folder, "--key", tmp_path / "none"],
        ["verify", folder, "--key", folder.parent / "key"],
        ["verify", folder, "--head", tmp_path / "none"],
        ["show", tmp_path / "none"],
        ["show", folder, "--since", "yesterday"],
    )
    for arguments in wrong:
        done = greenband("audit", *arguments, "--json")
        assert done.code == 2, arguments
        assert done.error()["do"]
    for words in (["verify"], ["nothing"]):
        assert greenband("audit", *words, "--json").code == 2


def test_show_by_site_and_time(greenband: Greenband, folder: Path) -> None:
    data = greenband("audit", "show", folder, "--site", "A", "--json").json()
    assert [row["site"] for row in data["entries"]] == ["A", "A", "A"]
    assert data["found"] == 3
    since = ("--since", "2026-05-13T12:01", "--until", "2026-05-13T14:02:00+02:00")
    data = greenband("audit", "show", folder, *since, "--json").json()
    assert [row["site"] for row in data["entries"]] == ["B"]
    assert data["entries"][0]["sent"] == [["systemPatternControl", 5]]
    text = greenband("audit", "show", folder, "--limit", 1).out
    assert "refused: min green of phase 2: 3 s < 7 s" in text
    assert text.splitlines()[-1] == "1 of 4"


def test_a_key_is_made(greenband: Greenband, tmp_path: Path) -> None:
    data = greenband("audit", "key", tmp_path / "new", "--json").json()
    assert Path(data["public"]).is_file()
    assert len(data["key_id"]) == 16
    assert greenband("audit", "key", tmp_path / "new").code == 2
