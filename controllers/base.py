"""What a street and a controller are: two small protocols.

A controller can't tell which street it drives: what was benchmarked is what runs live.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Protocol, Self, runtime_checkable

from greenband.engine.estimate import Joined
from greenband.engine.frame import Command, Frame, Request, State
from greenband.engine.site import Site

SiteId = str
Seen = State | Joined
"""Arrays of one site, or of all that are worked on together."""
Together = Callable[[], Sequence[Request]]
"""Called once a second: the Request of each site, in their order."""


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


@runtime_checkable
class Guarding(Protocol):
    """A controller that hands what it doesn't know to another, and counts the seconds."""

    guarded_s: int


@runtime_checkable
class FallsBack(Protocol):
    """A controller that leaves it to simpler ones where too little is believed."""

    @property
    def fallback_s(self) -> Mapping[str, int]:
        """Seconds in which somebody else decided, by who did."""
        ...


class Joins(Controller, Protocol):
    """A kind of controller that can decide for all sites of a street at once, which costs less."""

    @classmethod
    def join(cls, controllers: Sequence[Self], states: Sequence[State], seen: Seen) -> Together:
        """What decides for all of these from now on, in place of the `decide` of each.

        `states` are those of the controllers, the same objects each second; `seen` joins them.
        """
        ...
