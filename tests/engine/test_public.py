"""Public names come on demand: each from where it lives, and the three lists of an init agree."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from greenband.engine import public

FOLDERS = ("engine", "networks", "controllers", "benchmarks", "cli")


def test_a_name_is_looked_up_under_its_own_or_another_name() -> None:
    find = public.on_demand("greenband.engine", {"Site": "site", "limits": "rules:with_limits"})
    from greenband.engine.rules import with_limits
    from greenband.engine.site import Site

    assert find("Site") is Site
    assert find("limits") is with_limits


def test_an_unknown_name_is_said() -> None:
    find = public.on_demand("greenband.engine", {})
    with pytest.raises(AttributeError, match=r"'greenband\.engine' has no attribute 'site'"):
        find("site")


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_typed_listed_and_found_is_the_same(folder: str, repo_root: Path) -> None:
    body = ast.parse((repo_root / folder / "__init__.py").read_text(encoding="utf-8")).body
    typed = {
        alias.asname: (node.module, alias.name)
        for block in body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    call = next(
        node.value
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    )
    homes = ast.literal_eval(call.args[1])
    found = {
        name: (home.partition(":")[0], home.partition(":")[2] or name)
        for name, home in homes.items()
    }
    assert found == typed
    listed = next(
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
    )
    assert sorted(listed) == sorted(homes)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_public_name_is_hidden_by_a_module_of_the_same_name(
    folder: str, repo_root: Path
) -> None:
    import importlib

    names = importlib.import_module(f"greenband.{folder}").__all__
    modules = {path.stem for path in (repo_root / folder).glob("*.py")}
    modules |= {path.parent.name for path in (repo_root / folder).glob("*/__init__.py")}
    assert set(names) & modules == set()


def test_asking_for_an_error_does_not_load_the_simulator() -> None:
    code = (
        "import sys; from greenband.benchmarks import simulate; import greenband.engine as e; "
        "e.InputError; import greenband.cli; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
