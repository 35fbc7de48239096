"""What a user installs: the wheel, built by way of the source archive, in a fresh environment.

The dependencies come from the environment that runs the tests, so that nothing is downloaded.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(
    repo_root: Path, source_files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Built from a copy: setuptools leaves files in the tree, and would find them next time."""
    copy = tmp_path_factory.mktemp("source")
    for file in source_files:
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repo_root / file, copy / file)
    run(sys.executable, "-m", "build", "--no-isolation", cwd=copy)
    return next((copy / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def fresh_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder.parent)
    purelib = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).strip()
    # A plain path in a .pth file brings the dependencies, not the editable install beside them.
    (Path(purelib) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(
    wheel: Path, source_files: list[Path], package_folders: dict[str, Path], repo_root: Path
) -> None:
    top = {folder.relative_to(repo_root).parts[0] for folder in package_folders.values()}
    expected = {f"greenband/{file.as_posix()}" for file in source_files if file.parts[0] in top}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected


def test_the_installed_packages_import_from_anywhere(
    fresh_python: Path, package_folders: dict[str, Path], tmp_path: Path
) -> None:
    code = "import importlib, sys\nfor name in sys.argv[1:]:\n"
    code += "    print(importlib.import_module(name).__file__)\n"
    places = run(fresh_python, "-c", code, *package_folders, cwd=tmp_path).splitlines()
    assert len(places) == len(package_folders)
    environment = str(fresh_python.parent.parent)
    assert [place for place in places if not place.startswith(environment)] == []


def test_the_command_answers(fresh_python: Path, tmp_path: Path) -> None:
    assert "Usage" in run(fresh_python.with_name("greenband"), "--help", cwd=tmp_path)


def test_the_licence_travels_with_it(wheel: Path) -> None:
    assert [n for n in zipfile.ZipFile(wheel).namelist() if n.endswith("licenses/LICENSE")]
