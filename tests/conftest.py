"""What tests anywhere in the tree may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# No deadline: a first call compiles. The same examples each time where nobody watches.
hypothesis.settings.register_profile("greenband", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("greenband")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The repository's root folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared(repo_root: Path) -> Path:
    """The data beside the repository, which is not ours to distribute; skips where it isn't."""
    folder = repo_root.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the reference data in ../shared/data, which is not distributed")
    return folder
