"""Trained policies as files: the weights as arrays, and beside them a card that says what they are.

``NAME.npz`` holds the network and its guard, ``NAME.toml`` the policy card: what it was trained on
and by which command, what it was measured at, and the digest of the weights, without which they are
not run. Those that come with Greenband are in ``controllers/data/policies``.
"""

from __future__ import annotations

import hashlib
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from greenband.engine.errors import InputError

from .policy_guard import Guard, guard_of
from .policy_network import Network, network_of
from .stage_features import LANE_FEATURES, RELATIONS, STAGE_FEATURES

SHIPPED = Path(__file__).parent / "data" / "policies"
GENERAL = "general"
"""The policy that ``--controller policy`` runs."""
FORM = 1
"""Of the files; another one is refused."""


@dataclass(frozen=True)
class Policy:
    """What prices stages, what it was trained on, and what there is to say of it."""

    network: Network
    guard: Guard
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of SHA-256 over the arrays and the names of what they are shown."""
        return _digest(_arrays(self))


def save_policy(policy: Policy, path: Path) -> Path:
    """Write ``path`` (.npz) and the card beside it; each is whole or not there. The path."""
    arrays = _arrays(policy)
    part = path.with_name(f"{path.stem}.part.npz")
    np.savez(part, allow_pickle=False, **arrays)
    card = {"form": FORM, "digest": _digest(arrays), **policy.card}
    card_part = path.with_name(f"{path.stem}.part.toml")
    card_part.write_text(tomli_w.dumps(card), encoding="utf-8")
    card_part.rename(path.with_suffix(".toml"))
    part.rename(path)
    return path


def policy_path(name: str) -> Path:
    """Where a policy's weights are: one that comes with Greenband, or a path that ends in .npz."""
    return Path(name) if name.endswith(".npz") else SHIPPED / f"{name}.npz"


def load_policy(name: str = GENERAL) -> Policy:
    """The policy of this name or path, read once a process.

    Raises InputError where there is none, its card is missing, or weights and card don't belong
    together.
    """
    path = policy_path(name)
    if not path.is_file():
        raise InputError(
            f"policy {name}",
            f"there is no file {path.name}",
            f"{', '.join(shipped())}, or the path of an .npz that `greenband train` wrote",
            "Correct the name, or train one.",
        )
    card = path.with_suffix(".toml")
    changed_ns = (path.stat().st_mtime_ns, card.stat().st_mtime_ns if card.is_file() else 0)
    return _read(path.resolve(), changed_ns)


def shipped() -> list[str]:
    """Names of the policies that come with Greenband."""
    return sorted(path.stem for path in SHIPPED.glob("*.npz"))


@lru_cache(maxsize=8)
def _read(path: Path, changed_ns: tuple[int, int]) -> Policy:
    card = _card(path)
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            arrays = {name: file[name] for name in file.files}
        policy = Policy(network_of(arrays), guard_of(arrays), card)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            str(path),
            f"no policy: {error}",
            "weights that this version of Greenband wrote",
            "Train it anew with `greenband train`.",
        ) from error
    if card.get("digest") != policy.digest:
        raise InputError(
            str(path),
            f"weights and features with the digest {policy.digest}",
            f"{card.get('digest')}, as {path.with_suffix('.toml').name} says",
            "Take both files from one training; where the features have changed, train anew.",
        )
    return policy


def _card(path: Path) -> dict[str, Any]:
    card = path.with_suffix(".toml")
    try:
        found = tomllib.loads(card.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            str(card),
            f"no policy card: {error}",
            "the card that was written together with the weights",
            "Put it beside them.",
        ) from error
    if found.get("form") != FORM:
        raise InputError(
            str(card), f"form {found.get('form')}", f"form {FORM}", "Train it with this version."
        )
    return found


def _arrays(policy: Policy) -> dict[str, NDArray[np.generic]]:
    return {**policy.network.as_arrays(), **policy.guard.as_arrays()}


def _digest(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    total = hashlib.sha256("\n".join((*LANE_FEATURES, *RELATIONS, *STAGE_FEATURES)).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name]).astype(arrays[name].dtype.newbyteorder("<"))
        total.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        total.update(array.tobytes())
    return total.hexdigest()[:16]
