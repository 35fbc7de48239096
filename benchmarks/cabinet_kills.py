"""Kills at random moments: is every cabinet in local control when its backup time is over?

    python -m greenband.benchmarks.cabinet_kills --kills 100 --seed 1

Virtual cabinets as processes of their own, one in each tier, and the live service that drives them
through proxies. In turn the service is killed (kill -9), the service is frozen, the network is cut
until all is local, the network is out for a random time and comes back, and a cabinet is killed;
then it is mended, and driven again. A watcher asks the cabinets directly what of ours is in force.
Exit code 1 where a bound was passed, a monitor found a fault, or the ledger isn't whole. The
gateway is part of the service's process and dies with it.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from greenband.cabinet.ledger_key import load_public
from greenband.cabinet.ledger_verify import verify

from .kill_bench import BACKUP_S, BOUND_S, KEEP_ALIVE_S, KillBench

READY_WITHIN_S = 90.0
GIVE_UP_S = 30.0
"""So long is watched for what should be over within the bound."""
KINDS = ("service killed", "service frozen", "network cut", "network out", "cabinet killed")
LONGEST_OUT_S = 2 * BACKUP_S


@dataclass
class Tally:
    """What came of one kind of harm: seconds until each cabinet was in local control."""

    kills: int = 0
    seconds: list[float] = field(default_factory=list)
    beyond: int = 0


@dataclass(frozen=True)
class Report:
    """All of it; `faults` are those of the conflict monitors, `whole` is said of the ledger."""

    bound_s: float
    kinds: dict[str, dict[str, float]]
    faults: tuple[str, ...]
    whole: bool
    decisions: int

    @property
    def ok(self) -> bool:
        """Nothing that must not be."""
        beyond = sum(kind["beyond"] for kind in self.kinds.values())
        return self.whole and not self.faults and not beyond


def kill(
    kills: int, seed: int, folder: Path, kinds: Sequence[str] = KINDS, *, progress: bool = False
) -> Report:
    """Do so many kills, the kinds in turn; files go into `folder`.

    Raises TimeoutError where the service doesn't come to drive the cabinets again.
    """
    draw = random.Random(seed)
    tallies: dict[str, Tally] = defaultdict(Tally)
    with KillBench(folder) as bench:
        for n in range(kills):
            kind = kinds[n % len(kinds)]
            _until_driven(bench)
            time.sleep(draw.uniform(0.0, 2 * KEEP_ALIVE_S))
            times = _harm(bench, kind, draw)
            tally = tallies[kind]
            tally.kills += 1
            tally.seconds += times
            tally.beyond += sum(t > BOUND_S for t in times)
            if progress:
                told = ", ".join(f"{t:.1f} s" for t in times) or "it was mended before"
                sys.stderr.write(f"{n + 1}/{kills} {kind}: local after {told}\n")
        faults = bench.stop()
    found = verify(folder / "state" / "ledger", [load_public(folder / "ledger.key.pub")], None)
    rows = {
        kind: {
            "kills": t.kills,
            "mean_s": sum(t.seconds) / max(len(t.seconds), 1),
            "longest_s": max(t.seconds, default=0.0),
            "beyond": t.beyond,
        }
        for kind, t in tallies.items()
    }
    return Report(BOUND_S, rows, faults, found.ok, found.decisions)


def _until_driven(bench: KillBench) -> None:
    until_s = time.monotonic() + READY_WITHIN_S
    while not all(bench.in_force(name) for name in bench.names):
        if time.monotonic() > until_s:
            raise TimeoutError(f"the service doesn't drive: {bench.last_log()}")
        time.sleep(0.1)


def _harm(bench: KillBench, kind: str, draw: random.Random) -> list[float]:
    """Do it, measure, mend."""
    names = bench.names
    if kind == "service killed":
        bench.kill_service()
        times = _local_after(bench, names)
        bench.start_service()
    elif kind == "service frozen":
        bench.signal_service(signal.SIGSTOP)
        times = _local_after(bench, names)
        bench.signal_service(signal.SIGCONT)
    elif kind == "network cut":
        bench.cut(True)
        times = _local_after(bench, names)
        bench.cut(False)
    elif kind == "network out":
        times = _out_for(bench, draw.uniform(0.0, LONGEST_OUT_S))
    else:
        name = draw.choice(names)
        bench.kill_cabinet(name)
        bench.start_cabinet(name)
        times = _local_after(bench, (name,))
    return times


def _out_for(bench: KillBench, out_s: float) -> list[float]:
    """Cut the network for so long. Who is still driven when it is back is no case, unless late."""
    until_s = time.monotonic() + out_s
    bench.cut(True)
    times = _local_after(bench, bench.names, out_s)
    time.sleep(max(0.0, until_s - time.monotonic()))
    bench.cut(False)
    return [t for t in times if t < out_s or t > BOUND_S]


def _local_after(
    bench: KillBench, names: Sequence[str], give_up_s: float = GIVE_UP_S
) -> list[float]:
    """Seconds until each of them has nothing of ours in force, and says so; or until given up."""
    began_s = time.monotonic()
    found: dict[str, float] = {}
    while len(found) < len(names):
        now_s = time.monotonic() - began_s
        for name in names:
            if name not in found and bench.in_force(name) is False:
                found[name] = time.monotonic() - began_s
        if now_s > give_up_s:
            return [found.get(name, now_s) for name in names]
        time.sleep(0.05)
    return [found[name] for name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = kill(chosen.kills, chosen.seed, Path(folder), progress=True)
    sys.stdout.write(json.dumps({"ok": report.ok, **asdict(report)}, indent=2) + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
