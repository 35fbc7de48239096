"""Blocks of the pages, and a folder in which their commands can be run as they stand."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from greenband.benchmarks import make_planned, write_files

BLOCK = re.compile(r"^```(?P<head>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the rest of its first line, its text."""

    language: str
    mark: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    found = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        language, _, mark = match["head"].partition(" ")
        found.append(Block(language, mark, match["text"]))
    return found


@pytest.fixture(scope="module")
def pages(repo_root: Path) -> dict[str, Path]:
    """The pages by name."""
    return {p.name: p for p in (repo_root / "README.md", *(repo_root / "docs").glob("*.md"))}


@pytest.fixture(scope="module")
def workplace(
    tmp_path_factory: pytest.TempPathFactory, repo_root: Path, pages: dict[str, Path]
) -> Path:
    """A folder that looks like a clone after ``make demo``, with the files that pages show."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    (folder / "networks").symlink_to(repo_root / "networks", target_is_directory=True)
    for page in ("README.md", "controllers.md"):
        for block in blocks_of(pages[page]):
            if re.fullmatch(r"\w+\.(toml|py)", block.mark):
                (folder / block.mark).write_text(block.text, encoding="utf-8")
    data = repo_root / "networks" / "data" / "junction"
    planned = make_planned(data / "counts.csv", str(data / "sites" / "J.toml"))
    write_files(planned, out=folder / "demo" / "plan")
    return folder
