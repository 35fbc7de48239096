"""Which stages a plan serves, and in which order.

A local search from the site's own order: leave out a stage whose phases others serve too, and,
where the rules allow any order, exchange two. Each order is tried with a few cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, islice, permutations, product

from .sequence import Rings, Sequence, ring_sequence, stage_sequence
from .site import Site
from .stages import stages_of

Score = Callable[[Sequence], float]
"""The least delay that an order allows, roughly; infinite where none is possible."""
MAX_ROUNDS = 12
MAX_RING_ORDERS = 64
GAIN_RATIO = 1e-3
"""An order must be better by this much than the site's own, which drivers know."""


def best_stages(site: Site, score: Score, *, any_order: bool) -> Sequence:
    """The best order of the site's stages that still serves every phase."""
    stages = stages_of(site)
    order = tuple(s.id for s in stages)
    served = {s.id: frozenset(s.phases) for s in stages}
    everything = frozenset().union(*served.values())
    best, best_score = order, score(stage_sequence(site, order))
    for _ in range(MAX_ROUNDS):
        improved = False
        tried = [
            (score(stage_sequence(site, candidate)), candidate)
            for candidate in _neighbours(best, any_order)
            if frozenset().union(*(served[s] for s in candidate)) == everything
        ]
        if tried and min(tried)[0] < best_score * (1.0 - GAIN_RATIO):
            best_score, best = min(tried)
            improved = True
        if not improved:
            break
    return stage_sequence(site, best)


def best_rings(site: Site, score: Score) -> Sequence:
    """The best order of the phases between two barriers: leading and lagging lefts."""
    orders = [ring_sequence(site, r) for r in islice(_ring_orders(site), MAX_RING_ORDERS)]
    own = orders[0]
    scores = [score(order) for order in orders]
    best = min(range(len(orders)), key=lambda i: scores[i])
    return orders[best] if scores[best] < scores[0] * (1.0 - GAIN_RATIO) else own


def _neighbours(order: tuple[str, ...], any_order: bool) -> Iterator[tuple[str, ...]]:
    """One stage less, and two exchanged; the start of the cycle makes no difference."""
    if len(order) > 1:
        for i in range(len(order)):
            yield order[:i] + order[i + 1 :]
    if any_order and len(order) > 3:
        for i, j in combinations(range(len(order)), 2):
            swapped = list(order)
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield tuple(swapped)
    elif any_order and len(order) == 3:
        yield (order[0], order[2], order[1])


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
