"""Preempts of a site.toml: what does not hold together is refused with its place."""

from __future__ import annotations

import pytest

from greenband.engine.errors import InputError
from greenband.engine.site_toml import parse_site, site_to_toml

from .gate.conftest import NEMA


def site_with(preempt: str) -> str:
    return f"{NEMA}\n[[preempts]]\nid = 1\n{preempt}\n"


@pytest.mark.parametrize(
    ("preempt", "where", "found"),
    [
        ("phases = [9]", "preempts[0].phases[0]", "phase 9, which the site does not have"),
        ("phases = []", "preempts[0].phases", "()"),
        ("phases = [2, 4]", "preempts[0].phases", "phases 2 and 4, which are in conflict"),
        ("phases = [2, 2]", "preempts[0].phases", "phase 2 twice"),
        ("phases = [2]\ntrack_clear = [3, 1]", "preempts[0].track_clear", "phases 3 and 1"),
        ("phases = [2]\ntrack_clear = [0]", "preempts[0].track_clear[0]", "phase 0, which"),
        ("phases = [2]\nmovements = ['NBX']", "preempts[0].movements[0]", "movement NBX, which"),
        ("phases = [2]\nexit_stage = '2'", "preempts[0].exit_stage", "stage 2, which"),
        ("phases = [2]\nmax_s = 5", "preempts[0].max_s", "5 s, and delay_s and dwell_s take 5 s"),
        ("phases = [2]\ndwell = 5", "preempts[0].dwell", "dwell, a key that is not known"),
        ("phases = [2]\n[[preempts]]\nid = 1\nphases = [6]", "preempts[1].id", "a second preempt"),
        ("phases = [2]\npriority = 0", "preempts[0].priority", "0"),
    ],
)
def test_a_mistake_is_refused_with_its_place(preempt: str, where: str, found: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_site(site_with(preempt))
    assert refused.value.where == f"site.toml: {where}"
    assert found in refused.value.found or preempt == "phases = []"


def test_a_preempt_is_written_as_it_was_read() -> None:
    site = parse_site(site_with("phases = [2, 5]\nexit_stage = '4+8'\nleast_green_s = 4"))
    assert site.preempts[0].phases == ("2", "5")
    assert parse_site(site_to_toml(site)) == site
