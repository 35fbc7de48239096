"""Whatever is done to a ledger that is whole is found, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenband.cabinet.ledger import Ledger, Policy
from greenband.cabinet.ledger_chain import encode, link
from greenband.cabinet.ledger_record import Decision
from greenband.cabinet.ledger_verify import Audit, entries, verify
from greenband.engine.errors import InputError

Files = dict[str, bytes]
Make = Callable[..., Decision]
each_time = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(whole: Any, folder: Path, files: Files) -> Audit:
    return verify(whole.put(folder, files), [whole.public])


def lines_of(whole: Any) -> list[tuple[str, int, bytes]]:
    """Every line with its file and its place there."""
    return [
        (name, k, line)
        for name in whole.segments()
        for k, line in enumerate(whole.files[name].splitlines(keepends=True))
    ]


def with_lines(whole: Any, name: str, lines: list[bytes]) -> Files:
    return {**whole.files, name: b"".join(lines)}


def test_a_ledger_that_is_whole_is_found_so(whole: Any, tmp_path: Path) -> None:
    found = check(whole, tmp_path / "l", whole.files)
    assert found.findings == ()
    assert found.notes == ()
    assert (found.entries, found.decisions, found.closed) == (36, 18, True)
    assert len(whole.segments()) == 2


@each_time
@given(data=st.data())
def test_any_byte_that_is_changed_is_found(whole: Any, tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(whole.files)))
    content = bytearray(whole.files[name])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    assert not check(whole, tmp_path / "l", whole.files | {name: bytes(content)}).ok


@each_time
@given(data=st.data())
def test_any_byte_that_is_dropped_or_put_in_is_found(
    whole: Any, tmp_path: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(whole.files)))
    content = whole.files[name]
    at = data.draw(st.integers(0, len(content) - 1))
    put = data.draw(st.binary(max_size=2))
    changed = content[:at] + put + content[at + 1 :]
    if changed != content:
        assert not check(whole, tmp_path / "l", whole.files | {name: changed}).ok


@each_time
@given(data=st.data())
def test_any_entry_that_is_dropped_doubled_or_moved_is_found(
    whole: Any, tmp_path: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(whole.segments()))
    lines = whole.files[name].splitlines(keepends=True)
    i, k = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    how = data.draw(st.sampled_from(["drop", "double", "move", "swap"]))
    changed = list(lines)
    if how == "drop":
        del changed[i]
    elif how == "double":
        changed.insert(k, lines[i])
    elif how == "move":
        changed.insert(k, changed.pop(i))
    else:
        changed[i], changed[k] = changed[k], changed[i]
    if changed != lines:
        assert not check(whole, tmp_path / "l", with_lines(whole, name, changed)).ok


@each_time
@given(data=st.data())
def test_any_cut_is_found(whole: Any, tmp_path: Path, data: st.DataObject) -> None:
    """At any byte of any file, with the segments after it or without."""
    name = data.draw(st.sampled_from(sorted(whole.files)))
    at = data.draw(st.integers(0, len(whole.files[name]) - 1))
    files = whole.files | {name: whole.files[name][:at]}
    if data.draw(st.booleans()):
        files = {n: f for n, f in files.items() if n <= name or n == "head.json"}
    assert not check(whole, tmp_path / "l", files).ok


@pytest.mark.parametrize("kind", range(3))
def test_any_file_that_is_gone_is_found(kind: int, whole: Any, tmp_path: Path) -> None:
    gone = sorted(whole.files)[kind]
    files = {name: data for name, data in whole.files.items() if name != gone}
    assert not check(whole, tmp_path / "l", files).ok


def test_each_finding_says_where(whole: Any, tmp_path: Path) -> None:
    first = whole.segments()[0]
    lines = whole.files[first].splitlines(keepends=True)
    changed = [*lines[:3], lines[3].replace(b"splitTime.5.2", b"splitTime.6.2"), *lines[4:]]
    (one,) = check(whole, tmp_path / "l", with_lines(whole, first, changed)).findings
    assert (one.kind, one.where) == ("changed", f"{first} line 4 (entry 3)")
    (one,) = check(whole, tmp_path / "l", with_lines(whole, first, lines[:3] + lines[5:])).findings
    assert (one.kind, one.found) == ("gap", "entries 3 to 4 are missing")
    swapped = [lines[0], lines[2], lines[1], *lines[3:]]
    found = check(whole, tmp_path / "l", with_lines(whole, first, swapped)).findings
    assert {f.kind for f in found} == {"gap", "reordered"}
    assert found[1].where == f"{first} line 3 (entry 3)"
    cut = {n: f for n, f in whole.files.items() if n != whole.segments()[1]}
    (one,) = check(whole, tmp_path / "l", cut).findings
    assert one.kind == "truncated"
    assert one.expected == "at least entry 35, which was signed"


def rechained(whole: Any, change: Callable[[dict[str, Any]], None]) -> Files:
    """The ledger with one decision changed and every hash after it made good."""
    files: Files = {}
    prev, head = "0" * 64, b""
    for name in whole.segments():
        files[name] = b""
        for line in whole.files[name].splitlines():
            old = json.loads(line)
            if old["n"] == 5:
                change(old["body"])
            entry = link(old["n"], old["kind"], old["at"], old["body"], prev)
            prev = entry.hash
            files[name] += encode(entry)
            head = encode(entry) if entry.kind == "head" else head
    return files | {"head.json": head}


def test_a_ledger_with_all_hashes_made_anew_has_no_sound_signature(
    whole: Any, tmp_path: Path
) -> None:
    files = rechained(whole, lambda body: body.update(controller="actuated"))
    found = check(whole, tmp_path / "l", files)
    assert {finding.kind for finding in found.findings} >= {"signature"}
    untouched = rechained(whole, lambda body: None)
    assert check(whole, tmp_path / "l", untouched).ok


def test_a_ledger_signed_anew_by_another_is_found_with_the_key_and_noted_without(
    whole: Any, tmp_path: Path, decision: Make
) -> None:
    other = Ed25519PrivateKey.generate()
    with Ledger(tmp_path, other) as ledger:
        ledger.append(decision())
    found = verify(tmp_path, [whole.public])
    assert {finding.kind for finding in found.findings} == {"foreign key"}
    assert found.trusted
    alone = verify(tmp_path)
    assert alone.ok
    assert not alone.trusted
    assert alone.notes[0].startswith("no key was given")


def test_a_writer_with_another_key_goes_on_only_where_both_are_trusted(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    other = Ed25519PrivateKey.generate()
    for key in (ledger_key, other):
        with Ledger(tmp_path, key) as ledger:
            ledger.append(decision())
    assert not verify(tmp_path).ok
    assert not verify(tmp_path, [ledger_key.public_key()]).ok
    assert verify(tmp_path, [ledger_key.public_key(), other.public_key()]).ok


def test_a_head_kept_elsewhere_finds_a_ledger_that_was_cut_with_its_copy(
    whole: Any, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(whole.files["head.json"])
    first = whole.segments()[0]
    last = whole.files[first].splitlines(keepends=True)[-1]
    rolled_back = {first: whole.files[first], "head.json": last}
    folder = whole.put(tmp_path / "l", rolled_back)
    assert verify(folder, [whole.public]).ok
    (one,) = verify(folder, [whole.public], kept).findings
    assert (one.kind, one.where) == ("truncated", str(kept))
    assert verify(whole.put(folder), [whole.public], kept).ok
    kept.write_bytes(b"{}")
    with pytest.raises(InputError, match="no head"):
        verify(folder, [whole.public], kept)


def test_a_crash_between_a_head_and_its_copy_is_no_finding(whole: Any, tmp_path: Path) -> None:
    heads = [line for _, _, line in lines_of(whole) if json.loads(line)["kind"] == "head"]
    assert check(whole, tmp_path / "l", whole.files | {"head.json": heads[-2]}).ok
    (one,) = check(whole, tmp_path / "l", whole.files | {"head.json": heads[-3]}).findings
    assert one.where == "head.json"


def test_entries_behind_the_last_head_are_counted_and_chained(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make, clock: Any
) -> None:
    ledger = Ledger(tmp_path, ledger_key, policy=Policy(head_every=2), now=clock)
    for _ in range(2):
        ledger.append(decision())
    found = verify(tmp_path, [ledger_key.public_key()])
    ledger.append(decision())
    found = verify(tmp_path, [ledger_key.public_key()])
    assert (found.signed_through, found.closed) == (4, False)
    assert found.notes[0].startswith("not closed: 1 entries after the last head are not signed")
    ledger.close()


def test_intents_without_a_decision_are_told(
    tmp_path: Path, ledger_key: Ed25519PrivateKey, decision: Make
) -> None:
    with Ledger(tmp_path, ledger_key) as ledger:
        first, second = ledger.intend(decision()), ledger.intend(decision())
        ledger.append(decision(intent=second))
    found = verify(tmp_path)
    assert found.unanswered == (first,)
    assert found.ok


@given(body=st.dictionaries(st.sampled_from(["ledger", "key", "torn", "signature", "reason"]),
                            st.one_of(st.none(), st.integers(), st.text(max_size=70), st.lists(
                                st.integers(), max_size=2))),
       kind=st.sampled_from(["open", "head", "intent", "decision"]))  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_entry_with_a_sound_hash_and_any_content_crashes_nothing(
    whole: Any, tmp_path: Path, body: dict[str, Any], kind: str
) -> None:
    last = json.loads(lines_of(whole)[-1][2])
    forged = encode(link(last["n"] + 1, kind, last["at"], body, last["hash"]))
    name = whole.segments()[-1]
    found = check(whole, tmp_path / "l", whole.files | {name: whole.files[name] + forged})
    assert not found.closed
    assert len(list(entries(tmp_path / "l"))) == 37


def test_a_folder_without_a_ledger_is_bad_input(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError):
            verify(folder)


def test_other_files_are_noted(whole: Any, tmp_path: Path) -> None:
    found = check(whole, tmp_path / "l", whole.files | {"notes.txt": b"x"})
    assert found.ok
    assert found.notes == ("notes.txt: not of the ledger",)


def test_a_line_without_end_takes_no_memory(whole: Any, tmp_path: Path) -> None:
    name = whole.segments()[-1]
    long = whole.files | {name: whole.files[name] + b"[" * (3 << 20)}
    found = check(whole, tmp_path / "l", long)
    assert {f.kind for f in found.findings} == {"changed"}
