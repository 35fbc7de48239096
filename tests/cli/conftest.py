"""Runs commands in this process, and keeps what they print apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from greenband.cli.main import run


@dataclass(frozen=True)
class Done:
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)

    def error(self) -> dict[str, str]:
        """The four parts of the failure."""
        found: dict[str, Any] = self.json()
        assert list(found) == ["error"]
        parts: dict[str, str] = found["error"]
        assert list(parts) == ["where", "found", "allowed", "do"]
        assert all(parts.values())
        return parts


Greenband = Callable[..., Done]


@pytest.fixture
def greenband(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Greenband:
    """``greenband("simulate", "junction")``: as on the command line, 160 columns wide."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def call(*arguments: str | Path) -> Done:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return call
