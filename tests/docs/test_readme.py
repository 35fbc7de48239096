"""What the README and the pages say is run as it stands, so that it stays true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from greenband.cli.main import COMMANDS

from .conftest import blocks_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/controllers.md")
PARTS = {
    "audit": ("verify", "show", "key"),
    "policy": ("show", "evaluate"),
    "cabinet": ("virtual",),
    "live": ("run", "check", "commission", "approve", "release", "unit"),
}
RUNNABLE = [
    (page, line)
    for page in PAGES
    for block in blocks_of(ROOT / page)
    if (block.language, block.mark) == ("sh", "run")
    for line in block.text.splitlines()
]


def run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_that_are_shown_work_one_after_the_other(page: str, workplace: Path) -> None:
    for line in (line for where, line in RUNNABLE if where == page):
        assert run(["sh", "-c", line], workplace).strip(), line
    if page == "README.md":
        assert {"plan.json", "sheet.html"} <= {p.name for p in (workplace / "out").iterdir()}
        table = (workplace / "runs" / "quick" / "tables.md").read_text(encoding="utf-8")
        assert "mine.py:LongestWait@loops" in table
        assert "failed" not in table


def test_a_controller_is_ten_lines(pages: dict[str, Path]) -> None:
    (shown,) = [b for b in blocks_of(pages["README.md"]) if b.mark == "mine.py"]
    assert len([line for line in shown.text.splitlines() if line.strip()]) <= 10


def test_there_are_commands_to_try() -> None:
    assert {line.split()[1] for _, line in RUNNABLE} == set(COMMANDS) - {
        "demo",
        "train",  # which needs torch, and an hour
    }


def test_the_python_that_is_shown_works(workplace: Path, pages: dict[str, Path]) -> None:
    blocks = [b for b in blocks_of(pages["README.md"]) if (b.language, b.mark) == ("python", "run")]
    assert len(blocks) == 1
    shown = run([sys.executable, "-c", blocks[0].text], workplace)
    assert "junction" in shown
    assert (workplace / "out" / "sheet.html").is_file()


def test_python_that_is_not_run_here_names_what_there_is(pages: dict[str, Path]) -> None:
    import importlib

    for block in blocks_of(pages["README.md"]):
        if block.language != "python":
            continue
        compile(block.text, "README.md", "exec")
        for module, names in re.findall(r"^from (\S+) import (.+)$", block.text, re.MULTILINE):
            for name in names.split(","):
                assert hasattr(importlib.import_module(module), name.strip()), (module, name)


def test_links_lead_somewhere(pages: dict[str, Path]) -> None:
    for page in pages.values():
        for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).is_file(), (page.name, link)


def test_every_command_and_option_that_is_named_exists(pages: dict[str, Path]) -> None:
    asked = [[command] for command in COMMANDS] + [
        [command, part] for command, parts in PARTS.items() for part in parts
    ]
    helps = {
        " ".join(words): run([sys.executable, "-m", "greenband.cli.main", *words, "--help"], ROOT)
        for words in asked
    }
    options = set(re.findall(r"--[a-z][\w-]+", " ".join(helps.values())))
    options |= {"--version", "--constraint", "--no-deps"}
    texts = " ".join(page.read_text(encoding="utf-8") for page in pages.values())
    for module in sorted(set(re.findall(r"python -m (greenband\.[\w.]+)", texts))):
        options |= set(
            re.findall(r"--[a-z][\w-]+", run([sys.executable, "-m", module, "--help"], ROOT))
        )
    for page in pages.values():
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"(?<![\w-])--[a-z][\w-]+", text)) <= options, page.name
        named = set(re.findall(r"(?:bin/|`)greenband ([a-z]+)", text))
        assert named <= {*COMMANDS, "command"}, page.name


def test_the_readme_holds_no_result_that_could_go_stale(pages: dict[str, Path]) -> None:
    text = pages["README.md"].read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"\d+\.\d+ ?(?:s|%|veh|times)\b", prose) == []
