"""Drift: a controller that isn't what it was when its site was commissioned drives alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .ntcip_discovery import drift, load, save


class Commissioned:
    """What a controller said of itself when it was commissioned, kept in a file.

    `words` say how it differs now; empty where it doesn't. The first that is seen is kept.
    """

    def __init__(self, folder: Path, site: str) -> None:
        self.path = folder / f"{quote(site, safe='')}.json"
        self.words = ""

    @property
    def kept(self) -> bool:
        """Whether there is anything to compare with."""
        return self.path.exists()

    def compare(self, table: Mapping[str, object]) -> None:
        """Compare what was found with what is kept. Raises InputError where that is no table."""
        found: dict[str, Any] = json.loads(json.dumps(dict(table), default=str))
        if not self.kept:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save(found, self.path)
        differs = drift(load(self.path), found)
        more = f" and {len(differs) - 3} more" if len(differs) > 3 else ""
        self.words = "; ".join(map(str, differs[:3])) + more

    def accept(self) -> bool:
        """Forget what was kept, so that the next that is found is kept; False without any."""
        if not self.kept:
            return False
        self.path.unlink()
        return True


def backup_words(table: Mapping[str, object], backup_s: float) -> str:
    """Words where a controller's dead man isn't set to the time that we rely on."""
    there = table.get("unitBackupTime")
    if isinstance(there, int) and there != backup_s:
        return f"unitBackupTime is {there} s, dead_man.backup_s {backup_s:g} s"
    if table.get("dead_man") is False:
        return "the controller has no timeout that would take a plan back"
    return ""
