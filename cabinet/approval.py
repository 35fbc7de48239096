"""Approvals: who let a site be driven, for what; signed with the ledger's key.

One file a site. It holds for one tier and for the configuration that was approved: its digest is in
it, so that whoever changes the site's file, its mapping or its limits has it approved anew. Where
the file is gone, the approval is withdrawn, which a running service sees within a second.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from greenband.engine.errors import InputError

from .ledger_chain import canonical
from .ledger_key import signed_by
from .ledger_record import Approval, utc_text

_APPROVAL = b"greenband approval 1\0"
LONGEST_NAME = 120


@dataclass(frozen=True)
class Grant:
    """What was approved: `subject` is the digest of the configuration, `at` UTC, ISO."""

    site: str
    by: str
    at: str
    tier: str
    omit: bool
    subject: str

    @property
    def approval(self) -> Approval:
        """As a decision in the ledger has it."""
        scope = f"{self.tier}{', omit' if self.omit else ''}, configuration {self.subject[:16]}"
        return Approval(self.by, dt.datetime.fromisoformat(self.at), scope)


def grant(folder: Path, key: Ed25519PrivateKey, what: Grant) -> Path:
    """Write an approval, whole or not at all; returns its file.

    Raises InputError for a name of nobody.
    """
    if not what.by.strip() or len(what.by) > LONGEST_NAME or not what.by.isprintable():
        raise InputError(
            "--by", repr(what.by[:LONGEST_NAME]), f"1 to {LONGEST_NAME} characters",
            "Give the name of who approves.",
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    body = asdict(what)
    signature = key.sign(_APPROVAL + canonical(body)).hex()
    path = file_of(folder, what.site)
    part = path.with_name(path.name + ".part")
    part.write_bytes(canonical({"grant": body, "signature": signature}) + b"\n")
    part.replace(path)
    return path


def find(
    folder: Path, key: Ed25519PublicKey, site: str, tier: str, omit: bool, subject: str
) -> tuple[Grant | None, str]:
    """The approval of a site for this tier and configuration, else the words why there is none."""
    path = file_of(folder, site)
    try:
        data = json.loads(path.read_bytes())
        given = Grant(**data["grant"])
        signature = bytes.fromhex(data["signature"])
        at = dt.datetime.fromisoformat(given.at)
    except FileNotFoundError:
        return None, "not approved"
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None, f"the approval {path.name} can't be read"
    if at.tzinfo is None or not signed_by(key, signature, _APPROVAL + canonical(asdict(given))):
        return None, f"the approval {path.name} isn't signed with the ledger's key"
    if given.site != site:
        return None, f"the approval {path.name} is for site {given.site}"
    if given.tier != tier or (omit and not given.omit):
        return None, f"approved for tier {given.tier}{', omit' if given.omit else ''} only"
    if given.subject != subject:
        return None, "the configuration isn't the one that was approved"
    return given, ""


def withdraw(folder: Path, site: str, now: dt.datetime) -> bool:
    """Take an approval back, and keep its file under another name; False where there is none."""
    path = file_of(folder, site)
    stamp = utc_text(now).replace(":", "").replace("+0000", "Z")
    try:
        path.replace(path.with_name(f"{path.stem}.withdrawn-{stamp}"))
    except FileNotFoundError:
        return False
    return True


def file_of(folder: Path, site: str) -> Path:
    """Where a site's approval lies, whatever characters its name has."""
    return folder / f"{quote(site, safe='')}.json"
