"""The published and computed answers that ../shared/data/known_answers.json holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def known_answer(shared: Path) -> Callable[[str], dict[str, Any]]:
    """Gives the entry with an id: source, input, expected, tolerance."""
    path = shared / "data" / "known_answers.json"
    entries = {e["id"]: e for e in json.loads(path.read_text(encoding="utf-8"))}
    return entries.__getitem__
