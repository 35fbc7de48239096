"""Text out of a user's file, whatever program wrote it."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from greenband.engine.errors import InputError

PACKED = {b"\x1f\x8b": "packed with gzip", b"PK\x03\x04": "a zip archive, as Excel's .xlsx is"}
"""How a file begins that holds no text."""


def read_text(path: Path, what: str) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, or Windows-1252 as Synchro writes it.

    `what` says in an error what is wanted. Raises InputError where the file can't be read or is
    no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, what, error.strerror or str(error)) from None
    for start, kind in PACKED.items():
        if content.startswith(start):
            raise unreadable(path, what, kind, "Unpack it, or save it as plain text.")
    marked = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text[:1000]:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise unreadable(path, what, "no text in UTF-8, UTF-16 or Windows-1252", "Save it as UTF-8.")


def unreadable(path: Path, what: str, reason: str, do: str = "Check the path.") -> InputError:
    """The error of a file that can't be read."""
    return InputError(str(path), f"can't be read ({reason})", what, do)
