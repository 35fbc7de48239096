"""The security code is read from where credentials are, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.cabinet.credentials import TEXT_VARIABLE
from greenband.cabinet.rsmp_credentials import load_code
from greenband.engine.errors import InputError

TABLE = '[cabinets."J"]\nsecurity_code = "hush"\n'


def test_from_the_environment_and_from_a_file(tmp_path: Path) -> None:
    assert load_code("J", environ={TEXT_VARIABLE: TABLE}) == "hush"
    path = tmp_path / "credentials.toml"
    path.write_text(TABLE, encoding="utf-8")
    path.chmod(0o600)
    assert load_code("J", path, {}) == "hush"
    path.chmod(0o644)
    with pytest.raises(InputError, match="mode 600"):
        load_code("J", path, {})


@pytest.mark.parametrize(
    "text",
    [
        '[cabinets."K"]\nsecurity_code = "hush"\n',
        '[cabinets."J"]\nsecurity_code = ""\n',
        '[cabinets."J"]\nsecurity_code = 1111\n',
        '[cabinets."J"]\nsecurity_code = "hush"\nuser = "hush"\n',
        "hush",
    ],
)
def test_what_is_no_code_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        load_code("J", environ={TEXT_VARIABLE: text})
    assert "hush" not in str(caught.value)
