"""constraints.txt pins, exactly, everything that is declared and everything that this brings."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

EXACT = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.]*)")


@pytest.fixture(scope="module")
def lines(repo_root: Path) -> list[str]:
    text = (repo_root / "constraints.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def pins(lines: list[str]) -> dict[str, Version]:
    found = [EXACT.fullmatch(line) for line in lines]
    return {match["name"]: Version(match["version"]) for match in found if match}


@pytest.fixture(scope="module")
def declared(pyproject: dict[str, Any]) -> list[Requirement]:
    project = pyproject["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for text in sum(extras, project["dependencies"])]


def installed(requirements: list[Requirement]) -> dict[str, Version]:
    """The installed ones among ``requirements`` and all that they bring, with versions."""
    found: dict[str, Version] = {}
    ahead = list(requirements)
    while ahead:
        name = canonicalize_name(ahead.pop().name)
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of an extra that isn't installed here
        found[name] = Version(distribution.version)
        brought = [Requirement(text) for text in distribution.requires or []]
        ahead += [r for r in brought if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def test_every_line_is_one_exact_version_and_no_address(lines: list[str]) -> None:
    assert [line for line in lines if not EXACT.fullmatch(line)] == []


def test_sorted_without_repeats(pins: dict[str, Version], lines: list[str]) -> None:
    assert len(pins) == len(lines)
    assert list(pins) == sorted(pins)


def test_every_declared_dependency_is_pinned_within_its_bounds(
    declared: list[Requirement], pins: dict[str, Version]
) -> None:
    for requirement in declared:
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_everything_that_is_brought_along_is_pinned(
    declared: list[Requirement], pins: dict[str, Version]
) -> None:
    assert installed(declared).keys() - pins.keys() == set()


def test_sumo_comes_in_one_version(pins: dict[str, Version]) -> None:
    parts = ("eclipse-sumo", "sumo-data", "libsumo", "traci", "sumolib")
    assert {pins[part] for part in parts} == {Version("1.28.0")}
