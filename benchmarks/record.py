"""What a record says of its run: enough to make the run again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from greenband.controllers.disturbance import Disturbance
from greenband.controllers.recorder import ABOUT
from greenband.engine.errors import InputError
from greenband.engine.estimate import Info
from greenband.networks.scenario import Scenario, with_digest
from greenband.networks.sumo_priority import Priority

COLUMNS = ("time_s", "site", "requested", "reason", "stage", "colours", "refused")


@dataclass(frozen=True)
class About:
    """What a run was a run of: the arguments of `run.simulate`.

    `planned` is True where a plan's greens were shown: nothing was decided then.
    """

    scenario: Scenario
    controller: str
    info: Info
    league: Literal["resco", "street"]
    demand: Literal["published", "resampled"]
    seed: int
    disturbance: Disturbance
    planned: bool
    sumo_version: str
    priority: tuple[Priority, ...] = ()

    def as_json(self) -> str:
        """As it stands in the record."""
        return ABOUTS.dump_json(self).decode()


ABOUTS = TypeAdapter(About)


@dataclass(frozen=True)
class Change:
    """One row of a record: what was asked for, and what the Gate made of it."""

    time_s: float
    site: str
    requested: int
    reason: str
    stage: int
    colours: str
    refused: str


@dataclass(frozen=True)
class Record:
    """A record: what its run was, and each change in the order of time."""

    path: Path
    about: About
    changes: tuple[Change, ...]

    @property
    def sites(self) -> tuple[str, ...]:
        """Sites by name, in their first change's order."""
        return tuple(dict.fromkeys(c.site for c in self.changes))

    def of(self, site: str) -> tuple[Change, ...]:
        """The changes of one site."""
        return tuple(c for c in self.changes if c.site == site)


def read_record(path: Path) -> Record:
    """A record that `simulate --record` wrote.

    Raises InputError where it is none, or does not say of which run it is, or its network has
    changed since.
    """
    import polars

    if not path.is_file():
        raise _not_a_record(path, "no such file")
    try:
        about = polars.read_parquet_metadata(path).get(ABOUT, "")
        table = polars.read_parquet(path)
    except Exception as error:  # whatever reads a file that is no Parquet
        raise _not_a_record(path, str(error).splitlines()[0]) from error
    missing = [c for c in COLUMNS if c not in table.columns]
    if missing:
        raise _not_a_record(path, f"a table without {', '.join(missing)}")
    if not about:
        raise _not_a_record(path, "a record that does not say of which run it is")
    changes = tuple(Change(**row) for row in table.select(COLUMNS).iter_rows(named=True))
    return Record(path, _about(path, about), changes)


def _about(path: Path, text: str) -> About:
    try:
        about = ABOUTS.validate_json(text)
    except ValueError as error:
        raise _not_a_record(path, f"a description that can't be read: {error}") from error
    gone = [f for f in about.scenario.files if not f.exists()]
    if gone:
        raise InputError(
            f"{path}, network and vehicles of its run",
            f"{gone[0]} is not there any more",
            "the files that the run was made of",
            "Bring the file back, or record the run again: simulate --record FILE.",
        )
    now = with_digest(replace(about.scenario, digest=""))
    if now.digest != about.scenario.digest:
        raise InputError(
            f"{path}, {about.scenario.name}",
            f"files that have changed since the run (digest {now.digest}, then "
            f"{about.scenario.digest})",
            "the files as they were",
            "Record the run again: simulate --record FILE.",
        )
    return about


def _not_a_record(path: Path, found: str) -> InputError:
    return InputError(
        str(path),
        found,
        "a record of one run",
        "Make one: greenband simulate SCENARIO --controller rolling-horizon --record FILE.",
    )
