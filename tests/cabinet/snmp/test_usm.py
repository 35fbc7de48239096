"""Keys against the RFC's own example; what may never be printed isn't."""

from __future__ import annotations

import pytest

from greenband.cabinet.snmp import User
from greenband.cabinet.snmp.usm import Auth, Keys, localized_key
from greenband.engine.errors import InputError

ENGINE = bytes(11) + b"\x02"


def test_the_example_of_rfc_3414() -> None:
    # Appendix A.3.2: SHA, "maplesyrup", engine 00 00 00 00 00 00 00 00 00 00 00 02.
    expected = "6695febc9288e36282235fc7151f128497b38f3f"
    assert localized_key("maplesyrup", ENGINE, "sha1").hex() == expected


@pytest.mark.parametrize(("auth", "size"), [("sha1", 12), ("sha256", 24)])
def test_digests_have_the_length_of_their_rfc(auth: Auth, size: int) -> None:
    keys = Keys(User("u", "long enough", auth=auth), ENGINE)
    assert len(keys.digest(b"text")) == keys.size == size
    assert keys.digest(b"text") != keys.digest(b"texu")


def test_a_cipher_undone_is_the_text() -> None:
    keys = Keys(User("u", "long enough", "longer still"), ENGINE)
    hidden = keys.cipher(b"a secret plan", 3, 17, bytes(8), undo=False)
    assert hidden != b"a secret plan"
    assert keys.cipher(hidden, 3, 17, bytes(8), undo=True) == b"a secret plan"
    assert keys.cipher(hidden, 3, 18, bytes(8), undo=True) != b"a secret plan"


def test_levels() -> None:
    assert User("u").level == 0
    assert User("u", "long enough").level == 1
    assert User("u", "long enough", "longer still").level == 3


@pytest.mark.parametrize(
    "phrases", [(None, "longer still"), ("short", None), ("long enough", "no")]
)
def test_weak_users_are_refused_without_their_phrases(
    phrases: tuple[str | None, str | None],
) -> None:
    with pytest.raises(InputError) as caught:
        User("u", *phrases)
    assert "short:" not in str(caught.value)
    assert "longer still" not in str(caught.value)


def test_nothing_secret_is_printed() -> None:
    user = User("u", "long enough", "longer still")
    for shown in (repr(user), str(user), f"{user}", repr(Keys(user, ENGINE))):
        assert "long" not in shown
