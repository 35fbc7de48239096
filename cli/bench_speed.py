"""``greenband bench speed``: simulated seconds per second, beside bare SUMO and sumo-rl."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenband.engine.errors import InputError

from .output import Answer, log

if TYPE_CHECKING:
    from greenband.benchmarks.speed import Speed

SPEED = "speed"
REPEATS = 5
OPTIONS = frozenset({"words", "scenarios", "info", "repeats", "sumo_rl", "as_json"})
"""Parameters of `greenband bench` that mean something here."""


def refuse_others(given: Sequence[str]) -> None:
    """Raises InputError for parameters that are given and would do nothing here."""
    for name in given:
        if name not in OPTIONS:
            raise InputError(
                f"greenband bench speed --{name.replace('_', '-')}",
                "an option that does nothing here",
                "--scenarios, --info, --repeats, --sumo-rl and --json",
                "Leave it out.",
            )


def speed(
    scenarios: str | None, info: str | None, repeats: int | None, sumo_rl: Path | None
) -> Answer:
    """Run all, alternately, and say how fast each was."""
    from greenband.benchmarks.speed import CASES, SCENARIOS, measure_speed

    cases = [case for case in CASES if info is None or case[1] in _names(info)]
    unknown = set(_names(info or "")) - {level for _, level in CASES}
    if unknown or not cases:
        raise InputError(
            "--info",
            ", ".join(sorted(unknown)) or "no level",
            ", ".join(level for _, level in CASES),
            "Choose among these.",
        )
    speeds = [
        one
        for name in (_names(scenarios) if scenarios is not None else SCENARIOS)
        for one in measure_speed(name, cases, repeats=repeats or REPEATS, sumo_rl=sumo_rl, tell=log)
    ]
    return Answer(
        {"repeats": repeats or REPEATS, "speeds": [_row(s) for s in speeds]}, _show(speeds)
    )


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _row(one: Speed) -> dict[str, Any]:
    """All that was measured, and what follows from it."""
    kinds = {"ours": one.ours_s, "bare": one.bare_s, "sumo": one.sumo_s, "sumo_rl": one.sumo_rl_s}
    return {
        **asdict(one),
        "per_second": {kind: one.per_second(took_s) for kind, took_s in kinds.items()},
        "ratio": one.ratio,
        "cpu_ratio": one.cpu_ratio,
        "ratio_to_sumo": one.ratio_to_sumo,
        "ratio_to_sumo_rl": one.ratio_to_sumo_rl,
        "cpu_ratio_to_sumo_rl": one.cpu_ratio_to_sumo_rl,
    }


def _show(speeds: Sequence[Speed]) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(
            box=SIMPLE_HEAD,
            pad_edge=False,
            title="Simulated seconds per second: median (least-most)",
            title_style="b",
        )
        for heading in ("scenario\nlevel", "Greenband", "bare loop", "sumo", "sumo-rl"):
            table.add_column(heading, justify="left" if "level" in heading else "right")
        for one in speeds:
            kinds = (one.ours_s, one.bare_s, one.sumo_s, one.sumo_rl_s)
            table.add_row(f"{one.scenario}\n{one.info}", *(_cell(one, took_s) for took_s in kinds))
        console.print(table)
        for one in speeds:
            to_rl, cpu = one.ratio_to_sumo_rl, one.cpu_ratio_to_sumo_rl
            console.print(
                f"{one.scenario}, {one.info}, {one.controller}: {one.ratio:.2f} times the bare "
                f"loop ({one.cpu_ratio:.2f} in processor time), {one.ratio_to_sumo:.2f} times sumo"
                + (f", {to_rl:.2f} times sumo-rl ({cpu:.2f})" if to_rl and cpu else ""),
                highlight=False,
            )

    return show


def _cell(one: Speed, took_s: Sequence[float]) -> str:
    speeds = one.per_second(took_s)
    if speeds is None:
        return "-"
    return "{:.0f}\n({:.0f}-{:.0f})".format(*speeds)
