"""``greenband scenarios``: the scenarios known by name, with their terms of use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .output import Answer, AsJson


def scenarios(as_json: AsJson = False) -> Answer:
    """List the scenarios that are known by name, and how to get those that are missing."""
    from greenband.networks.catalogue import listing

    rows = listing()
    return Answer({"scenarios": rows}, _show(rows))


def _show(rows: list[dict[str, Any]]) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("scenario", no_wrap=True)
        table.add_column("signals", justify="right")
        table.add_column("there", no_wrap=True)
        table.add_column("what it is")
        table.add_column("licence", no_wrap=True)
        for row in rows:
            table.add_row(
                row["name"],
                "" if row["signals"] is None else str(row["signals"]),
                "[green]yes[/green]" if row["installed"] else "[red]no[/red]",
                row["summary"],
                row["licence"],
            )
        console.print(table)
        for what in dict.fromkeys(row["do"] for row in rows if row["do"]):
            console.print(Text(f"To get what is missing: {what}"))
        console.print("Any .sumocfg of your own can be simulated by its path.")

    return show
