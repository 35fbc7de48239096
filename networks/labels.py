"""Readable names for phases and stages: NB+SB, NBL+SBL, EBTR, crossing EB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenband.engine.site import Site

from .approaches import Arm, Turning
from .net_xml import Net
from .signal_groups import ControlledLink

LONGEST = 48
"""Longer names are cut to the approaches."""


def phase_labels(
    groups: Sequence[tuple[int, ...]],
    links: Sequence[ControlledLink],
    turnings: Sequence[Turning],
    arms: Sequence[Arm],
    net: Net,
) -> list[str]:
    """One name a phase: the movements that it serves, or the legs that its crossings cross."""
    legs = {
        c: "/".join(a.id for a in arms if a.edge in net.edges[c].crosses)
        for c in dict.fromkeys(k.crossing for k in links if k.crossing)
    }
    labels = []
    for group in groups:
        crossings = dict.fromkeys(k.crossing for k in links if k.index in group and k.crossing)
        if crossings:
            named = [legs[c] or f"exit {c.rpartition('_c')[2]}" for c in crossings]
            labels.append(f"crossing {'+'.join(dict.fromkeys(named))}")
        else:
            served = [t for t in turnings if any(k.index in group for k in t.links)]
            labels.append(_movements_label([(t.arm, t.turn, t.id) for t in served], turnings))
    return unique(labels)


def stage_label(site: Site, phases: Iterable[str]) -> str:
    """The name of a stage: all movements that it serves."""
    chosen = [p for p in site.phases if p.id in set(phases)]
    served = {m for p in chosen for m in (*p.protected, *p.permitted)}
    movements = [m for m in site.movements if m.id in served]
    if not movements:
        return "+".join(p.id for p in chosen) if len(chosen) == 1 else "crossings"
    everything = [(m.approach, m.turn, m.id) for m in site.movements]
    return _join([(m.approach, m.turn, m.id) for m in movements], everything)


def _movements_label(served: Sequence[tuple[str, str, str]], turnings: Sequence[Turning]) -> str:
    return _join(served, [(t.arm, t.turn, t.id) for t in turnings])


def _join(
    served: Sequence[tuple[str, str, str]], everything: Sequence[tuple[str, str, str]]
) -> str:
    """NB for all of an approach (its U-turns aside), else NBL or NBTR; joined by +."""
    parts: list[str] = []
    for approach in dict.fromkeys(a for a, _, _ in served):
        own = [(turn, m) for a, turn, m in served if a == approach]
        whole = [(turn, m) for a, turn, m in everything if a == approach]
        turns = "".join(t for t in "ULTR" if t in {turn for turn, _ in own})
        main = {m for turn, m in whole if turn != "U"}
        dash = "-" if approach[-1].isdigit() else ""
        if main <= {m for _, m in own}:
            parts.append(approach)
        elif len(own) == 1:
            parts.append(own[0][1])
        else:
            parts.append(f"{approach}{dash}{turns}")
    label = "+".join(parts)
    if len(label) > LONGEST:
        label = "+".join(dict.fromkeys(a for a, _, _ in served))
    return label


def unique(labels: Sequence[str]) -> list[str]:
    """The same names, those that come again with a number behind."""
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return result
