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

    `phase` has the phase's position for each character of the state, -1 where it never
    changes; `resting` what it shows while it isn't served. `yields_to` has, by phase, the phases it gives way to. `stage_of` knows the
    program's own string by the set of green phases.
    """

    phase: tuple[int, ...]
    resting: str
    pedestrian: tuple[bool, ...]
    yields_to: tuple[frozenset[int], ...]
    stage_of: dict[frozenset[int], str]
    stage_states: tuple[str, ...]

    def render(self, colours: Sequence[int], stage_from: int, stage_to: int) -> str:
        """The state string for these colours.

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
            self.resting[k] if p < 0 else self._link(k, p, colours[p], moving, neighbours)
            for k, p in enumerate(self.phase)
        )

    def _link(
        self, k: int, phase: int, colour: int, moving: frozenset[int], neighbours: list[str]
    ) -> str:
        if colour == RED:
            return self.resting[k]
        if colour == YELLOW:
            return "r" if self.pedestrian[phase] else "y"
        minor = bool(self.yields_to[phase] & moving)
        return "g" if minor or any(s and s[k] == "g" for s in neighbours) else "G"

    def colours_of(self, state: str) -> tuple[int, ...]:
        """The colours of the phases in a state that SUMO shows, by each phase's first link."""
        shown: dict[int, int] = {}
        for p, character in zip(self.phase, state, strict=True):
            if p >= 0:
                shown.setdefault(p, colour_of(character))
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
    for link in site.links:
        resting[link.index] = link.red if link.phase else link.constant or resting[link.index]
        if link.phase:
            phase[link.index] = index[link.phase]
    stages = stages_of(site.site)
    states = tuple(site.stage_states.get(s.id, "") for s in stages)
    return Renderer(
        phase=tuple(phase),
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
