"""What docs/rsmp.md shows runs as it stands, and what it says is there is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from greenband.cabinet.rsmp.peer import CORES, Timing
from greenband.cabinet.rsmp.sxl import COMMANDS, DETECTOR_STATUSES, STATUSES
from greenband.cabinet.rsmp_gateway import LISTED

from .conftest import blocks_of


def test_the_python_that_is_shown_works(repo_root: Path) -> None:
    (block,) = blocks_of(repo_root / "docs" / "rsmp.md")
    assert (block.language, block.mark) == ("python", "run")
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=repo_root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "'plans': [1, 10, 11]" in done.stdout
    assert "<Mode.LOCAL: 'local'>" in done.stdout
    assert "RSMP has no holds" in done.stdout


def test_its_codes_are_those_that_there_are(repo_root: Path) -> None:
    page = (repo_root / "docs" / "rsmp.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (commands|statuses) \| (.*) \|$", page, re.MULTILINE))
    assert set(re.findall(r"M\d{4}", rows["commands"])) == set(COMMANDS)
    assert codes_of(rows["statuses"]) == {*STATUSES, *DETECTOR_STATUSES}
    (never,) = re.findall(r"^No command is ever given but (.*) and (M\d{4}),", page, re.MULTILINE)
    assert set(re.findall(r"M\d{4}", " ".join(never))) == LISTED
    assert f"({CORES[0]} to {CORES[-1]})" in page
    assert f"within {Timing().silence_s:.0f} s" in page


def codes_of(text: str) -> set[str]:
    """Codes, and those between two with «to»."""
    found = set(re.findall(r"S\d{4}", text))
    for first, last in re.findall(r"S(\d{4}) to S(\d{4})", text):
        found |= {f"S{number:04d}" for number in range(int(first), int(last) + 1)}
    return found
