"""The one place of numba's flags and of its cache folder.

numba checks a cached kernel against the file it was written in, not against the files of the
kernels it calls: after an upgrade that changed only a callee it would run stale machine code.
The cache folder's name is therefore a digest of all kernel sources and of the numba version.
Old folders stay behind until the user deletes them; they are a few hundred kB each.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., object])

KERNELS = Path(__file__).parent
# numba fills its settings in at run time, where a type checker can't see them.
numba_settings: Any = config


def sources_digest(folder: Path = KERNELS, numba_version: str = numba.__version__) -> str:
    """Digest of every Python source under ``folder`` (names and contents) and of numba's version.

    Returns 16 hexadecimal digits; raises OSError where a source can't be read.
    """
    digest = hashlib.sha256(numba_version.encode())
    for source in sorted(folder.rglob("*.py")):
        content = source.read_bytes()
        # The length keeps "ab" + "c" apart from "a" + "bc".
        digest.update(f"\0{source.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def user_cache_root(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder for this user's caches, by the platform's rule; None where there is none.

    Never a shared temporary folder: what lies in the cache is run as machine code.
    """
    if chosen := environ.get("NUMBA_CACHE_DIR"):
        return Path(chosen)
    if chosen := environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"):
        return Path(chosen)
    try:
        home = Path.home()
    except RuntimeError:  # no HOME, and a user id without an account: usual in containers
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def writable_cache_folder(root: Path | None, digest: str) -> Path | None:
    """``root/greenband/kernels-<digest>``, made and tried with a write; None if that fails."""
    if root is None or not root.is_absolute():
        return None
    folder = root / "greenband" / f"kernels-{digest}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"written to see that the disk is not full")
    except OSError:
        return None
    return folder


def _cache_folder() -> Path | None:
    try:
        return writable_cache_folder(user_cache_root(), sources_digest())
    except OSError:  # sources not readable, as in a frozen program: nothing to key the cache by
        return None


@contextmanager
def _numba_caches_in(folder: Path | None) -> Iterator[None]:
    """Point numba at ``folder`` while it decorates, and leave the user's own kernels alone."""
    before = numba_settings.CACHE_DIR
    numba_settings.CACHE_DIR = str(folder or "")
    try:
        yield
    finally:
        numba_settings.CACHE_DIR = before


CACHE_FOLDER = None if numba_settings.DISABLE_JIT else _cache_folder()


def jit(function: F) -> F:
    """Compile a kernel: a pure function of arrays and scalars, from a file in this folder.

    Without Python objects, without fast-math (results must not depend on the machine), with
    Python's division errors (the same with ``NUMBA_DISABLE_JIT=1``, where ``function`` comes
    back as it is), and with no cache where no folder can be written to.
    """
    return _compiled(function)


def jit_inner(function: F) -> F:
    """Compile a kernel that only kernels call: without its door to Python.

    For tables of records that door takes as long to compile as a short kernel itself.
    """
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: F, **flags: bool) -> F:
    numba_jit: Any = numba.jit  # its type stubs lack the flags without doors
    compiler = numba_jit(
        nopython=True,
        cache=CACHE_FOLDER is not None,
        fastmath=False,
        error_model="python",
        **flags,
    )
    with _numba_caches_in(CACHE_FOLDER):
        return cast(F, compiler(function))
