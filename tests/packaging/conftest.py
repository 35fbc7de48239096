"""What the packaging tests share: the project file, the packages, the files that git knows."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def pyproject(repo_root: Path) -> dict[str, Any]:
    return tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def package_folders(pyproject: dict[str, Any], repo_root: Path) -> dict[str, Path]:
    """Import name to folder, for every package that is declared."""
    mapping = pyproject["tool"]["setuptools"]["package-dir"]
    return {name: repo_root / folder for name, folder in mapping.items()}


@pytest.fixture(scope="session")
def source_files(repo_root: Path) -> list[Path]:
    """Every file that is, or is about to be, under version control; relative to the root."""
    if shutil.which("git") is None or not (repo_root / ".git").exists():
        pytest.skip("needs a git checkout: asks git which files are ours")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repo_root,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [Path(name) for name in listed.stdout.split("\0") if name]
    return [name for name in names if (repo_root / name).is_file()]
