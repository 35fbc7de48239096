"""Learned policies: environments over a street, training, export."""

from __future__ import annotations

import typing

from greenband.engine.public import on_demand as _on_demand

if typing.TYPE_CHECKING:
    from .drawn_streets import DrawnStreets as DrawnStreets
    from .environment import SiteEnv as SiteEnv
    from .environment import StreetEnv as StreetEnv
    from .spaces import spaces_of as spaces_of
    from .streets import ScenarioStreets as ScenarioStreets
    from .streets import Streets as Streets
    from .streets import Varied as Varied
    from .terms import Terms as Terms
    from .terms import Weights as Weights

__all__ = [
    "DrawnStreets",
    "ScenarioStreets",
    "SiteEnv",
    "StreetEnv",
    "Streets",
    "Terms",
    "Varied",
    "Weights",
    "spaces_of",
]

__getattr__ = _on_demand(
    __name__,
    {
        "DrawnStreets": "drawn_streets",
        "ScenarioStreets": "streets",
        "SiteEnv": "environment",
        "StreetEnv": "environment",
        "Streets": "streets",
        "Terms": "terms",
        "Varied": "streets",
        "Weights": "terms",
        "spaces_of": "spaces",
    },
)
