"""Sets of phases as bits of an integer: a phase's bit is 1 << its position in `Site.phases`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def bits(mask: int) -> Iterator[int]:
    """Positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


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
