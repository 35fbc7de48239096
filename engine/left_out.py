"""In words, which stages of a site's sequence a plan does without, and what that is worth."""

from __future__ import annotations

from .sequence import Sequence
from .site import Site


def left_out_notes(
    site: Site, own: tuple[Sequence, float], chosen: tuple[Sequence, float], measure: str
) -> list[str]:
    """What to say where the chosen order leaves out stages that the site's sequence has.

    Each order comes with its delay in seconds, of which ``measure`` says in words what it is. Empty
    where all stages are kept, and where the site states none.
    """
    missing = missing_stages(own[0], chosen[0])
    if not (site.stages and missing):
        return []
    lost = _no_longer_protected(site, own[0], chosen[0])
    gives_way = f", so that {', '.join(lost)} must always give way" if lost else ""
    stages = f"{'stage' if len(missing) == 1 else 'stages'} {', '.join(missing)}"
    return [
        f"{site.name or site.id}: {stages} of the sequence left out{gives_way}: the "
        f"{measure} is {chosen[1]:.1f} s without and {own[1]:.1f} s with"
    ]


def missing_stages(own: Sequence, chosen: Sequence) -> list[str]:
    """Stages of the own order that the chosen one does without; phases in rings never are."""
    return [s for s in own.slots if s not in chosen.slots] if own.staged else []


def _no_longer_protected(site: Site, own: Sequence, chosen: Sequence) -> list[str]:
    """Movements that some stage of the own order lets go against nobody, and none of the chosen."""
    gives_way: dict[str, set[str]] = {}
    for pair in site.yields:
        gives_way.setdefault(pair.phase, set()).add(pair.to)

    def free(phase: str, order: Sequence) -> bool:
        return any(phase in s and not gives_way[phase] & set(s) for s in order.served)

    phases = [site.phase(p) for p in gives_way if free(p, own) and not free(p, chosen)]
    return list(dict.fromkeys(m for p in phases for m in (*p.protected, *p.permitted)))
