"""Each folder imports only third-party packages that its install brings."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ENGINE = {"numpy", "scipy", "numba", "pydantic", "tomli_w"}
BASE = ENGINE | {"typer", "rich", "matplotlib", "polars", "jinja2"}
SUMO = {"sumo", "libsumo", "sumolib", "traci"}
LEARNING = {"torch", "stable_baselines3", "sb3_contrib", "gymnasium", "pettingzoo"}
ALLOWED = {
    "engine": ENGINE,
    "networks": BASE | SUMO,
    "controllers": BASE,
    "training": BASE | LEARNING,
    "cabinet": BASE | {"pysnmp", "cryptography"},
    "benchmarks": BASE | SUMO | {"ray"},
    "cli": BASE,
}
RUN_BY_OTHERS = SUMO | LEARNING | {"sumo_rl", "resco_benchmark"}
"""In benchmarks/peers/*_runner.py, which another Python runs, one that has them."""


def imported(source: Path) -> set[str]:
    """Top-level names that a file imports absolutely, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("folder", ALLOWED)
def test_third_party_imports(folder: str, repo_root: Path) -> None:
    allowed = ALLOWED[folder] | set(sys.stdlib_module_names) | {"greenband"}
    for source in sorted((repo_root / folder).rglob("*.py")):
        other = source.parent.name == "peers" and source.stem.endswith("_runner")
        assert imported(source) <= (allowed | RUN_BY_OTHERS if other else allowed), source


def test_every_top_folder_is_in_the_table(package_folders: dict[str, Path]) -> None:
    assert {name.split(".")[1] for name in package_folders} == set(ALLOWED)
