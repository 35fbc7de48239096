"""Plans as SUMO programs, and a net's own program as a plan."""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import quoteattr

from greenband.engine.errors import InputError
from greenband.engine.frame import Colour
from greenband.engine.plan import Plan, Split, Window, green_windows
from greenband.engine.site import Phase, Site
from greenband.engine.stages import stages_of

from .render import Renderer, renderer_of
from .signal_groups import GREEN
from .sumo_site import SumoSite

PROGRAM_ID = "greenband"
TENTHS = 10
"""States are looked at ten times a second: plans may have tenths."""


def to_tllogic(sumo_site: SumoSite, site: Site, plan: Plan, program_id: str = PROGRAM_ID) -> str:
    """The plan as an additional file with one ``tlLogic``.

    ``site`` is the SumoSite's with its limits filled in (`rules.with_limits`). Raises InputError
    where the plan does not fit it.
    """
    windows = green_windows(site, plan)
    states = program_states(sumo_site, site, plan, windows)
    offset_s = local_start_s(site, plan, windows)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<additional>",
        f'    <tlLogic id={quoteattr(sumo_site.signal_id)} type="static" '
        f'programID={quoteattr(program_id)} offset="{offset_s:g}">',
        *(f'        <phase duration="{s:g}" state="{state}"/>' for s, state in states),
        "    </tlLogic>",
        "</additional>",
    ]
    return "\n".join(lines) + "\n"


def local_start_s(site: Site, plan: Plan, windows: tuple[Window, ...]) -> float:
    """When the cycle begins, counted from time 0: the offset, less where its reference lies."""
    if plan.reference_phase is None:
        return plan.offset_s
    own = [w for w in windows if w.phase == plan.reference_phase]
    if not own:
        raise InputError(
            f"plan of site {site.id}",
            f"reference phase {plan.reference_phase} is never green",
            "a phase that the plan serves",
            "Name another one.",
        )
    at_s = own[0].end_s if plan.reference_point == "start_of_yellow" else own[0].start_s
    return (plan.offset_s - at_s) % plan.cycle_s


def program_states(
    sumo_site: SumoSite, site: Site, plan: Plan, windows: tuple[Window, ...]
) -> list[tuple[float, str]]:
    """Durations and state strings of one cycle, from its local start."""
    renderer = renderer_of(sumo_site)
    ticks = round(plan.cycle_s * TENTHS)
    colours = [_colours(site, plan, windows, t / TENTHS) for t in range(ticks)]
    stages = _stage_at(site, colours)
    states = []
    for at in range(ticks):
        before, after = _around(stages, at)
        states.append(_render(renderer, colours[at], before, after))
    return [(len(list(same)) / TENTHS, state) for state, same in groupby(states)]


def plan_from_program(sumo_site: SumoSite) -> tuple[Plan, Site]:
    """The net's own program as a plan of stages, and the site with that program's yellow.

    A stage's split is its green with what follows until the next stage. Raises InputError where
    the program shows none of the site's stages.
    """
    entries = _from_first_stage(sumo_site)
    splits: list[tuple[str, float]] = []
    for duration_s, stage, _ in entries:
        if stage and (not splits or splits[-1][0] != stage):
            splits.append((stage, duration_s))
        else:
            splits[-1] = (splits[-1][0], splits[-1][1] + duration_s)
    if len(splits) > 1 and splits[0][0] == splits[-1][0]:
        first = splits.pop(0)
        splits[-1] = (first[0], splits[-1][1] + first[1])
    skipped_s = _before_first_stage_s(sumo_site)
    cycle_s = sum(s for _, s in splits)
    if cycle_s <= 0 or min(s for _, s in splits) < 0:
        raise InputError(
            f"program of signal {sumo_site.signal_id}",
            f"stages of {', '.join(f'{s:g}' for _, s in splits)} s",
            "durations above 0 s",
            "Correct the durations of its phases in the net.",
        )
    plan = Plan(
        site=sumo_site.site.id,
        cycle_s=cycle_s,
        offset_s=(sumo_site.program_offset_s + skipped_s) % cycle_s,
        stages=tuple(Split(id=stage, split_s=s) for stage, s in splits),
    )
    return plan, _with_program_limits(sumo_site, entries)


