"""What opens a controller: from a file of mode 600, the environment or a keyring; never printed.

One TOML text has a table per cabinet, or `[default]`:

    [cabinets."Main & 1st"]
    user = "greenband"
    auth_password = "..."
    priv_password = "..."

Version 3 is the default; versions 1 and 2 must be asked for (`version = 1`), since their names
cross the network in clear text.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from greenband.engine.errors import InputError

from .snmp import V1, V2C, Community, User

TEXT_VARIABLE, FILE_VARIABLE = "GREENBAND_CREDENTIALS", "GREENBAND_CREDENTIALS_FILE"
KEYRING_SERVICE = "greenband"
_PLAIN = {"version", "read_community", "write_community"}
_USER = {"version", "user", "auth", "auth_password", "priv_password", "engine_id", "level"}
_LEVELS = {"authPriv": 3, "authNoPriv": 1}


@dataclass(frozen=True, repr=False)
class Credentials:
    """Access to one controller, and in version 3 the engine that it must have, if that is known."""

    access: Community | User
    engine_id: bytes | None = None

    def __repr__(self) -> str:
        plain = isinstance(self.access, Community)
        return f"Credentials({'communities' if plain else 'user of version 3'}, withheld)"

    @property
    def is_plain(self) -> bool:
        """Whether they cross the network in clear text."""
        return isinstance(self.access, Community)

    def secrets(self) -> tuple[str, ...]:
        """All that must not appear in any text; for those who search texts for it."""
        if isinstance(self.access, Community):
            names = (self.access.read, self.access.write)
            return tuple(sorted({name.decode("latin-1") for name in names}))
        phrases = (self.access.auth_password, self.access.priv_password)
        return tuple(phrase for phrase in phrases if phrase)


def load(
    cabinet: str, path: Path | None = None, environ: Mapping[str, str] | None = None
) -> Credentials:
    """The credentials of a cabinet: `path`, else the environment, else the system's keyring.

    Raises InputError without a word of what was read, also where others may read the file.
    """
    text, where = find_text(cabinet, path, environ)
    return parse(text, cabinet, where)


def find_text(
    cabinet: str, path: Path | None = None, environ: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """The text that has a cabinet's table, as `load` looks for it, and where it is from."""
    environment = os.environ if environ is None else environ
    if path is None and FILE_VARIABLE in environment:
        path = Path(environment[FILE_VARIABLE])
    if path is not None:
        return _private_text(path), f"credentials file {path}"
    if TEXT_VARIABLE in environment:
        return environment[TEXT_VARIABLE], f"environment, {TEXT_VARIABLE}"
    text = _from_keyring(cabinet)
    if text is None:
        raise InputError(
            f"credentials of {cabinet}",
            "none",
            f"a file (mode 600), {FILE_VARIABLE}, {TEXT_VARIABLE}, or the keyring's "
            f"service {KEYRING_SERVICE!r}",
            "Give one of them.",
        )
    return text, "keyring"


def parse(text: str, cabinet: str, where: str) -> Credentials:
    """The credentials of a cabinet in a TOML text; `where` it is from, for errors."""
    return _of_table(table_of(text, cabinet, where), f"{where}, cabinet {cabinet}")


def table_of(text: str, cabinet: str, where: str) -> dict[str, Any]:
    """A cabinet's table of a TOML text, or the default one."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # The decoder's own words would quote a line.
        raise InputError(where, "no TOML", "tables of credentials", "Mend its form.") from None
    own = tables.get("cabinets", {})
    table = own.get(cabinet, tables.get("default")) if isinstance(own, dict) else None
    if not isinstance(table, dict):
        raise InputError(
            where,
            f"nothing for cabinet {cabinet}",
            f'a table [cabinets."{cabinet}"] or [default]',
            "Add it.",
        )
    return table


def _of_table(table: dict[str, Any], where: str) -> Credentials:
    version = table.get("version", 3)
    known = {1: _PLAIN, 2: _PLAIN, 3: _USER}.get(version if type(version) is int else 0)
    if known is None:
        raise _wrong(where, "another version", "version 1, 2 or 3; 3 where it is left out")
    for key in table:
        if key not in known:
            raise _wrong(
                where, f"key {key!r} with version {version}", f"keys {', '.join(sorted(known))}"
            )
    if known is _USER:
        return Credentials(_user(table, where), _engine_id(table, where))
    names = [_text(table, key, where).encode() for key in ("read_community", "write_community")]
    return Credentials(Community(V1 if version == 1 else V2C, names[0], names[1]))


def _user(table: dict[str, Any], where: str) -> User:
    auth, level = table.get("auth", "sha256"), table.get("level", "authPriv")
    if auth not in ("sha1", "sha256") or level not in _LEVELS:
        raise _wrong(where, "another auth or level", "auth sha256 or sha1, authPriv or authNoPriv")
    private = _text(table, "priv_password", where) if level == "authPriv" else None
    return User(
        _text(table, "user", where), _text(table, "auth_password", where), private, auth, write=True
    )


def _engine_id(table: dict[str, Any], where: str) -> bytes | None:
    if "engine_id" not in table:
        return None
    try:
        return bytes.fromhex(_text(table, "engine_id", where))
    except ValueError:
        raise _wrong(where, "an engine_id that is no hex", "two digits an octet") from None


def _text(table: dict[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise _wrong(where, f"no {key}", f"{key} as a text")
    return value


def _wrong(where: str, found: str, allowed: str) -> InputError:
    return InputError(where, found, allowed, "See docs/ntcip_driver.md, credentials.")


def _private_text(path: Path) -> str:
    where = f"credentials file {path}"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise InputError(
                where,
                f"mode {mode:o}: others than its owner may read it",
                "mode 600",
                f"chmod 600 {path}, and change what is in it if anyone else could have read it.",
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "not a text"
        raise InputError(
            where,
            said or "not readable",
            "a TOML file of mode 600 with a table per cabinet",
            "Make it as docs/ntcip_driver.md shows, credentials.",
        ) from None


def _from_keyring(cabinet: str) -> str | None:
    """The text that the system's keyring holds for a cabinet, where there is a keyring at all."""
    if find_spec("keyring") is None:
        return None
    found = import_module("keyring").get_password(KEYRING_SERVICE, cabinet)
    return found if isinstance(found, str) else None
