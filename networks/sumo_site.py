"""A Site together with what only SUMO needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from greenband.engine.site import Site


@dataclass(frozen=True)
class Link:
    """One controlled connection: `index` is its place in the signal's state string.

    `movement` is empty for a crossing. A link without a phase (`phase` empty) is one that the
    program never changes; it keeps its colour `constant`. `red` is what it shows while its phase
    is red: 's' where the program lets it turn right on red, else 'r'. `crosses` are the
    approaches over whose legs a crossing goes.

    Where a written site controls the signal (`overlay.with_site`), `also` is a second phase, in
    which the link may go but gives way; `walk` the vehicle phase with which a crossing walks; and
    a `minor` link gives way even in its own phase.
    """

    index: int
    from_lane: str
    to_lane: str
    movement: str
    phase: str
    constant: str = ""
    red: str = "r"
    crosses: tuple[str, ...] = ()
    also: str = ""
    walk: str = ""
    minor: bool = False


@dataclass(frozen=True)
class Upstream:
    """A piece of lane that belongs to a stop-line lane: the lane itself or one upstream of it.

    `distance_m` is from its downstream end to the stop line; `share_ratio` the part of its
    vehicles that go to this stop-line lane (1 for the lane itself).
    """

    lane: str
    distance_m: float
    length_m: float
    share_ratio: float


@dataclass(frozen=True)
class Placement:
    """Where a detector lies in the net: SUMO lane and position of its downstream edge."""

    lane: str
    position_m: float
    length_m: float


@dataclass(frozen=True)
class SumoSite:
    """A signal of a SUMO net as a Site.

    Attributes
    ----------
    signal_id : SUMO's id; the Site has the same id.
    links : by index; an index may appear more than once (SUMO lets connections share one).
        A character of the state that no link has is in no Link.
    stage_states : the program's own colours for each stage of the Site that it has ("GGrr").
        Other stages are rendered from phases: 'g' for a phase that yields to one that is green.
    program : (duration_s, state string) of the net's own program, in order; empty for a NEMA
        controller, which has a table of rings in its place.
    program_offset_s : offset of that program.
    upstream : by stop-line lane id, nearest first.
    exits : by movement id, the lanes of the receiving link.
    placements : by detector id.
    notes : what the net's own program does that is out of the ordinary, in words.
    """

    site: Site
    signal_id: str
    links: tuple[Link, ...]
    stage_states: dict[str, str]
    program: tuple[tuple[float, str], ...]
    program_offset_s: float
    program_type: str
    upstream: dict[str, tuple[Upstream, ...]]
    exits: dict[str, tuple[str, ...]]
    placements: dict[str, Placement]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Uncontrolled:
    """A signal that keeps its program, and why."""

    signal_id: str
    reason: str
