"""An RSMP site's security code, from where the credentials of other cabinets are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from greenband.engine.errors import InputError

from .credentials import find_text, table_of

KEY = "security_code"


def load_code(
    cabinet: str, path: Path | None = None, environ: Mapping[str, str] | None = None
) -> str:
    """The security code (of level 2) of a site, as `credentials.load` looks for credentials.

    Raises InputError without a word of what was read.
    """
    text, where = find_text(cabinet, path, environ)
    table = table_of(text, cabinet, where)
    code = table.get(KEY)
    if set(table) != {KEY} or not isinstance(code, str) or not code:
        raise InputError(
            f"{where}, cabinet {cabinet}",
            f"no table with {KEY} alone",
            f"{KEY} as a text, and no other key: an RSMP site has no other credential",
            "See docs/rsmp.md.",
        )
    return code
