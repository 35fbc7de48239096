"""docs/virtual_cabinet.md: its commands are commands, and its objects are where it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from greenband.cabinet.objects import OBJECTS
from greenband.cli import main as cli


@pytest.fixture(scope="module")
def page(repo_root: Path) -> str:
    return (repo_root / "docs" / "virtual_cabinet.md").read_text(encoding="utf-8")


def test_its_commands_can_be_parsed(page: str, repo_root: Path) -> None:
    lines = re.findall(r"^    \.venv/bin/greenband (cabinet .+?)$", page, re.MULTILINE)
    assert len(lines) == 2
    from greenband.cli.cabinet import cabinet

    group = typer.main.get_command(cabinet)
    for line in lines:
        name, *words = shlex.split(line)
        assert name in cli.COMMANDS
        command = group.get_command(None, words[0])  # type: ignore[attr-defined]
        context = command.make_context(words[0], words[1:])
        assert (repo_root / context.params["site"]).is_file()


def test_its_objects_are_in_the_table(page: str) -> None:
    named = {tuple(int(p) for p in oid.split(".")) for oid in re.findall(r"1\.3\.6[\d.]+", page)}
    assert named == {
        OBJECTS["phaseStatusGroupGreens"].instance(1),
        OBJECTS["phaseControlGroupVehCall"].instance(1),
    }


def test_it_names_every_option(page: str) -> None:
    from greenband.cli.cabinet import cabinet

    for option in ("--public", "--credentials", "--profile", "--events", "--lock-step", "--backup"):
        assert option in page
        command = typer.main.get_command(cabinet).get_command(None, "virtual")  # type: ignore[attr-defined]
        assert any(option in parameter.opts for parameter in command.params)
