"""SUMO's window: where there is no screen, one message at once instead of minutes of trying."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from greenband.engine.errors import MissingPartError
from greenband.networks.sumo_api import start_simulator


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is no DISPLAY")
def test_a_window_without_a_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(MissingPartError) as caught:
        start_simulator([], gui=True, error_log=tmp_path / "log")
    assert "DISPLAY is not set" in caught.value.found
    assert "simulate without the window" in caught.value.do
