"""Learned policies: environments over a street, training, export."""

from __future__ import annotations

import typing

from greenband.engine.public import on_demand as _on_demand

if typing.TYPE_CHECKING:
    from .spaces import spaces_of as spaces_of

__all__ = ["spaces_of"]

__getattr__ = _on_demand(__name__, {"spaces_of": "spaces"})
