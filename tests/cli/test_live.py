"""greenband live: what it refuses, what it says, and that it stops when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from greenband.cabinet.ledger_key import make_key

Greenband = Callable[..., Any]
CONFIG = """\
page = ""

[sites.J]
file = "J.toml"
address = "127.0.0.1:9"
slots = [[10, 20], [11, 21]]
timeout_s = 0.1
retries = 0
detectors = { bar = 1 }
"""


@pytest.fixture
def folder(tmp_path: Path, repo_root: Path) -> Path:
    site = repo_root / "networks" / "data" / "junction" / "sites" / "J.toml"
    loop = '\n[[detectors]]\nid = "bar"\nlanes = ["EB1"]\n'
    (tmp_path / "J.toml").write_text(site.read_text() + loop)
    (tmp_path / "live.toml").write_text(CONFIG)
    secrets = tmp_path / "credentials.toml"
    secrets.write_text('[default]\nversion = 2\nread_community = "r"\nwrite_community = "w-w"\n')
    secrets.chmod(0o600)
    make_key(tmp_path / "ledger.key")
    return tmp_path


def test_approve_is_signed_and_withdrawn_by_release(greenband: Greenband, folder: Path) -> None:
    config = folder / "live.toml"
    done = greenband("live", "approve", "J", "--by", "A. E.", "--config", config, "--json")
    (row,) = done.json()["approved"]
    assert (row["site"], row["by"], row["tier"]) == ("J", "A. E.", "pattern")
    assert Path(row["file"]).is_file()
    gone = greenband("live", "release", "--config", config, "--json")
    assert gone.code == 1
    (row,) = gone.json()["released"]
    assert (row["ok"], row["withdrawn"]) == (False, True)
    assert "takes itself back in 32 s" in row["words"]
    assert not Path(done.json()["approved"][0]["file"]).exists()


def test_check_of_what_is_out_of_reach(greenband: Greenband, folder: Path) -> None:
    done = greenband("live", "check", "--config", folder / "live.toml", "--json")
    assert done.code == 1
    (row,) = done.json()["cabinets"]
    assert (row["ok"], row["mode"]) == (False, "unknown")
    text = greenband("live", "check", "J", "--config", folder / "live.toml")
    assert text.out.startswith("J: unknown, NOT ready\n")
    set_up = greenband("live", "commission", "J", "--config", folder / "live.toml", "--json")
    assert set_up.code == 1
    assert not set_up.json()["commissioned"][0]["ok"]


def test_a_site_alone_means_run(greenband: Greenband, folder: Path) -> None:
    done = greenband(
        "live", "J", "--controller", "actuated", "--config", folder / "live.toml",
        "--seconds", "2", "--json",
    )  # fmt: skip
    assert done.code == 0
    data = done.json()
    assert data["seconds"] == 2
    assert data["cabinets"]["J"]["rung"] == "shadow"
    assert data["cabinets"]["J"]["failed_polls"] >= 1


@pytest.mark.parametrize(
    ("more", "where"),
    [
        (["--controller", "program"], "--controller"),
        (["--controller", "plan"], "--plan"),
        (["--controller", "nobody"], "controller"),
        (["--controller", "actuated", "--plan", "nosuch.json"], "--plan nosuch.json"),
    ],
)
def test_what_is_refused(greenband: Greenband, folder: Path, more: list[str], where: str) -> None:
    done = greenband("live", "J", "--config", folder / "live.toml", *more, "--json")
    assert done.code == 2
    assert done.error()["where"].startswith(where)


def test_a_site_without_loops_is_refused(greenband: Greenband, folder: Path) -> None:
    config = folder / "live.toml"
    config.write_text(CONFIG.replace("detectors = { bar = 1 }", ""))
    done = greenband("live", "J", "--controller", "actuated", "--config", config, "--json")
    assert done.code == 2
    assert done.error()["where"].endswith("sites.J, detectors")


def test_credentials_that_others_may_read(greenband: Greenband, folder: Path) -> None:
    (folder / "credentials.toml").chmod(0o644)
    done = greenband(
        "live", "J", "--controller", "actuated", "--config", folder / "live.toml", "--json"
    )
    assert done.code == 2
    assert done.error()["do"].startswith("chmod 600")
    assert "w-w" not in done.out + done.err


def test_the_unit_is_one(greenband: Greenband) -> None:
    text = greenband("live", "unit").out
    assert "[Service]" in text
    assert "greenband live run --controller" in text
    assert "Restart=always" in text
    assert greenband("live", "unit", "--json").json()["unit"] == text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_told_to(folder: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "greenband.cli.main", "live", "J", "--controller", "actuated",
            "--config", str(folder / "live.toml"), "--json",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    assert process.stderr is not None
    began = json.loads(process.stderr.readline())
    assert (began["event"], began["sites"]) == ("begins", ["J"])
    time.sleep(1.5)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["cabinets"]["J"]["plans"] == 0
