"""docs/site.md describes every key with its default, and its examples work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from greenband.engine.gate import Gate
from greenband.engine.plan_io import parse_plan
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import (
    Approach,
    Area,
    Conflict,
    Detector,
    Lane,
    Movement,
    Phase,
    Preempt,
    Site,
    Stage,
    Yield,
)
from greenband.engine.site_toml import parse_site
from greenband.engine.stages import stages_of

SECTIONS: dict[str, type[BaseModel]] = {
    "Keys of the file": Site, "Approach": Approach, "Lane": Lane, "Movement": Movement,
    "Phase": Phase, "Stage": Stage, "Conflict": Conflict, "Yield": Yield, "Detector": Detector,
    "Preempt": Preempt, "Area": Area,
}  # fmt: skip


@pytest.fixture(scope="module")
def text(repo_root: Path) -> str:
    return (repo_root / "docs" / "site.md").read_text(encoding="utf-8")


def default_of(model: type[BaseModel], key: str) -> str:
    field = model.model_fields[key]
    if field.is_required() or (model is Site and key == "movements"):
        return "`()`" if key == "movements" and model is Site else "required"
    return (
        "`Area()`"
        if isinstance(field.default, Area)
        else f"`{field.default!r}`".replace("`''`", '`""`')
    )


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_is_described_with_its_default(section: str, text: str) -> None:
    model = SECTIONS[section]
    part = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", part, re.MULTILINE)
    assert {key for key, _, _ in rows} == set(model.model_fields)
    assert len(rows) == len(model.model_fields)
    assert {key: default for key, default, _ in rows} == {
        key: default_of(model, key) for key in model.model_fields
    }


def test_the_examples_are_sites_that_the_gate_takes(text: str) -> None:
    examples = re.findall(r"```toml\n(.+?)```", text, re.DOTALL)
    sites = [with_limits(parse_site(example, "docs/site.md"), STREET) for example in examples]
    assert [len(stages_of(site)) for site in sites] == [8, 2]
    for site in sites:
        Gate(site, STREET)


def test_the_timing_of_stages_fits_the_example_above_it(text: str) -> None:
    example = re.findall(r"```toml\n(.+?)```", text, re.DOTALL)[1]
    timing = re.findall(r"```toml timing\n(.+?)```", text, re.DOTALL)[0]
    plan = parse_plan(timing, "docs/site.md", with_limits(parse_site(example), STREET))
    assert plan.cycle_s == 90.0


def test_the_preempt_fits_the_first_example(text: str) -> None:
    example = re.findall(r"```toml\n(.+?)```", text, re.DOTALL)[0]
    preempt = re.findall(r"```toml preempt\n(.+?)```", text, re.DOTALL)[0]
    site = with_limits(parse_site(example + preempt), STREET)
    assert len(Gate(site, STREET).preempt_s) == 1
