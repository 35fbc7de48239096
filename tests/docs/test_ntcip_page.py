"""docs/ntcip_driver.md names every rule that there is, and its code can be imported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from greenband.cabinet import authority, gateway_rules, ntcip_verify
from greenband.cabinet.credentials import load, parse
from greenband.cabinet.snmp import PROFILES

from .conftest import blocks_of


@pytest.fixture(scope="module")
def page(repo_root: Path) -> Path:
    return repo_root / "docs" / "ntcip_driver.md"


@pytest.mark.parametrize(
    "names",
    [
        [*gateway_rules.RULES, *gateway_rules.SET_RULES],
        authority.RULES,
        ntcip_verify.RULES,
        PROFILES,
        gateway_rules.LISTED - set(gateway_rules.ORDERS),
    ],
)
def test_all_of_these_are_named(page: Path, names: list[str]) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = set(re.findall(r"`([^`]+)`", text))
    assert set(names) - named == set()


def test_what_must_be_readable_is_said(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [name for name in authority.OBJECTS_READ if name not in text] == []


def test_the_credentials_that_are_shown_can_be_read(page: Path, tmp_path: Path) -> None:
    (shown,) = [block.text for block in blocks_of(page) if block.language == "toml"]
    text = shown.replace('"..."', '"a long phrase"')
    assert not parse(text, "Main & 1st", "page").is_plain
    assert parse(text, "Main & 2nd", "page").is_plain
    path = tmp_path / "credentials.toml"
    path.write_text(text)
    path.chmod(0o600)
    assert load("Main & 1st", path).engine_id is None


def test_the_python_that_is_shown_can_be_run(page: Path) -> None:
    (shown,) = [block.text for block in blocks_of(page) if block.language == "python"]
    names: dict[str, object] = {}
    exec(compile(shown, "docs/ntcip_driver.md", "exec"), names)  # noqa: S102
    assert callable(names["commissioned"])


def test_the_commands_are_modules(page: Path) -> None:
    from importlib.util import find_spec

    modules = re.findall(r"-m (greenband\.[\w.]+)", page.read_text(encoding="utf-8"))
    assert modules
    assert all(find_spec(module) is not None for module in modules)
