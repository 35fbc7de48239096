"""``greenband audit``: whether a ledger is as it was written, what is in it, and its keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenband.engine.errors import InputError, MissingPartError

from .output import DONE, NO, Answer, AsJson

if TYPE_CHECKING:
    from greenband.cabinet.ledger_chain import Entry
    from greenband.cabinet.ledger_verify import Audit

audit = typer.Typer(no_args_is_help=True, help="Check and read the ledger of the live service.")

Folder = Annotated[Path, typer.Argument(help="The ledger's folder.")]
MOST_SHOWN = 1000


@audit.command()
def verify(
    folder: Folder,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Public key of who may have signed it; several are allowed."),
    ] = None,
    head: Annotated[
        Path | None, typer.Option(help="A copy of head.json that was kept elsewhere.")
    ] = None,
    as_json: AsJson = False,
) -> Answer:
    """Find any change, gap, reorder or cut in a ledger; exit code 1 where there is one."""
    _needs_cryptography()
    from greenband.cabinet.ledger_key import load_public
    from greenband.cabinet.ledger_verify import verify as check

    found = check(folder, [load_public(path) for path in key or ()], head)
    data = {"ok": found.ok, "folder": str(folder), **asdict(found)}
    return Answer(data, _show_audit(folder, found), DONE if found.ok else NO)


@audit.command()
def show(
    folder: Folder,
    site: Annotated[str, typer.Option(help="Only decisions for this site.")] = "",
    since: Annotated[str, typer.Option(help="Only from this time on (ISO; UTC unless said).")] = "",
    until: Annotated[str, typer.Option(help="Only before this time.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = MOST_SHOWN,
    as_json: AsJson = False,
) -> Answer:
    """Print decisions as they were written. Says nothing of whether the ledger is whole."""
    _needs_cryptography()
    chosen = list(_chosen(folder, site, _moment("--since", since), _moment("--until", until)))
    rows = [_row(where, entry) for where, entry in chosen[-limit:]]
    data = {"folder": str(folder), "found": len(chosen), "entries": rows}
    return Answer(data, _show_rows(rows, len(chosen)))


@audit.command()
def key(
    file: Annotated[Path, typer.Argument(help="Where to write the key; FILE.pub is made beside.")],
    as_json: AsJson = False,
) -> Answer:
    """Make a key to sign a ledger with, in a file of mode 600, and its public half."""
    _needs_cryptography()
    from greenband.cabinet.ledger_key import key_id, load_public, make_key

    public = make_key(file)
    name = key_id(load_public(public))
    data = {"key": str(file), "public": str(public), "key_id": name}
    text = f"Key {name}: {file} (keep it where the service runs), {public} (give it to auditors)"
    return Answer(data, lambda console: console.print(text, markup=False, highlight=False))


def _needs_cryptography() -> None:
    if find_spec("cryptography") is None:
        raise MissingPartError(
            "greenband audit",
            "the package cryptography is not installed",
            "the cabinet extra",
            "pip install 'greenband[cabinet]'",
        )


def _chosen(
    folder: Path, site: str, since: dt.datetime | None, until: dt.datetime | None
) -> Iterator[tuple[str, Entry]]:
    from greenband.cabinet.ledger_record import is_body
    from greenband.cabinet.ledger_verify import entries

    for where, entry in entries(folder):
        if entry.kind not in ("intent", "decision") or not is_body(entry.body):
            continue
        if site not in ("", entry.body["site"]):
            continue
        moment = dt.datetime.fromisoformat(entry.body["time"])
        if (since is None or moment >= since) and (until is None or moment < until):
            yield where, entry


def _moment(option: str, text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            option, repr(text), "an ISO time such as 2026-05-13T15:00", "Correct the time."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _row(where: str, entry: Entry) -> dict[str, Any]:
    return {"n": entry.n, "kind": entry.kind, "at": entry.at, "where": where, **entry.body}


def _show_audit(folder: Path, found: Audit) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        say = _plain(console)
        for finding in found.findings:
            say(f"{finding.kind.upper()}  {finding.where}: {finding.found} ({finding.expected})")
        for note in found.notes:
            say(f"note  {note}")
        say(
            f"{folder}: {found.entries} entries, {found.decisions} decisions, "
            f"{found.first_at} to {found.last_at}, signed through entry {found.signed_through} "
            f"by {', '.join(found.keys)}"
        )
        many = f"{len(found.findings)} findings: this ledger is not as it was written"
        console.print("whole", style="green") if found.ok else console.print(many, style="red")

    return show


def _show_rows(rows: list[dict[str, Any]], found: int) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        say = _plain(console)
        for row in rows:
            sent = " ".join(f"{name}={value}" for name, value in row["sent"])
            refusal = row["verdict"]["refusal"]
            say(
                f"{row['n']:>8} {row['time']} {row['site']} {row['kind']} {row['outcome']} "
                f"{row['controller']} {sent or '-'}{' refused: ' + refusal if refusal else ''}"
            )
        say(f"{len(rows)} of {found}")

    return show


def _plain(console: Any) -> Callable[[str], None]:
    return lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True)
