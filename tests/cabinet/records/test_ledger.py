"""The ledger's writer: what it writes, when it signs, and what it makes of a crash."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from greenband.cabinet.ledger import Ledger, Policy
from greenband.cabinet.ledger_record import Decision
from greenband.cabinet.ledger_verify import Audit, entries, verify
from greenband.engine.errors import InputError

Make = Callable[..., Decision]


def kinds(folder: Path) -> list[str]:
    return [entry.kind for _, entry in entries(folder)]


def audit(folder: Path, key: Ed25519PrivateKey) -> Audit:
    return verify(folder, [key.public_key()])


def test_a_decision_is_written_down_with_all_that_it_says(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    with Ledger(tmp_path, ledger_key) as ledger:
        assert ledger.append(decision(second=3)) == 2
    _, written = list(entries(tmp_path))[2]
    assert written.body == {
        "site": "Main & 1st",
        "time": "2026-05-13T23:59:03.000+00:00",
        "tier": "pattern",
        "inputs_digest": "ab" * 32,
        "controller": "rolling-horizon",
        "parameters": {"horizon_s": 60.0, "weight": 2, "robust": True},
        "controller_digest": "cd" * 8,
        "kernel_digest": "ef" * 8,
        "verdict": {"accepted": True, "rules": ["min green", "ring sums"], "refusal": ""},
        "approval": {
            "by": "A. Engineer",
            "at": "2026-05-13T23:59:00.000+00:00",
            "scope": "patterns of slot 5",
        },
        "outcome": "confirmed",
        "sent": [[f"splitTime.5.{p}", 20 + p] for p in (2, 4, 6, 8)],
        "read_back": [[f"splitTime.5.{p}", 20 + p] for p in (2, 4, 6, 8)]
        + [["localFreeStatus", 2]],
        "note": "",
        "intent": None,
    }
    assert kinds(tmp_path) == ["open", "head", "decision", "head"]
    found = audit(tmp_path, ledger_key)
    assert found.ok
    assert found.closed
    assert (found.signed_through, found.notes) == (3, ())


def test_heads_are_signed_by_number_and_by_time(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make, clock: Any
) -> None:
    policy = Policy(head_every=3, head_every_s=60.0)
    ledger = Ledger(tmp_path, ledger_key, policy=policy, now=clock)
    ledger.append(decision())
    ledger.append(decision())
    ledger.append(decision())
    assert kinds(tmp_path)[2:] == ["decision", "decision", "decision", "head"]
    ledger.append(decision())
    clock.on(59)
    ledger.tick()
    assert kinds(tmp_path)[-1] == "decision"
    clock.on(1)
    ledger.tick()
    ledger.tick()  # nothing new: nothing to sign
    assert kinds(tmp_path)[-2:] == ["decision", "head"]
    ledger.close()


def test_segments_end_with_the_day_and_at_their_size(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make, clock: Any
) -> None:
    with Ledger(tmp_path, ledger_key, policy=Policy(segment_bytes=2500), now=clock) as ledger:
        for _ in range(4):
            ledger.append(decision())
        clock.on(120)  # the next day
        ledger.append(decision())
        ledger.append(decision())
    names = sorted(p.name for p in tmp_path.glob("ledger-*"))
    firsts = [int(name[7:19]) for name in names]
    assert firsts[0] == 0
    assert len(firsts) >= 3
    assert audit(tmp_path, ledger_key).ok
    for name in names:  # each ends with its signature
        last = (tmp_path / name).read_bytes().splitlines()[-1]
        assert json.loads(last)["kind"] == "head"


def test_a_ledger_is_taken_up_where_it_was_left(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    for _ in range(3):
        with Ledger(tmp_path, ledger_key) as ledger:
            ledger.append(decision())
    found = audit(tmp_path, ledger_key)
    assert found.ok
    assert (found.entries, found.decisions, found.heads) == (12, 3, 6)
    assert len({entry.body.get("ledger", found.ledger) for _, entry in entries(tmp_path)}) == 1


def test_a_torn_entry_is_told_from_tampering_cut_off_and_written_of(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    with Ledger(tmp_path, ledger_key) as ledger:
        ledger.append(decision())
    segment = tmp_path / "ledger-000000000000.jsonl"
    torn = segment.read_bytes().splitlines(keepends=True)[2][:200]
    with segment.open("ab") as file:
        file.write(torn)
    found = audit(tmp_path, ledger_key)
    assert found.ok
    assert (found.torn_bytes, found.closed) == (200, True)
    assert "never finished, as a crash leaves them" in found.notes[0]
    with Ledger(tmp_path, ledger_key) as ledger:
        ledger.append(decision())
    after = audit(tmp_path, ledger_key)
    assert after.ok
    assert after.torn_bytes == 0
    opening = [entry for _, entry in entries(tmp_path) if entry.kind == "open"][1]
    assert opening.body["torn"]["bytes"] == 200


@pytest.mark.parametrize("left", [b"", b'{"at":"2026', b"\0" * 700])
def test_a_crash_at_the_start_of_a_segment_loses_nothing(
    left: bytes, tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    with Ledger(tmp_path, ledger_key) as ledger:
        ledger.append(decision())
    (tmp_path / "ledger-000000000004.jsonl").write_bytes(left)
    with Ledger(tmp_path, ledger_key) as ledger:
        assert ledger.append(decision()) == 6
    assert audit(tmp_path, ledger_key).ok


def test_a_crash_before_anything_was_written_loses_nothing(
    tmp_path: Path, ledger_key: Ed25519PrivateKey
) -> None:
    (tmp_path / "ledger-000000000000.jsonl").write_bytes(b'{"at"')
    Ledger(tmp_path, ledger_key).close()
    assert audit(tmp_path, ledger_key).ok


def test_one_writer_a_folder(tmp_path: Path, ledger_key: Ed25519PrivateKey) -> None:
    with Ledger(tmp_path, ledger_key), pytest.raises(InputError) as caught:
        Ledger(tmp_path, ledger_key)
    assert caught.value.found == "another process writes it"
    Ledger(tmp_path, ledger_key).close()


def test_nothing_is_added_to_a_ledger_that_is_not_whole(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    with Ledger(tmp_path, ledger_key) as ledger:
        ledger.append(decision())
    segment = tmp_path / "ledger-000000000000.jsonl"
    sound = segment.read_bytes()
    lines = sound.splitlines(keepends=True)
    for wrong in (sound.replace(b"Main", b"Mian"), b"".join(lines[:3]), lines[0] + lines[2], b""):
        segment.write_bytes(wrong)
        with pytest.raises(InputError) as caught:
            Ledger(tmp_path, ledger_key)
        assert "greenband audit verify" in caught.value.do
        segment.write_bytes(sound)
    (tmp_path / "head.json").write_bytes(b"{}\n")
    with pytest.raises(InputError, match="no head"):
        Ledger(tmp_path, ledger_key)


def test_a_full_disk_leaves_the_ledger_whole(
    tmp_path: Path,
    ledger_key: Ed25519PrivateKey,
    decision: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = Ledger(tmp_path, ledger_key)
    ledger.append(decision())
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: write(handle, data[:40]))
        with pytest.raises(InputError, match="40 of"):
            ledger.append(decision())
    ledger.append(decision())
    ledger.close()
    found = audit(tmp_path, ledger_key)
    assert found.ok
    assert (found.decisions, found.torn_bytes) == (2, 0)


def test_closing_twice_signs_once(tmp_path: Path, ledger_key: Ed25519PrivateKey) -> None:
    ledger = Ledger(tmp_path, ledger_key)
    ledger.close()
    ledger.close()
    assert kinds(tmp_path) == ["open", "head", "head"]


def test_an_entry_that_is_too_long_is_refused_before_it_is_written(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    many = {f"parameter {k}": "x" * 400 for k in range(3000)}
    with Ledger(tmp_path, ledger_key) as ledger, pytest.raises(InputError, match="at most"):
        ledger.append(decision(parameters=many))
    assert audit(tmp_path, ledger_key).ok


WRITER = """
import datetime as dt, sys
from pathlib import Path
from greenband.cabinet.ledger import Ledger, Policy
from greenband.cabinet.ledger_key import load_key
from greenband.cabinet.ledger_record import Decision, Verdict
made = Decision("J", dt.datetime.now(dt.UTC), "phase", "ab" * 32, "actuated", {}, "cd" * 8,
    "ef" * 8, Verdict(True), None, "confirmed")
ledger = Ledger(Path(sys.argv[1]), load_key(Path(sys.argv[2])), policy=Policy(head_every=7))
while True:
    print(ledger.append(made), flush=True)
"""


def test_a_writer_that_is_killed_loses_no_decision_that_it_said_was_written(
    tmp_path: Path, key_file: Path, ledger_key: Ed25519PrivateKey
) -> None:
    for after in (1, 40, 111):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "l"), str(key_file)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().splitlines() if line.strip()]
        process.stdout.close()
        process.wait()
        found = audit(tmp_path / "l", ledger_key)
        assert found.ok, found.findings
        assert not found.closed
        written = {entry.n for _, entry in entries(tmp_path / "l") if entry.kind == "decision"}
        assert set(said) <= written
    Ledger(tmp_path / "l", ledger_key).close()
    assert audit(tmp_path / "l", ledger_key).closed


def test_a_time_without_a_zone_is_refused(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    with Ledger(tmp_path, ledger_key) as ledger, pytest.raises(InputError, match="without a zone"):
        ledger.append(decision(time=dt.datetime(2026, 5, 13)))
