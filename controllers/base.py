"""What a street and a controller are: two small protocols.

A controller can't tell which street it drives: what was benchmarked is what runs live.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, Self

from greenband.engine.estimate import Joined
from greenband.engine.frame import Command, Frame, Request, State
from greenband.engine.site import Site

SiteId = str
Seen = State | Joined
"""Arrays of one site, or of all that are worked on together."""


class Street(Protocol):
    """What is being controlled: SUMO, a cabinet, a model."""

    def sites(self) -> list[Site]:
        """The sites that can be controlled, with their limits filled in."""
        ...

    def read(self) -> dict[SiteId, Frame]:
        """Advance (or, live, await) one second and report it; empty when it is over."""
        ...

    def apply(self, commands: dict[SiteId, Command]) -> None:
        """Act on the commands from the next second on; a site left out rests as it is."""
        ...

    def close(self) -> None:
        """Give the street back."""
        ...


class Controller(Protocol):
    """Who decides, for one site. Made as ``Name(site)``, asked once a second.

    `needs` says what it looks at, so that a street reads no more than that: any of "counts",
    "presence", "occupancy" (loops), "queues" (queue and moving vehicles per lane, by the
    information level), "arrivals", "downstream", "vehicles" (full only). `interval_s` is how
    often it is asked; in between, the Gate holds what was asked for last.
    """

    needs: ClassVar[frozenset[str]]
    interval_s: ClassVar[int]

    def decide(self, state: State) -> Request:
        """The stage to go to or hold, or a plan to run."""
        ...


class Joins(Controller, Protocol):
    """A kind of controller that can work out all sites of a street at once, which costs less.

    Each still decides by itself; the first that is asked in a second does the work of all.
    """

    @classmethod
    def join(cls, controllers: Sequence[Self], states: Sequence[State], seen: Seen) -> None:
        """All controllers of a street, in its order of sites, before they are first asked."""
        ...
