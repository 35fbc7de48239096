"""The record of a run: requests, commands, colours and refusals, as Parquet.

A row where something changed, none where all went on: an hour of 16 signals is some 100 kB.
"""

from __future__ import annotations

from pathlib import Path

from greenband.engine.frame import Command, Request

ABOUT = "greenband"
"""The key of a record's own description in the file."""
LETTERS = "RYG"
"""By `Colour`: one letter a phase."""


class Recorder:
    """Keeps what happened until `write`."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, str, int, bool, str, int, str, str, str, str]] = []

    def command(self, site: str, request: Request, command: Command) -> None:
        """A new Command of one site, and the Request behind it."""
        self._rows.append(
            (
                command.time_s,
                site,
                request.stage,
                request.plan is not None,
                request.reason,
                command.stage,
                "".join(LETTERS[c] for c in command.colours),
                command.refused,
                command.preempt,
                command.note,
            )
        )

    def __len__(self) -> int:
        return len(self._rows)

    def write(self, path: Path, about: str = "") -> None:
        """Write all rows, under another name until the file is whole; `about` says of what run."""
        import polars

        table = polars.DataFrame(
            self._rows,
            schema={
                "time_s": polars.Float64,
                "site": polars.String,
                "requested": polars.Int32,
                "plan": polars.Boolean,
                "reason": polars.String,
                "stage": polars.Int32,
                "colours": polars.String,
                "refused": polars.String,
                "preempt": polars.String,
                "note": polars.String,
            },
            orient="row",
        )
        part = path.with_name(path.name + ".part")
        table.write_parquet(part, metadata={ABOUT: about})
        part.replace(path)
