"""``greenband doctor``: what is there on this computer, what is missing, how to get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .output import DONE, MISSING_PART, Answer, AsJson

if TYPE_CHECKING:
    from .parts import Part


def doctor(as_json: AsJson = False) -> Answer:
    """Say what Greenband finds on this computer and how to get what is missing."""
    from .parts import as_dicts, checkup

    parts = checkup()
    missing = [part for part in parts if part.required and not part.ok]
    return Answer(
        {"ok": not missing, "parts": as_dicts(parts)},
        _show(parts),
        MISSING_PART if missing else DONE,
    )


def _show(parts: list[Part]) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name in ("part", "", "found"):
            table.add_column(name, overflow="fold")
        for part in parts:
            table.add_row(part.name, _mark(part), part.found)
        console.print(table)
        for part in parts:
            if not part.ok:
                what = "MISSING" if part.required else "optional"
                text = f"{part.name}: {what} ({part.used_for}). To get it: {part.do}"
                console.print(Text(text))
        if all(part.ok for part in parts if part.required):
            console.print("Everything that is needed is there.", style="green")

    return show


def _mark(part: Part) -> str:
    if part.ok:
        return "[green]ok[/green]"
    return "[red]missing[/red]" if part.required else "optional"
