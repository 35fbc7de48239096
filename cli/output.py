"""What every command has in common: one answer, as text or as one JSON object, and its errors.

With ``--json`` a command prints one JSON object on standard output, on failure too, and nothing
else; what SUMO and others print meanwhile goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console

from greenband.engine.errors import GreenbandError

DONE, NO, BAD_INPUT, MISSING_PART = 0, 1, 2, 3
"""Exit codes: done; done, and the answer is no; bad input; a real part is missing."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@dataclass(frozen=True)
class Answer:
    """What a command found: `data` for ``--json``, `show` prints it for people."""

    data: Mapping[str, Any]
    show: Callable[[Console], None]
    code: int = DONE


def log(message: str) -> None:
    """Progress and warnings, on standard error."""
    Console(stderr=True, soft_wrap=True).print(message, markup=False, highlight=False)


def print_answer(answer: Answer, as_json: bool) -> None:
    """The answer on standard output."""
    if as_json:
        print_json(answer.data)
    else:
        answer.show(Console())


def print_error(error: GreenbandError, as_json: bool) -> None:
    """The four parts of an error: as JSON on standard output, else for people on standard error."""
    if as_json:
        print_json({"error": error.as_dict()})
        return
    console = Console(stderr=True, soft_wrap=True)
    for label, text in (
        ("Where  ", error.where),
        ("Found  ", error.found),
        ("Allowed", error.allowed),
        ("Do     ", error.do),
    ):
        console.print(f"{label}  {text}", markup=False, highlight=False)


def print_json(data: Mapping[str, Any]) -> None:
    """One object; no NaN, which JSON does not have."""
    sys.stdout.write(json.dumps(data, indent=2, allow_nan=False) + "\n")
    sys.stdout.flush()


@contextmanager
def nothing_on_stdout(wanted: bool) -> Iterator[None]:
    """Send to standard error whatever is printed meanwhile, by libraries written in C too."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    before = sys.stdout
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = before
        os.dup2(kept, 1)
        os.close(kept)
