"""What other people's controllers in a suite were, for its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenband.benchmarks.rows import Row


def peer_texts(rows: Sequence[Row]) -> list[str]:
    """A sentence for each peer and training of these rows: what learned, for how long, on what."""
    done = [row for row in rows if row["status"] == "done" and "peer" in row["result"]]
    return list(
        dict.fromkeys(_text(row["spec"]["controller"], row["result"]["peer"]) for row in done)
    )


def _text(controller: str, peer: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in peer["versions"].items())
    parts = [f"{controller}: {peer['text']}"]
    if peer["episodes"]:
        seeds = peer["training_seeds"]
        which = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
        parts.append(
            f"after {peer['episodes']} simulated hours of training ({peer['decisions']} decisions "
            f"of each signal) on {which}, its last policy, exploring no more"
        )
    return f"{', '.join(parts)} ({versions})."
