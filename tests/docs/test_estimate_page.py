"""docs/estimate.md states no figure but those that its command printed, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from greenband.engine.estimate_loops import ASSUMED


def test_the_assumptions_are_those_of_the_code(repo_root: Path) -> None:
    page = (repo_root / "docs" / "estimate.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page, re.MULTILINE)
    assert {name: float(value) for name, value in rows} == ASSUMED._asdict()
