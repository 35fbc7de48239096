"""setuptools drops a folder that isn't listed without a word: the list must equal the folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def folders_with_python(repo_root: Path, source_files: list[Path]) -> set[Path]:
    outside = {"tests", "docs", "scripts"}
    return {
        repo_root / file.parent
        for file in source_files
        if file.suffix == ".py" and len(file.parts) > 1 and file.parts[0] not in outside
    }


def test_every_folder_with_python_is_a_listed_package(
    repo_root: Path, source_files: list[Path], package_folders: dict[str, Path]
) -> None:
    assert folders_with_python(repo_root, source_files) == set(package_folders.values())


def test_packages_and_their_folders_are_the_same_list(
    pyproject: dict[str, Any], package_folders: dict[str, Path]
) -> None:
    assert sorted(pyproject["tool"]["setuptools"]["packages"]) == sorted(package_folders)


def test_a_package_is_named_after_its_folder(
    repo_root: Path, package_folders: dict[str, Path]
) -> None:
    for name, folder in package_folders.items():
        assert name == ".".join(("greenband", *folder.relative_to(repo_root).parts))


def test_every_package_has_its_init_and_its_typing_mark(package_folders: dict[str, Path]) -> None:
    for folder in package_folders.values():
        assert (folder / "__init__.py").is_file(), folder
        assert (folder / "py.typed").read_bytes() == b"", folder


def test_greenband_itself_stays_a_namespace(repo_root: Path) -> None:
    assert not (repo_root / "__init__.py").exists()


def test_the_import_contracts_and_links_cover_every_top_folder(
    pyproject: dict[str, Any], package_folders: dict[str, Path], repo_root: Path
) -> None:
    top = {name for name in package_folders if name.count(".") == 1}
    assert set(pyproject["tool"]["importlinter"]["root_packages"]) == top
    makefile = (repo_root / "Makefile").read_text(encoding="utf-8")
    linked = next(line for line in makefile.splitlines() if line.startswith("FOLDERS :="))
    assert {f"greenband.{folder}" for folder in linked.split()[2:]} == top


def test_ruff_bans_the_bare_name_of_every_top_folder(
    pyproject: dict[str, Any], package_folders: dict[str, Path]
) -> None:
    banned = pyproject["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    top = {name.removeprefix("greenband.") for name in package_folders if name.count(".") == 1}
    assert top <= set(banned)
