"""Each reason to keep hands off is seen by one rule; what can't be read is a reason."""

from __future__ import annotations

import pytest

from greenband.cabinet.authority import OBJECTS_READ, RULES, standing
from greenband.engine.frame import Flag

QUIET = {
    "coordOperationalMode": 0, "unitControlStatus": 6, "unitFlashStatus": 2,
    "unitAlarmStatus2": 0, "shortAlarmStatus": 0, "coordPatternStatus": 1,
    "systemPatternControl": 0,
}  # fmt: skip
OURS = frozenset({10, 11})
BREAKS = {
    "operational mode": ("coordOperationalMode", 3, Flag.MANUAL),
    "manual": ("unitControlStatus", 5, Flag.MANUAL),
    "flash": ("unitFlashStatus", 5, Flag.FLASH),
    "stop time": ("unitAlarmStatus2", 1 << 4, Flag.MANUAL),
    "response fault": ("unitAlarmStatus2", 1 << 2, Flag.FAULT),
    "preempt": ("shortAlarmStatus", 1, Flag.PREEMPT),
    "terminal flash": ("shortAlarmStatus", 2, Flag.FLASH),
    "local override": ("shortAlarmStatus", 8, Flag.MANUAL),
    "critical alarm": ("shortAlarmStatus", 128, Flag.FAULT),
    "another system": ("systemPatternControl", 7, Flag.MANUAL),
}


def test_a_quiet_controller_may_be_told() -> None:
    assert standing(QUIET, OURS).granted
    assert standing({**QUIET, "systemPatternControl": 10}, OURS).granted


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_the_only_one_to_see_something(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, value, flag = BREAKS[rule]
    said = {**QUIET, name: value}
    found = standing(said, OURS)
    assert (found.flags, found.granted) == (flag, False)
    assert found.reason
    monkeypatch.delitem(RULES, rule)
    assert standing(said, OURS).granted


@pytest.mark.parametrize("name", OBJECTS_READ)
def test_what_can_not_be_read_is_a_reason(name: str) -> None:
    said = {key: value for key, value in QUIET.items() if key != name}
    found = standing(said, OURS)
    assert not found.granted
    assert name in found.reason
    assert not standing({**QUIET, name: b"\x00"}, OURS).granted


def test_several_reasons_are_all_told() -> None:
    found = standing({**QUIET, "unitFlashStatus": 8, "shortAlarmStatus": 1 | 1 << 4}, OURS)
    assert found.flags == Flag.FLASH | Flag.PREEMPT
    assert "preempt is active" in found.reason


def test_backup_mode_and_faulty_detectors_are_no_reasons() -> None:
    assert standing({**QUIET, "unitControlStatus": 4, "shortAlarmStatus": 1 << 5}, OURS).granted
    assert standing({**QUIET, "unitControlStatus": 4}, OURS).backup
