"""The command line: one command a file; parses, calls and prints."""

from __future__ import annotations

import typing

from greenband.engine.public import on_demand as _on_demand

if typing.TYPE_CHECKING:
    from .main import run as run
    from .parts import Part as Part
    from .parts import checkup as checkup

__all__ = [
    "Part",
    "checkup",
    "run",
]

__getattr__ = _on_demand(
    __name__,
    {
        "Part": "parts",
        "checkup": "parts",
        "run": "main",
    },
)
