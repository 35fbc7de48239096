"""A clock to set, a key, decisions to write down, and a small ledger of three segments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from greenband.cabinet.ledger import Ledger, Policy
from greenband.cabinet.ledger_key import load_key, make_key
from greenband.cabinet.ledger_record import Approval, Decision, Value, Verdict

START = dt.datetime(2026, 5, 13, 23, 59, 0, tzinfo=dt.UTC)


class Clock:
    """Says the time that it was set to."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> dt.datetime:
        return self.time

    def on(self, seconds: float) -> None:
        self.time += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "ledger.key"
    make_key(path)
    return path


@pytest.fixture(scope="session")
def ledger_key(key_file: Path) -> Ed25519PrivateKey:
    return load_key(key_file)


@pytest.fixture(scope="session")
def decision() -> Callable[..., Decision]:
    return make_decision


def make_decision(site: str = "Main & 1st", second: int = 0, **other: object) -> Decision:
    splits = tuple(Value(f"splitTime.5.{phase}", 20 + phase) for phase in (2, 4, 6, 8))
    fields: dict[str, object] = {
        "site": site,
        "time": START + dt.timedelta(seconds=second),
        "tier": "pattern",
        "inputs_digest": "ab" * 32,
        "controller": "rolling-horizon",
        "parameters": {"horizon_s": 60.0, "weight": 2, "robust": True},
        "controller_digest": "cd" * 8,
        "kernel_digest": "ef" * 8,
        "verdict": Verdict(True, ("min green", "ring sums")),
        "approval": Approval("A. Engineer", START, "patterns of slot 5"),
        "outcome": "confirmed",
        "sent": splits,
        "read_back": (*splits, Value("localFreeStatus", 2)),
    }
    return Decision(**(fields | other))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Whole:
    """The files of a ledger that is whole, by name, and who signed it."""

    files: dict[str, bytes] = field(repr=False)
    public: Ed25519PublicKey

    def segments(self) -> list[str]:
        return sorted(name for name in self.files if name.startswith("ledger-"))

    def put(self, folder: Path, files: dict[str, bytes] | None = None) -> Path:
        """Write these files (its own, where none are given) into an emptied folder."""
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, data in (self.files if files is None else files).items():
            (folder / name).write_bytes(data)
        return folder


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, ledger_key: Ed25519PrivateKey) -> Whole:
    folder, clock = tmp_path_factory.mktemp("whole"), Clock()
    with Ledger(folder, ledger_key, policy=Policy(head_every=4), now=clock) as ledger:
        for second in range(18):  # over midnight
            clock.on(7)
            made = make_decision(second=7 * second)
            if second % 3 == 0:
                made = make_decision(second=7 * second, intent=ledger.intend(made))
            ledger.append(made)
    names = [p for p in folder.iterdir() if p.name != "lock"]
    return Whole({p.name: p.read_bytes() for p in names}, ledger_key.public_key())
