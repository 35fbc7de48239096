"""From the colours of phases to SUMO's state string."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from greenband.engine.frame import Colour
from greenband.engine.stages import stages_of

from .sumo_site import SumoSite

RED, YELLOW, GREEN = int(Colour.RED), int(Colour.YELLOW), int(Colour.GREEN)
KEEPS = "O"
"""SUMO's "signal off": what a character shows that neither a link nor the program names."""


@dataclass(frozen=True)
class Renderer:
    """What rendering needs of one signal, looked up once.

    By character of the state: `phase` is the phase's position, -1 where it never changes;
    `also` a phase in which it may go but gives way, `walk` the phase with which people walk (-1:
    none), `minor` whether it always gives way, `resting` what it shows while it isn't served.
    `yields_to` has, by phase, the phases it gives way to. `stage_of` knows the program's own
    string by the set of green phases.
    """

    phase: tuple[int, ...]
    also: tuple[int, ...]
    walk: tuple[int, ...]
    minor: tuple[bool, ...]
    resting: str
    pedestrian: tuple[bool, ...]
    yields_to: tuple[frozenset[int], ...]
    stage_of: dict[frozenset[int], str]
    stage_states: tuple[str, ...]

    def render(
        self,
        colours: Sequence[int],
        stage_from: int,
        stage_to: int,
        walks: Sequence[int] = (),
    ) -> str:
        """The state string for these colours, and for those of the crosswalks beside phases.

        A stage that the program has is shown as the program shows it. Else a green link is 'g'
        where its phase gives way to one that is green or yellow, or where it is 'g' in the stage
        it comes from or goes to (-1: none), so that nobody is given a priority that the program
        wouldn't give.
        """
        green = frozenset(i for i, c in enumerate(colours) if c == GREEN)
        if YELLOW not in colours and green in self.stage_of:
            return self.stage_of[green]
        moving = frozenset(i for i, c in enumerate(colours) if c != RED)
        neighbours = [self.stage_states[s] for s in (stage_from, stage_to) if s >= 0]
        return "".join(
            self._beside(k, walks) if p < 0 else self._turn(k, p, colours, moving, neighbours)
            for k, p in enumerate(self.phase)
        )

    def _beside(self, k: int, walks: Sequence[int]) -> str:
        """A link that has no phase of its own: it walks with one, or never changes."""
        if self.walk[k] < 0:
            return self.resting[k]
        return "G" if walks and walks[self.walk[k]] == GREEN else "r"

    def _turn(
        self,
        k: int,
        phase: int,
        colours: Sequence[int],
        moving: frozenset[int],
        neighbours: list[str],
    ) -> str:
        own = self._link(k, phase, colours[phase], moving, neighbours)
        if self.also[k] < 0 or colours[phase] == GREEN:
            return own
        if colours[self.also[k]] == GREEN:
            return "g"
        return "y" if YELLOW in (colours[self.also[k]], colours[phase]) else own

    def _link(
        self, k: int, phase: int, colour: int, moving: frozenset[int], neighbours: list[str]
    ) -> str:
        if colour == RED:
            return self.resting[k]
        if colour == YELLOW:
            return "r" if self.pedestrian[phase] else "y"
        minor = self.minor[k] or bool(self.yields_to[phase] & moving)
        return "g" if minor or any(s and s[k] == "g" for s in neighbours) else "G"

    def colours_of(self, state: str) -> tuple[int, ...]:
        """The colours of the phases in a state that SUMO shows, by each phase's first link.

        A link that a second phase serves too shows its own phase only while that one is red.
        """
        shown: dict[int, int] = {}
        for k, (p, character) in enumerate(zip(self.phase, state, strict=True)):
            if p >= 0 and self.also[k] < 0:
                shown.setdefault(p, colour_of(character))
        for k, (p, character) in enumerate(zip(self.phase, state, strict=True)):
            if p >= 0 and self.also[k] >= 0:
                hidden = character != "G" and shown.get(self.also[k], RED) != RED
                shown.setdefault(p, RED if hidden else colour_of(character))
        return tuple(shown.get(p, RED) for p in range(len(self.pedestrian)))


def colour_of(character: str) -> int:
    """SUMO's characters as colours; red with yellow ('u') is still red."""
    if character in "Gg":
        return GREEN
    return YELLOW if character in "yY" else RED


def renderer_of(site: SumoSite) -> Renderer:
    """Look up what rendering one signal needs."""
    index = site.site.phase_index
    length = len(site.program[0][1]) if site.program else 1 + max(k.index for k in site.links)
    phase, resting = [-1] * length, [_always(site, k) for k in range(length)]
    also, walk, minor = [-1] * length, [-1] * length, [False] * length
    for link in site.links:
        resting[link.index] = link.red if link.phase else link.constant or resting[link.index]
        minor[link.index] = link.minor
        for places, name in ((phase, link.phase), (also, link.also), (walk, link.walk)):
            if name:
                places[link.index] = index[name]
    stages = stages_of(site.site)
    states = tuple(site.stage_states.get(s.id, "") for s in stages)
    return Renderer(
        phase=tuple(phase),
        also=tuple(also),
        walk=tuple(walk),
        minor=tuple(minor),
        resting="".join(resting),
        pedestrian=tuple(p.kind == "pedestrian" for p in site.site.phases),
        yields_to=tuple(
            frozenset(index[y.to] for y in site.site.yields if y.phase == p.id)
            for p in site.site.phases
        ),
        stage_of={
            frozenset(index[p] for p in stage.phases): state
            for stage, state in zip(stages, states, strict=True)
            if state
        },
        stage_states=states,
    )


def _always(site: SumoSite, k: int) -> str:
    """What the program shows in a place where no link is, if it is always the same."""
    shown = {state[k] for _, state in site.program if k < len(state)}
    return shown.pop() if len(shown) == 1 else KEEPS
