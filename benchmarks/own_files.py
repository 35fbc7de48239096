"""What a user's controller follows from: its file, and the files that it names."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

DIGITS = 16


def controller_digest(path: Path) -> str:
    """One for the same file and the same files named in it; empty where there is no file.

    A policy's weights lie in a file of their own: what a text in the source names, from the
    file's folder or from here, with or without ``.zip``, has its part in the digest. A name that
    is put together while the program runs can't be seen.
    """
    if not path.is_file():
        return ""
    parts = [_of_file(file) for file in (path, *_named(path))]
    return (
        parts[0]
        if len(parts) == 1
        else hashlib.sha256("".join(parts).encode()).hexdigest()[:DIGITS]
    )


def _named(path: Path) -> list[Path]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # its rows will say so
        return []
    nodes = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = sorted({text for text in nodes if isinstance(text, str) and _may_be_a_name(text)})
    found = [
        Path(folder, text + end)
        for text in texts
        for folder in (path.parent, ".")
        for end in ("", ".zip")
    ]
    return list(dict.fromkeys(file.resolve() for file in found if file.is_file()))


def _may_be_a_name(text: str) -> bool:
    return 0 < len(text) < 200 and text.isprintable()


def _of_file(path: Path) -> str:
    state = path.stat()
    return _digest(path.resolve(), state.st_mtime_ns, state.st_size)


@cache
def _digest(path: Path, changed_ns: int, size: int) -> str:
    """Once for each content: weights may be large, and are asked for with each row."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGITS]
