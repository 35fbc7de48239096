"""Files in the repository name no package registry and no one's machine."""

from __future__ import annotations

import re
from pathlib import Path

# Put together here, so that this file doesn't name them either.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "download." + "pytorch.org",
    "ana" + "conda.org",
    "npm" + "js.org",
]
MACHINE_PATHS = ["/ro" + "ot/", r"/wo" + r"rk/\w", r"/ho" + r"me/\w", r"/Us" + r"ers/\w"]
MACHINE_PATHS += [r"[A-Z]:\\+Us" + "ers"]
FORBIDDEN = re.compile("|".join([*map(re.escape, REGISTRIES), *MACHINE_PATHS]))
LARGEST_FILE_BYTES = 2_000_000


def test_no_registry_hosts_and_no_machine_paths(repo_root: Path, source_files: list[Path]) -> None:
    found = []
    for file in source_files:
        content = (repo_root / file).read_text(encoding="utf-8", errors="replace")
        found += [(str(file), match.group()) for match in FORBIDDEN.finditer(content)]
    assert found == []


def test_the_pattern_finds_what_it_should() -> None:
    for text in ("https://py" + "pi.org/simple", "/ro" + "ot/x", "/wo" + "rk/a", "C:\\Us" + "ers"):
        assert FORBIDDEN.search(text)
    assert not FORBIDDEN.search("https://example.org/works and /roots")


def test_no_large_files(repo_root: Path, source_files: list[Path]) -> None:
    sizes = {str(file): (repo_root / file).stat().st_size for file in source_files}
    assert [file for file, size in sizes.items() if size > LARGEST_FILE_BYTES] == []


def test_the_licence_is_there(repo_root: Path) -> None:
    text = (repo_root / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
