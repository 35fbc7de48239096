"""The kernel decorator: what keys its cache, and where it works without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from greenband.engine.kernels import jit as jit_module
from greenband.engine.kernels.jit import sources_digest, user_cache_root, writable_cache_folder

CALLER = """
from callee import g
from greenband.engine.kernels.jit import jit

@jit
def f(x):
    return g(x)
"""
CALLEE = """
from greenband.engine.kernels.jit import jit

@jit
def g(x):
    return x + {}
"""


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "caller.py").write_text(CALLER)
    (folder / "callee.py").write_text(CALLEE.format(1))
    return folder


def run(code: str, **environ: str) -> str:
    """Run ``code`` in a new interpreter with only what an interpreter needs, and ``environ``."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT", "TMPDIR")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_changed_callee_changes_the_key(kernels: Path) -> None:
    before = sources_digest(kernels)
    (kernels / "callee.py").write_text(CALLEE.format(2))
    assert sources_digest(kernels) != before


def test_a_renamed_kernel_changes_the_key(kernels: Path) -> None:
    before = sources_digest(kernels)
    (kernels / "callee.py").rename(kernels / "called.py")
    assert sources_digest(kernels) != before


def test_another_numba_changes_the_key(kernels: Path) -> None:
    assert sources_digest(kernels, "0.1") != sources_digest(kernels, "0.2")


def test_the_same_sources_have_the_same_key(kernels: Path) -> None:
    assert sources_digest(kernels, "0.1") == sources_digest(kernels, "0.1")


def test_numba_itself_would_run_the_stale_callee(kernels: Path, tmp_path: Path) -> None:
    """The trap this module is for: under one unchanging folder an edited callee goes unseen."""
    code = (
        f"import sys; sys.path.insert(0, {str(kernels)!r})\n"
        "from pathlib import Path\n"
        "from greenband.engine.kernels import jit as j\n"
        f"root, kernels = Path({str(tmp_path / 'cache')!r}), Path({str(kernels)!r})\n"
        "digest = 'same' if {fixed} else j.sources_digest(kernels)\n"
        "j.CACHE_FOLDER = j.writable_cache_folder(root, digest)\n"
        "import caller; print(caller.f(1))\n"
    )
    fixed, keyed = code.format(fixed=True), code.format(fixed=False)
    assert run(fixed) == run(keyed) == "2"
    (kernels / "callee.py").write_text(CALLEE.format(2))
    assert run(fixed) == "2"
    assert run(keyed) == "3"


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/nowhere"])
@pytest.mark.skipif(sys.platform == "win32", reason="needs a path that can't be a folder")
def test_works_where_nothing_is_writable(home: str) -> None:
    code = (
        "import warnings; warnings.simplefilter('error')\n"
        "from greenband.engine.kernels import jit as j\n"
        "f = j.jit(lambda x: 2 * x)\n"
        "print(j.CACHE_FOLDER, f(21))"
    )
    assert run(code, HOME=home) == "None 42"


def test_works_without_compilation() -> None:
    code = (
        "from greenband.engine.kernels import jit as j\n"
        "def f(x): return 2 * x\n"
        "print(j.jit(f) is f, j.jit(f)(21), j.CACHE_FOLDER)"
    )
    assert run(code, NUMBA_DISABLE_JIT="1", HOME="/dev/null") == "True 42 None"


def test_a_folder_on_a_file_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "greenband").write_text("a file where the folder should be")
    assert writable_cache_folder(tmp_path, "0") is None
    assert writable_cache_folder(None, "0") is None


def test_a_writable_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    folder = writable_cache_folder(tmp_path / "new", "0")
    assert folder is not None
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="another rule there")
def test_the_users_cache_root() -> None:
    assert user_cache_root({"NUMBA_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert user_cache_root({"XDG_CACHE_HOME": "/b"}) == Path("/b")
    assert user_cache_root({}) == Path.home() / ".cache"


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert user_cache_root({}) is None


def test_numbas_own_setting_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit_module.numba_settings, "CACHE_DIR", "before")
    monkeypatch.setattr(jit_module, "CACHE_FOLDER", tmp_path)

    def triple(x: int) -> int:
        return 3 * x

    assert jit_module.jit(triple)(2) == 6
    assert jit_module.numba_settings.CACHE_DIR == "before"
    assert list(tmp_path.rglob("*.nbi")) or jit_module.numba_settings.DISABLE_JIT


def test_every_kernel_goes_through_the_one_decorator() -> None:
    """Elsewhere numba's flags would be out of sight, and its sources not in the key."""
    for source in jit_module.KERNELS.rglob("*.py"):
        if source.name != "jit.py":
            text = source.read_text(encoding="utf-8")
            assert "njit" not in text, source
            assert "numba.jit" not in text, source
