"""Phases and detectors of a site by the controller's numbers."""

from __future__ import annotations

import pytest

from greenband.cabinet.mapping import mapping_of
from greenband.engine.errors import InputError
from greenband.engine.site import Site


def test_an_id_that_is_a_number_is_that_number(site: Site) -> None:
    mapping = mapping_of(site, {"4": 12}, {"WB bar": 3})
    assert mapping.phases == (2, 6, 12, 8)
    assert mapping.detectors == (0, 3, 0, 0)


@pytest.mark.parametrize(
    ("phases", "detectors", "found"),
    [
        ({"9": 1}, {}, "9, which the site doesn't have"),
        ({}, {"nowhere": 1}, "nowhere, which the site doesn't have"),
        ({"2": 0}, {}, "0"),
        ({"2": 6}, {}, "number 6 twice"),
        ({}, {"EB bar": 1, "WB bar": 1}, "number 1 twice"),
        ({}, {"EB bar": 256}, "256"),
    ],
)
def test_what_is_refused(
    site: Site, phases: dict[str, int], detectors: dict[str, int], found: str
) -> None:
    with pytest.raises(InputError) as error:
        mapping_of(site, phases, detectors)
    assert error.value.found == found


def test_a_name_that_is_no_number_needs_one(site: Site) -> None:
    named = site.model_copy(
        update={"phases": (site.phases[0].model_copy(update={"id": "A1"}), *site.phases[1:])}
    )
    with pytest.raises(InputError, match="no number for phase A1"):
        mapping_of(named, {}, {})
    assert mapping_of(named, {"A1": 2}, {}).phases[0] == 2
