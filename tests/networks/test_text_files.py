from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.networks.text_files import read_text

TEXT = "start,NBT\n07:00,é\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_that_programs_write(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode(encoding))
    assert read_text(path, "counts") == TEXT


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (gzip.compress(TEXT.encode(), mtime=0), "packed with gzip"),
        (b"PK\x03\x04rest", "zip archive"),
        (TEXT.encode("utf-16-le"), "no text"),
        (b"start\n\x81\x8d\n", "no text"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=found):
        read_text(path, "counts")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_text(tmp_path, "counts")
