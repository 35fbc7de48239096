"""Each folder's ``__init__`` lists its public names, and each of these says what it is."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from pathlib import Path
from types import ModuleType

import pytest

FOLDERS = ("engine", "networks", "controllers", "training", "cabinet", "benchmarks", "cli")


def public_names(module: ModuleType) -> list[str]:
    return list(getattr(module, "__all__", []))


def is_documented(value: object) -> bool:
    """Whether a class or function has words of its own; other values have nowhere to put any."""
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return True
    text = inspect.getdoc(value) or ""
    # A dataclass without a docstring gets its own signature for one.
    return bool(text.strip()) and not text.startswith(f"{value.__name__}(")


@pytest.mark.parametrize("folder", FOLDERS)
def test_public_names_resolve_and_are_documented(folder: str) -> None:
    module = importlib.import_module(f"greenband.{folder}")
    names = public_names(module)
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(module, name)] == []
    assert [name for name in names if not is_documented(getattr(module, name))] == []
    assert module.__doc__


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_an_init_imports_is_what_it_lists(folder: str, repo_root: Path) -> None:
    source = (repo_root / folder / "__init__.py").read_text(encoding="utf-8")
    imported = {
        alias.asname or alias.name
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    names = public_names(importlib.import_module(f"greenband.{folder}"))
    assert {name for name in imported if not name.startswith("_")} <= set(names)


def test_a_dataclass_without_words_is_seen_as_undocumented() -> None:
    @dataclasses.dataclass
    class Bare:
        x: int

    assert not is_documented(Bare)
    assert is_documented(is_documented)
