"""Sets of phases as bits of an integer: a phase's bit is 1 << its position in `Site.phases`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1 << 14)
def bits(mask: int) -> tuple[int, ...]:
    """Positions of the set bits, lowest first; kept, as a site meets the same sets all day."""
    return tuple(p for p in range(mask.bit_length()) if mask >> p & 1)


@lru_cache(maxsize=1 << 14)
def spread(n: int, first: tuple[int, int], then: tuple[int, int], rest: int) -> tuple[int, ...]:
    """One number for each of n positions: that of the first (number, set) that has it, or rest."""
    (one, ones), (other, others) = first, then
    return tuple(one if ones >> p & 1 else other if others >> p & 1 else rest for p in range(n))


def mask_of(positions: Iterable[int]) -> int:
    """The set with these positions."""
    mask = 0
    for position in positions:
        mask |= 1 << position
    return mask


_DIGITS = bytes([48, *[49] * 255])


def mask_of_bytes(flags: bytes) -> int:
    """The set of the positions that are not zero, of an array of booleans as bytes."""
    return int(flags[::-1].translate(_DIGITS), 2) if flags else 0
