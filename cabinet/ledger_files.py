"""The files of a ledger: segments by day and size, the last head, and what a crash leaves behind.

A segment is ``ledger-<number of its first entry>.jsonl``. ``head.json`` repeats the last signed
head, so that a ledger cut off before it is found. A line feed ends every entry; what lies after
the last one is a torn entry, which was never whole and covered by no signature.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from greenband.engine.errors import InputError

from .ledger_chain import LONGEST_LINE

HEAD_FILE = "head.json"
_SEGMENT = re.compile(r"ledger-(\d{12})\.jsonl")


def segment_name(first_n: int) -> str:
    """The name of the segment that begins with this entry."""
    return f"ledger-{first_n:012d}.jsonl"


def segments(folder: Path) -> list[tuple[int, Path]]:
    """The segments with the number of their first entry, in order; InputError without a folder."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise InputError(
            str(folder),
            error.strerror or type(error).__name__,
            "the folder of a ledger",
            "Give the folder that the live service writes its ledger to.",
        ) from error
    found = [match for name in names if (match := _SEGMENT.fullmatch(name))]
    return [(int(match[1]), folder / match[0]) for match in found]


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line of a file with the place of its first byte; no more than one line is in memory.

    A line longer than an entry may be comes in pieces, none of which is an entry.
    """
    at = 0
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            yield at, line
            at += len(line)


def is_torn(line: bytes) -> bool:
    """Whether a last line was never written to its end; after a power cut it may be zeros."""
    return not line.endswith(b"\n") and len(line) <= LONGEST_LINE


def sync_folder(folder: Path) -> None:
    """Make names in the folder last, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, and rename it when it is on the disk."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
