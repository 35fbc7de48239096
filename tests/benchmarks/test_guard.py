"""Controllers that don't answer, or ask for what there isn't, are stopped."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from greenband.benchmarks import guard
from greenband.benchmarks.guard import guarded
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


SITE = cast(Any, SimpleNamespace(stages=range(4)))
ENTRY = Entry("endless", "", frozenset(), 1, lambda site, plan=None, values=None: _Endless())


def test_an_endless_decision_is_stopped_and_the_alarm_with_it() -> None:
    controller = guarded(ENTRY, 0.05).make(SITE)
    assert controller.interval_s == 5
    assert controller.decide(cast(Any, None)).stage == 0
    with pytest.raises(TimeoutError, match=r"no answer within 0\.05 s"):
        controller.decide(cast(Any, None))
    time.sleep(0.1)  # no alarm is left


def test_an_endless_start_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "FIRST_DECISION_S", 0.05)

    def make(site: object, plan: object = None, values: object = None) -> Any:
        while True:
            pass

    with pytest.raises(TimeoutError):
        guarded(Entry("x", "", frozenset(), 1, make), 1.0).make(SITE)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Request(stage=4), "the site has 4"), (Request(stage=-1), "stage -1"), (2, "2 was returned")],
)
def test_an_impossible_request_is_an_error(answer: Any, reason: str) -> None:
    wrong = SimpleNamespace(needs=frozenset(), interval_s=1, decide=lambda state: answer)
    entry = Entry("x", "", frozenset(), 1, lambda site, plan=None, values=None: cast(Any, wrong))
    with pytest.raises(ValueError, match=reason):
        guarded(entry, 1.0).make(SITE).decide(cast(Any, None))
