"""What is wrong at a place in a site.toml, and names that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place in the file (`phases[2].min_green_s`)."""

    path: str
    found: str
    allowed: str
    do: str


def unknown(path: str, kind: str, name: str, known: Iterable[str]) -> Problem:
    """A name of something that the site does not have."""
    names = ", ".join(known)
    return Problem(
        path,
        f"{kind} {name}, which the site does not have",
        f"{kind}s {names or '(there are none)'}",
        f"Rename it, or add the {kind}.",
    )


def references(
    path: str, kind: str, names: Sequence[str], known: Iterable[str]
) -> Iterator[Problem]:
    """Those of a list of names that the site does not have."""
    known = list(known)
    for k, name in enumerate(names):
        if name not in known:
            yield unknown(f"{path}[{k}]", kind, name, known)
