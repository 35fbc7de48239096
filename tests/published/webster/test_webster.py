"""Webster (RRL technical paper 39, 1958): optimum cycle and three-term delay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenband.engine.webster import webster_cycle_s, webster_delay

Answer = Callable[[str], dict[str, Any]]


def test_cycle(known_answer: Answer) -> None:
    answer = known_answer("webster_a")
    given = answer["input"]
    ratio = sum(q / s for q, s in zip(given["q"], given["s"], strict=True))
    assert webster_cycle_s(ratio, given["L"]) == pytest.approx(answer["expected"]["C0"], abs=0.01)


def test_delay(known_answer: Answer) -> None:
    answer = known_answer("webster_delay")
    given, expected = answer["input"], answer["expected"]
    result = webster_delay(given["C"], given["lam"] * given["C"], given["q"], given["s"])
    assert result.x == pytest.approx(expected["x"], abs=1e-3)
    assert result.uniform_s == pytest.approx(expected["d1"], abs=1e-3)
    assert result.random_s == pytest.approx(expected["d2"], abs=1e-3)
    assert result.correction_s == pytest.approx(expected["d3"], abs=1e-3)
    assert result.total_s == pytest.approx(expected["d"], abs=1e-3)
    assert result.rule_s == pytest.approx(expected["d_0.9rule"], abs=1e-3)
