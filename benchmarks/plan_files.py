"""Plans from files, for the signals of a scenario."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.engine.plan_io import parse_plan
from greenband.engine.rules import Rules, with_limits
from greenband.engine.site import Site
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import Scenario


def read_plans(paths: Sequence[Path], scenario: Scenario, rules: Rules) -> dict[str, Plan]:
    """A plan for each signal of the scenario, from as many files, by signal.

    A file is a timing as `greenband plan --json` prints it, or TOML with the same keys; its key
    ``site`` names the signal, which may be left out where there is one. Raises InputError for a
    file that can't be read, a signal that the scenario doesn't have, two plans for one signal, and
    signals without a plan.
    """
    signals, _ = read_signals(scenario)
    sites = {s.signal_id: with_limits(s.site, rules) for s in signals}
    plans: dict[str, Plan] = {}
    for path in paths:
        text = _text(path)
        signal = _signal(path, text, sites)
        if signal in plans:
            raise _wrong(path, f"a second plan for signal {signal}", "one plan for each signal")
        plans[signal] = parse_plan(text, str(path), sites[signal])
    missing = sorted(sites.keys() - plans.keys())
    if missing:
        raise _wrong(
            paths[-1],
            f"no plan for {', '.join(missing[:8])}",
            f"a plan for each of the {len(sites)} signals of {scenario.name}",
        )
    return plans


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"can't be read ({error})", "a text file with a timing") from None


def _signal(path: Path, text: str, sites: dict[str, Site]) -> str:
    """The signal that a file is for; what is wrong with the rest `parse_plan` says."""
    data: Any = {}
    with suppress(json.JSONDecodeError, tomllib.TOMLDecodeError):
        data = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    named = data.get("site")
    if named is None and len(sites) == 1:
        return next(iter(sites))
    if str(named) not in sites:
        found = "no site" if named is None else f"site {named}"
        raise _wrong(path, found, f"one of {', '.join(list(sites)[:20])}")
    return str(named)


def _wrong(path: Path, found: str, allowed: str) -> InputError:
    return InputError(
        f"--plan {path}", found, allowed, "Make it with `greenband plan ... --json > FILE`."
    )
