"""``greenband controllers``: who can decide, and what each needs to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .output import Answer, AsJson


def controllers(as_json: AsJson = False) -> Answer:
    """List the controllers, what each looks at, how often it decides, and what can be set."""
    from greenband.controllers.catalogue import listing

    rows = listing()
    return Answer({"controllers": rows}, _show(rows))


def _show(rows: list[dict[str, Any]]) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("controller", no_wrap=True)
        table.add_column("what it does")
        table.add_column("looks at")
        table.add_column("decides each", justify="right")
        for row in rows:
            looks_at = ", ".join(row["needs"]) or ("a plan" if row["takes_plan"] else "nothing")
            table.add_row(row["name"], row["description"], looks_at, f"{row['interval_s']} s")
        console.print(table)
        console.print(_parameters(rows))
        console.print("Set one with --set actuated.passage_s=3, in simulate and bench.")
        console.print("Your own: --controller path/to/file.py:Name (see docs/controllers.md).")

    return show


def _parameters(rows: list[dict[str, Any]]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("controller", no_wrap=True)
    table.add_column("parameter", no_wrap=True)
    table.add_column("default", justify="right")
    table.add_column("range", no_wrap=True)
    table.add_column("what it does")
    for row in rows:
        for k, p in enumerate(row["parameters"]):
            unit = f" {p['unit']}".rstrip()
            name = row["name"] if k == 0 else ""
            span = f"{p['low']:g} to {p['high']:g}{unit}"
            table.add_row(name, p["name"], f"{p['default']:g}{unit}", span, p["text"])
    return table
