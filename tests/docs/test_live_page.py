"""docs/live.md leads from an unopened cabinet to live; its commands run as they stand, in order."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from greenband.cabinet.deadman import DeadMan
from greenband.cabinet.live_config import Cabinet, Config
from greenband.cabinet.snmp import PROFILES, Agent, Communities
from greenband.cabinet.snmp.server import Server

from .conftest import Block, blocks_of


@pytest.fixture(scope="module")
def shown(repo_root: Path) -> list[Block]:
    return blocks_of(repo_root / "docs" / "live.md")


@pytest.fixture(scope="module")
def controller(repo_root: Path) -> Any:
    """The controller in memory of the driver's own tests."""
    path = repo_root / "tests" / "cabinet" / "ntcip" / "conftest.py"
    spec = importlib.util.spec_from_file_location("ntcip_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Controller()


@pytest.fixture(scope="module")
def cabinet(controller: Any) -> Iterator[Server]:
    names = Communities(b"reads-only", b"writes-too")
    with Server(Agent(controller, names, profile=PROFILES["standard"])) as server:
        yield server


@pytest.fixture(scope="module")
def said(
    tmp_path_factory: pytest.TempPathFactory, repo_root: Path, shown: list[Block], cabinet: Server
) -> dict[str, str]:
    """What each command printed, run in a folder like a clone against a controller."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    (folder / "networks").symlink_to(repo_root / "networks", target_is_directory=True)
    printed = {}
    for block in shown:
        if block.mark.endswith(".toml"):
            text = block.text.replace("127.0.0.1:1161", f"127.0.0.1:{cabinet.port}")
            text = text.replace("127.0.0.1:8420", "127.0.0.1:0")
            (folder / block.mark).write_text(text)
            (folder / block.mark).chmod(0o600)
        elif (block.language, block.mark) == ("sh", "run"):
            for line in block.text.splitlines():
                done = subprocess.run(
                    ["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, (line, done.stdout, done.stderr)
                printed[line] = done.stdout + done.stderr
    return printed


def of(said: dict[str, str], words: str) -> str:
    (text,) = [text for line, text in said.items() if words in line]
    return text


def test_every_step_works_and_says_what_it_did(said: dict[str, str], controller: Any) -> None:
    assert "J: local" in of(said, "live check J")
    assert of(said, "live commission J") == "J: backup time 30 s\n"
    assert controller.said("volumeOccupancyPeriod") == 10
    assert "whole" in of(said, "audit verify")
    assert "approved by A. Engineer for tier pattern" in of(said, "live approve J")
    released = of(said, "live release J")
    assert "J: given back, it says local; approval withdrawn" in released
    assert controller.said("systemPatternControl") == 0


def test_shadow_reads_and_sets_nothing(said: dict[str, str], controller: Any) -> None:
    text = of(said, "--controller rolling-horizon")
    assert "0 plans, 0 orders, 0 refusals, 0 of 5 polls failed" in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines][:2] == ["begins", "cabinet answers"]
    told = {name for pairs in controller.sets for name in pairs}
    assert told == {"unitBackupTime", "volumeOccupancyPeriod", "systemPatternControl"}


def test_no_command_shows_a_credential(said: dict[str, str]) -> None:
    assert not [line for line, text in said.items() if "writes-too" in line + text]


def test_every_key_is_on_the_page(repo_root: Path) -> None:
    page = (repo_root / "docs" / "live.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert set(Config.model_fields) - {"sites"} <= named
    assert set(Cabinet.model_fields) <= named
    for field in ("dead_man", "plans", "fallback"):
        kind = type(Cabinet.model_fields[field].default)
        assert set(kind.model_fields) <= named
    times = DeadMan()
    row = next(line for line in page.splitlines() if line.startswith("| `dead_man`"))
    assert (
        f"{times.keep_alive_s:g}, {times.backup_s:g}, {times.round_trip_s:g}, {times.margin_s:g}"
        in row
    )
