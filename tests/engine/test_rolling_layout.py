"""What roll-outs know of a site's order of stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from greenband.engine.gate_order import order_of
from greenband.engine.rolling_layout import layout_of, movements_of_phases
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site_toml import parse_site
from greenband.engine.stages import stages_of


def test_a_called_left_is_passed_over_even_where_the_next_stage_permits_it(repo_root: Path) -> None:
    """The Gate refuses that; a roll-out that believes in it puts every change off."""
    path = repo_root / "networks" / "data" / "junction" / "sites" / "J.toml"
    site = with_limits(parse_site(path.read_text(encoding="utf-8")), STREET)
    order = order_of(site, STREET)
    layout = layout_of(site, order)
    names = [stage.id for stage in stages_of(site)]
    here, there = names.index("2+6"), names.index("4+8")
    left = site.movement_index["NBL"]
    (only,) = np.flatnonzero(movements_of_phases(site)[site.phase_index["3"]])
    assert only == left
    assert layout.serves[there, left]
    assert layout.passed[here, there, left]
    assert not layout.passed[here, names.index("3+7"), left]
