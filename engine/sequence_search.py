"""Which stages a plan serves, and in which order.

Every choice of stages that serves all phases and has none to spare is tried, beside the site's
own; from the best, one more stage and, where the rules allow any order, exchanges of two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, islice, permutations, product

from .sequence import Rings, Sequence, ring_sequence, stage_sequence
from .site import Site
from .stages import stages_of

Score = Callable[[Sequence], float]
"""The least delay that an order allows, roughly; infinite where none is possible."""
MAX_ROUNDS = 4
MAX_COVERS = 60
MAX_RING_ORDERS = 64
GAIN_RATIO = 1e-3
"""An order must be better by this much than the site's own, which drivers know."""


def best_stages(site: Site, score: Score, *, any_order: bool) -> Sequence:
    """The best choice and order of the site's stages that serves every phase."""
    order = tuple(s.id for s in stages_of(site))
    served = {s.id: frozenset(s.phases) for s in stages_of(site)}
    best, best_score = order, score(stage_sequence(site, order))
    tried = {order}
    options = list(islice(least_covers(served), MAX_COVERS))
    for _ in range(MAX_ROUNDS):
        new = [o for o in dict.fromkeys(options) if o not in tried]
        tried.update(new)
        scores = [score(stage_sequence(site, o)) for o in new]
        if not scores or min(scores) >= best_score * (1.0 - GAIN_RATIO):
            break
        best_score = min(scores)
        best = new[scores.index(best_score)]
        options = list(_neighbours(best, order, served, any_order))
    return stage_sequence(site, best)


def least_covers(served: dict[str, frozenset[str]]) -> Iterator[tuple[str, ...]]:
    """Stages that together serve every phase, none of which could be left out; in their order."""
    everything = frozenset[str]().union(*served.values())
    seen: set[tuple[str, ...]] = set()

    def extend(chosen: frozenset[str], open_: frozenset[str]) -> Iterator[tuple[str, ...]]:
        if not open_:
            cover = tuple(s for s in served if s in chosen)
            if cover not in seen and not _has_spare(cover, served):
                seen.add(cover)
                yield cover
            return
        hardest = min(sorted(open_), key=lambda p: sum(p in phases for phases in served.values()))
        for stage, phases in served.items():
            if hardest in phases:
                yield from extend(chosen | {stage}, open_ - phases)

    yield from extend(frozenset(), everything)


def best_rings(site: Site, score: Score) -> Sequence:
    """The best order of the phases between two barriers: leading and lagging lefts."""
    orders = [ring_sequence(site, r) for r in islice(_ring_orders(site), MAX_RING_ORDERS)]
    scores = [score(order) for order in orders]
    best = min(range(len(orders)), key=lambda i: scores[i])
    return orders[best] if scores[best] < scores[0] * (1.0 - GAIN_RATIO) else orders[0]


def _has_spare(cover: tuple[str, ...], served: dict[str, frozenset[str]]) -> bool:
    return any(
        served[stage] <= frozenset[str]().union(*(served[o] for o in cover if o != stage))
        for stage in cover
    )


def _neighbours(
    order: tuple[str, ...],
    own: tuple[str, ...],
    served: dict[str, frozenset[str]],
    any_order: bool,
) -> Iterator[tuple[str, ...]]:
    """One stage more in its place, and two exchanged where that can join greens of a phase."""
    for stage in own:
        if stage not in order:
            yield tuple(s for s in own if s in order or s == stage)
    shared = any(served[a] & served[b] for a, b in combinations(order, 2))
    if not any_order or not shared or len(order) < 3:
        return
    if len(order) == 3:
        yield (order[0], order[2], order[1])
        return
    for i, j in combinations(range(len(order)), 2):
        swapped = list(order)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield tuple(swapped)


def _ring_orders(site: Site) -> Iterator[Rings]:
    """The site's own order first."""
    cells = [[list(permutations(group)) for group in ring] for ring in site.rings]
    sizes = [len(ring) for ring in site.rings]
    for choice in product(*(orders for ring in cells for orders in ring)):
        rings, at = [], 0
        for size in sizes:
            rings.append(tuple(choice[at : at + size]))
            at += size
        yield tuple(rings)
