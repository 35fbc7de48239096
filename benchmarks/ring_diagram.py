"""The cycle of a plan as a picture: a row a ring with barriers, or a row a phase."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from greenband.engine.plan import Plan, Window, green_windows
from greenband.engine.site import Phase, Site

WIDTH = 760.0
LEFT = 120.0
MOST_LETTERS = 15
ROW = 46.0
GAP = 10.0
TOP = 8.0
AXIS = 30.0
GREEN, PERMITTED, YELLOW, RED = "#1d7f4f", "#8cc4a3", "#f2c230", "#c23b3b"
TICKS_S = (5, 10, 15, 20, 30, 60)
MIN_LETTER = 6.6
"""Width of a letter; words that don't fit are left out."""


@dataclass(frozen=True)
class _Row:
    label: str
    windows: tuple[Window, ...]


def cycle_svg(site: Site, plan: Plan) -> str:
    """Greens, yellows and red clearances over one cycle, as inline SVG.

    Where the plan has rings there is a row for each with lines at the barriers, else a row for
    each phase with lines where stages begin. Raises InputError where the plan does not fit.
    """
    windows = green_windows(site, plan)
    rows = _ring_rows(site, plan, windows) if plan.phases else _phase_rows(site, windows)
    marks = _barriers_s(site, plan) if plan.phases else _stage_starts_s(plan)
    height = TOP + len(rows) * (ROW + GAP) + AXIS
    parts = [
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" class="cycle" '
        f'aria-label="{escape(_in_words(site, plan, windows))}">',
        *(_row_svg(site, plan, row, i) for i, row in enumerate(rows)),
        *(_mark_svg(plan, s, len(rows), bool(plan.phases)) for s in marks),
        _axis_svg(plan, len(rows)),
        "</svg>",
    ]
    return "\n".join(parts)


def _ring_rows(site: Site, plan: Plan, windows: tuple[Window, ...]) -> list[_Row]:
    return [
        _Row(
            f"Ring {i + 1}",
            tuple(w for w in windows if any(w.phase in group for group in ring)),
        )
        for i, ring in enumerate(plan.rings or site.rings)
    ]


def _phase_rows(site: Site, windows: tuple[Window, ...]) -> list[_Row]:
    served = [p.id for p in site.phases if any(w.phase == p.id for w in windows)]
    return [_Row(p, tuple(w for w in windows if w.phase == p)) for p in served]


def _barriers_s(site: Site, plan: Plan) -> list[float]:
    split = {s.id: s.split_s for s in plan.phases}
    ends, total = [0.0], 0.0
    for groups in zip(*(plan.rings or site.rings), strict=True):
        total += max(sum(split.get(p, 0.0) for p in group) for group in groups)
        ends.append(total)
    return ends


def _stage_starts_s(plan: Plan) -> list[float]:
    starts = [0.0]
    for stage in plan.stages:
        starts.append(starts[-1] + stage.split_s)
    return starts


def _x(plan: Plan, at_s: float) -> float:
    return LEFT + (WIDTH - LEFT - 8) * at_s / plan.cycle_s


def _row_svg(site: Site, plan: Plan, row: _Row, index: int) -> str:
    y = TOP + index * (ROW + GAP)
    background = (
        f'<rect x="{LEFT:g}" y="{y:g}" width="{WIDTH - LEFT - 8:g}" height="{ROW:g}" '
        'fill="#eceff2"/>'
    )
    label = (
        f'<text x="{LEFT - 8:g}" y="{y + ROW / 2 + 5:g}" text-anchor="end" class="row">'
        f"{escape(_short(row.label))}</text>"
    )
    return "\n".join([label, background, *(_window_svg(site, plan, w, y) for w in row.windows)])


def _window_svg(site: Site, plan: Plan, window: Window, y: float) -> str:
    phase = site.phase(window.phase)
    colour = GREEN if phase.protected or phase.kind == "pedestrian" else PERMITTED
    at_s, parts = window.start_s, []
    for length_s, fill in (
        (window.green_s, colour),
        (window.yellow_s, YELLOW),
        (window.red_clearance_s, RED),
    ):
        for start_s, end_s in _wrapped(at_s, length_s, plan.cycle_s):
            x, width = _x(plan, start_s), _x(plan, end_s) - _x(plan, start_s)
            parts.append(
                f'<rect x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{ROW:g}" fill="{fill}"/>'
            )
        at_s += length_s
    longest = max(
        _wrapped(window.start_s, window.green_s, plan.cycle_s),
        key=lambda piece: piece[1] - piece[0],
    )
    return "\n".join([*parts, _words_svg(plan, phase, window, longest, y)])


def _words_svg(
    plan: Plan, phase: Phase, window: Window, piece: tuple[float, float], y: float
) -> str:
    room = _x(plan, piece[1]) - _x(plan, piece[0])
    middle = (_x(plan, piece[0]) + _x(plan, piece[1])) / 2
    served = " ".join((*phase.protected, *(f"({m})" for m in phase.permitted)))
    full = f"{phase.id}  {served}" if plan.phases else served
    first = phase.id if len(full) * MIN_LETTER > room else full
    if len(first) * MIN_LETTER > room:
        first = ""
    second = f"{window.green_s:g} s" if room > 5 * MIN_LETTER else ""
    return (
        f'<text x="{middle:.1f}" y="{y + 19:g}" text-anchor="middle" class="served">'
        f"{escape(first)}</text>"
        f'<text x="{middle:.1f}" y="{y + 36:g}" text-anchor="middle" class="green">'
        f"{second}</text>"
    )


def _short(label: str) -> str:
    return label if len(label) <= MOST_LETTERS else label[: MOST_LETTERS - 1] + "…"


def _wrapped(start_s: float, length_s: float, cycle_s: float) -> list[tuple[float, float]]:
    """A piece of the cycle, in two where it runs over the end."""
    if length_s <= 0:
        return [(start_s % cycle_s, start_s % cycle_s)]
    start = start_s % cycle_s
    end = start + min(length_s, cycle_s)
    if end <= cycle_s + 1e-9:
        return [(start, end)]
    return [(start, cycle_s), (0.0, end - cycle_s)]


def _mark_svg(plan: Plan, at_s: float, rows: int, barrier: bool) -> str:
    x = _x(plan, at_s)
    bottom = TOP + rows * (ROW + GAP) - GAP + 4
    width = 3 if barrier else 1
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4:g}" y2="{bottom:g}" stroke="#1c2127" '
        f'stroke-width="{width}"/>'
    )


def _axis_svg(plan: Plan, rows: int) -> str:
    y = TOP + rows * (ROW + GAP) + 12
    step = next((s for s in TICKS_S if plan.cycle_s / s <= 12), 60)
    # the last tick stays clear of the cycle's own figure
    ticks = [t for t in range(0, int(plan.cycle_s), step) if plan.cycle_s - t > 0.6 * step]
    words = [
        f'<text x="{_x(plan, t):.1f}" y="{y:g}" text-anchor="middle" class="tick">{t}</text>'
        for t in ticks
    ]
    words.append(
        f'<text x="{WIDTH - 2:g}" y="{y:g}" text-anchor="end" class="tick">'
        f"{plan.cycle_s:g} s</text>"
    )
    return "\n".join(words)


def _in_words(site: Site, plan: Plan, windows: tuple[Window, ...]) -> str:
    """The picture for who can't see it."""
    greens = "; ".join(
        f"phase {w.phase} green from {w.start_s:g} s for {w.green_s:g} s" for w in windows
    )
    return f"Cycle of {plan.cycle_s:g} s at {site.name or site.id}: {greens}"
