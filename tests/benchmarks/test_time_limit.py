"""Controllers that don't answer are stopped."""

from __future__ import annotations

import time
from typing import Any, ClassVar, cast

import pytest

from greenband.benchmarks import time_limit
from greenband.benchmarks.time_limit import limited
from greenband.controllers.catalogue import Entry
from greenband.engine.frame import Request, State


class _Endless:
    needs: ClassVar[frozenset[str]] = frozenset({"queues"})
    interval_s: ClassVar[int] = 5

    def __init__(self) -> None:
        self.asked = 0

    def decide(self, state: State) -> Request:
        self.asked += 1
        while self.asked > 1:
            pass
        return Request(stage=0)


ENTRY = Entry("endless", "", frozenset(), 1, lambda site, plan=None: _Endless())


def test_an_endless_decision_is_stopped_and_the_alarm_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controller = limited(ENTRY, 0.05).make(cast(Any, None))
    assert controller.interval_s == 5
    assert controller.decide(cast(Any, None)).stage == 0
    with pytest.raises(TimeoutError, match=r"no answer within 0\.05 s"):
        controller.decide(cast(Any, None))
    time.sleep(0.1)  # no alarm is left


def test_an_endless_start_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit, "FIRST_DECISION_S", 0.05)

    def make(site: object, plan: object = None) -> Any:
        while True:
            pass

    with pytest.raises(TimeoutError):
        limited(Entry("x", "", frozenset(), 1, make), 1.0).make(cast(Any, None))
