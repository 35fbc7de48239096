"""A policy's file is whole, belongs to its card, and gives back what was written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from greenband.controllers.policy_file import Policy, load_policy, save_policy, shipped
from greenband.controllers.policy_guard import guard_for
from greenband.engine.errors import InputError

from .policies import drawn_network, drawn_seen


@pytest.fixture
def file(tmp_path: Path) -> Path:
    guard = guard_for(drawn_seen(4, 3, k) for k in range(100))
    return save_policy(Policy(drawn_network(), guard, {"title": "drawn"}), tmp_path / "mine.npz")


def test_what_is_written_is_read(file: Path) -> None:
    policy, seen = load_policy(str(file)), drawn_seen(6, 4)
    assert (policy.network.prices(seen) == drawn_network().prices(seen)).all()
    assert policy.card["title"] == "drawn"
    assert policy.card["digest"] == policy.digest
    assert sorted(p.name for p in file.parent.iterdir()) == ["mine.npz", "mine.toml"]


def test_the_digest_is_of_the_weights_alone(file: Path, tmp_path: Path) -> None:
    policy = load_policy(str(file))
    other = Policy(drawn_network(2), policy.guard, policy.card)
    assert other.digest != policy.digest
    again = save_policy(Policy(policy.network, policy.guard, {"title": "x"}), tmp_path / "b.npz")
    assert load_policy(str(again)).digest == policy.digest


def test_weights_of_another_card_are_refused(file: Path, tmp_path: Path) -> None:
    policy = load_policy(str(file))
    other = save_policy(Policy(drawn_network(2), policy.guard), tmp_path / "other.npz")
    shutil.copy(file.with_suffix(".toml"), other.with_suffix(".toml"))
    with pytest.raises(InputError, match="digest"):
        load_policy(str(other))


@pytest.mark.parametrize("card", [None, "form = 0", "no toml"])
def test_a_policy_needs_its_card(card: str | None, file: Path) -> None:
    file.with_suffix(".toml").unlink()
    if card is not None:
        file.with_suffix(".toml").write_text(card)
    with pytest.raises(InputError, match=r"mine\.toml"):
        load_policy(str(file))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"weights"])
def test_a_broken_file_is_named(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"mine\.npz"):
        load_policy(str(file))


def test_a_file_with_other_arrays_is_named(file: Path) -> None:
    np.savez(file, weights=np.zeros(3))
    with pytest.raises(InputError, match="no policy"):
        load_policy(str(file))


def test_a_name_that_is_none_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file nobody"):
        load_policy("nobody")
    with pytest.raises(InputError, match="train"):
        load_policy(str(tmp_path / "none.npz"))


@pytest.mark.parametrize("name", shipped())
def test_what_comes_with_greenband_can_be_read(name: str) -> None:
    policy = load_policy(name)
    assert np.isfinite(policy.network.prices(drawn_seen(8, 4))).all()
    assert policy.guard.limit > 0