def _colours(site: Site, plan: Plan, windows: tuple[Window, ...], at_s: float) -> tuple[int, ...]:
    """The colour of each phase at a time of the cycle."""
    shown = [int(Colour.RED)] * len(site.phases)
    for w in windows:
        since_s = (at_s - w.start_s + 1e-6) % plan.cycle_s
        index = site.phase_index[w.phase]
        if since_s < w.green_s:
            shown[index] = int(Colour.GREEN)
        elif since_s < w.green_s + w.yellow_s and shown[index] == Colour.RED:
            shown[index] = int(Colour.YELLOW)
    return tuple(shown)


def _stage_at(site: Site, colours: list[tuple[int, ...]]) -> list[int]:
    """The stage whose phases are exactly the green ones, -1 in between."""
    ids = [p.id for p in site.phases]
    known = {frozenset(s.phases): i for i, s in enumerate(stages_of(site))}
    return [
        known.get(frozenset(p for p, c in zip(ids, row, strict=True) if c == Colour.GREEN), -1)
        if Colour.YELLOW not in row
        else -1
        for row in colours
    ]


def _around(stages: list[int], at: int) -> tuple[int, int]:
    """The last stage shown up to a moment, and the next one, around the cycle."""
    n = len(stages)
    before = next((stages[(at - k) % n] for k in range(n) if stages[(at - k) % n] >= 0), -1)
    after = next((stages[(at + k) % n] for k in range(n) if stages[(at + k) % n] >= 0), -1)
    return before, after


def _render(renderer: Renderer, colours: tuple[int, ...], before: int, after: int) -> str:
    # people beside a vehicle phase walk while it is green: the program has no push buttons
    walks = tuple(c if c == Colour.GREEN else int(Colour.RED) for c in colours)
    return renderer.render(colours, before, after, walks)


def _stage_of_state(sumo_site: SumoSite, state: str) -> str:
    """The site's stage that a state of the program shows; empty for a transition."""
    for stage, shown in sumo_site.stage_states.items():
        if shown == state:
            return stage
    if set(state) & set("yYu") or not GREEN & set(state):
        return ""
    colours = renderer_of(sumo_site).colours_of(state)
    ids = [p.id for p in sumo_site.site.phases]
    green = frozenset(p for p, c in zip(ids, colours, strict=True) if c == Colour.GREEN)
    return next((s.id for s in stages_of(sumo_site.site) if frozenset(s.phases) == green), "")


def _before_first_stage_s(sumo_site: SumoSite) -> float:
    total_s = 0.0
    for duration_s, state in sumo_site.program:
        if _stage_of_state(sumo_site, state):
            return total_s
        total_s += duration_s
    raise InputError(
        f"signal {sumo_site.signal_id}, program",
        "no stage that the site has",
        "a program with at least one green stage",
        "Give the timing in a file instead.",
    )


def _from_first_stage(sumo_site: SumoSite) -> list[tuple[float, str, str]]:
    """Duration, stage and state of each entry, rotated so that a stage comes first."""
    _before_first_stage_s(sumo_site)
    entries = [(s, _stage_of_state(sumo_site, state), state) for s, state in sumo_site.program]
    first = next(i for i, entry in enumerate(entries) if entry[1])
    return entries[first:] + entries[:first]


def _with_program_limits(sumo_site: SumoSite, entries: list[tuple[float, str, str]]) -> Site:
    """Yellow and red clearance of each phase as the program shows them after its green."""
    site = sumo_site.site
    renderer = renderer_of(sumo_site)
    rows = [(s, renderer.colours_of(state), bool(stage)) for s, stage, state in entries]
    phases = tuple(_program_phase(p, i, rows) for i, p in enumerate(site.phases))
    changed = site.model_copy(update={"phases": phases})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})


def _program_phase(
    phase: Phase, index: int, rows: list[tuple[float, tuple[int, ...], bool]]
) -> Phase:
    yellow_s = red_s = 0.0
    for i, (_, colours, _) in enumerate(rows):
        if colours[index] != Colour.GREEN or rows[(i + 1) % len(rows)][1][index] == Colour.GREEN:
            continue
        for k in range(1, len(rows)):
            duration_s, after, is_stage = rows[(i + k) % len(rows)]
            if is_stage or after[index] == Colour.GREEN:
                break
            if after[index] == Colour.YELLOW:
                yellow_s += duration_s
            else:
                red_s += duration_s
        break
    if phase.kind == "pedestrian":
        return phase.model_copy(update={"ped_clearance_s": yellow_s + red_s})
    return phase.model_copy(update={"yellow_s": yellow_s, "red_clearance_s": red_s})
