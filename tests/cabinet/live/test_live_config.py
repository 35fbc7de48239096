"""The configuration: what is missing or wrong is said with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.cabinet.live_config import LiveConfig, split_address
from greenband.engine.errors import InputError

from .conftest import site_text

TEXT = """\
time_zone = "Europe/Berlin"

[sites.X]
file = "X.toml"
address = "192.0.2.1:161"
slots = [[10, 20], [11, 21]]
reference_phase = "2"

[sites.X.detectors]
"EB bar" = 1

[sites.X.dead_man]
keep_alive_s = 5
backup_s = 30
"""
Read = Callable[..., LiveConfig]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    (tmp_path / "X.toml").write_text(site_text())

    def read(text: str = TEXT, *sites: str) -> LiveConfig:
        path = tmp_path / "live.toml"
        path.write_text(text)
        return LiveConfig(path, sites)

    return read


def test_what_is_read(read: Read, tmp_path: Path) -> None:
    config = read()
    (wiring,) = config.wirings
    assert config.state == tmp_path / "state"
    assert config.page == ("127.0.0.1", 8420)
    assert str(config.zone) == "Europe/Berlin"
    assert wiring.mapping.detectors == (1, 0, 0, 0)
    assert wiring.deadman.local_within_s == 32.0
    assert wiring.site.phases[0].min_green_s == 7.0
    assert wiring.config.tier == "pattern"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("keep_alive_s = 5", "keep_alive_s = 12", "dead_man"),
        ('address = "192.0.2.1:161"', "", "sites.X.address"),
        ("slots = [[10, 20], [11, 21]]", "slots = [[10, 20]]", "sites.X, slots"),
        ('reference_phase = "2"', 'reference_phase = "3"', "sites.X, reference_phase"),
        ('"EB bar" = 1', '"nowhere" = 1', "site X, mapping, detectors"),
        ('file = "X.toml"', 'file = "Y.toml"', "sites.X, file"),
        ('file = "X.toml"', 'file = "X.toml"\ntier = "both"', "sites.X.tier"),
        ('file = "X.toml"', 'file = "X.toml"\ncolour = "red"', "sites.X.colour"),
        ('file = "X.toml"', 'file = "X.toml"\ndriver = "rsmp"', "sites.X"),
        ("Europe/Berlin", "Europe/Nowhere", "time_zone"),
        ("[sites.X]", "[sites.Y]", "sites.X.file"),
        ("[sites.X]", "[sites.X", "live.toml"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(read: Read, old: str, new: str, where: str) -> None:
    assert old in TEXT
    with pytest.raises(InputError) as error:
        read(TEXT.replace(old, new))
    assert where in error.value.where


def test_a_site_that_isnt_there(read: Read) -> None:
    with pytest.raises(InputError) as error:
        read(TEXT, "Z")
    assert (error.value.found, error.value.allowed) == ("Z", "X")
    assert [w.name for w in read(TEXT, "X").wirings] == ["X"]


def test_an_approval_is_for_the_site_as_it_is_configured(read: Read, tmp_path: Path) -> None:
    before = read().wirings[0].subject
    assert read().wirings[0].subject == before
    assert read(TEXT.replace('"EB bar" = 1', '"EB bar" = 2')).wirings[0].subject != before
    (tmp_path / "X.toml").write_text(site_text() + "\n# a remark\n")
    assert read().wirings[0].subject != before


def test_two_sites_have_two_numbers_in_the_event_log(read: Read, tmp_path: Path) -> None:
    (tmp_path / "Y.toml").write_text(site_text().replace('id = "X"', 'id = "Y"', 1))
    other = '\n[sites.Y]\nfile = "Y.toml"\naddress = "h:1"\nslots = [[10, 20], [11, 21]]\n'
    other += 'detectors = {"EB bar" = 1}\n'
    assert read(TEXT + other).devices == {"X": 1, "Y": 2}
    assert read(TEXT + other + "device = 17\n").devices == {"X": 1, "Y": 17}
    with pytest.raises(InputError, match="one number for two sites"):
        read(TEXT + other + "device = 1\n")


def test_no_page(read: Read) -> None:
    assert read('page = ""\n' + TEXT).page is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("192.0.2.1:161", ("192.0.2.1", 161)), ("[::1]:8420", ("::1", 8420)), ("host:0", ("host", 0))],
)
def test_addresses(text: str, found: tuple[str, int]) -> None:
    assert split_address("here", text) == found


@pytest.mark.parametrize("text", ["", "host", "host:", "host:x", "host:70000", "host:-1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InputError):
        split_address("here", text)
