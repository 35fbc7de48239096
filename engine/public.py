"""Public names of a folder, imported when they are first asked for.

A folder's ``__init__`` runs before any module in it: importing everything there would make each
command wait for parts that it doesn't use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def on_demand(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """A module's ``__getattr__``: ``homes`` has the module, or module:name, of each name."""

    def find(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, inside = homes[name].partition(":")
        return getattr(import_module(f"{package}.{module}"), inside or name)

    return find
