"""``program``: the signals keep the network's own program."""

from __future__ import annotations

from typing import ClassVar

from greenband.engine.frame import Request, State
from greenband.engine.site import Site


class Program:
    """Asks for nothing: the loop leaves the signals alone, and the Gate only audits them.

    Where it is asked all the same (a street without a program of its own), the present stage
    is held.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    interval_s: ClassVar[int] = 1
    untouched: ClassVar[bool] = True

    def __init__(self, site: Site) -> None:
        self.site = site

    def decide(self, state: State) -> Request:
        """Hold what is there."""
        return Request(stage=state.stage, reason="the network's own program")
