"""Both ends over TCP on loopback, with TLS and without; whoever doesn't fit is turned away."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from greenband.cabinet.rsmp import (
    ClosedError,
    Identity,
    RsmpError,
    SiteThread,
    SocketListener,
    Supervisor,
    VirtualSite,
    dial,
    site_context,
    supervisor_context,
)

from .conftest import CODE, junction

HOST = "127.0.0.1"
READ = [("S0001", "signalgroupstatus")]


@pytest.fixture
def listener() -> Iterator[SocketListener]:
    made = SocketListener(HOST, 0)
    yield made
    made.close()


def test_over_tcp(listener: SocketListener) -> None:
    site = VirtualSite(junction(), lambda: dial(HOST, listener.port))
    supervisor = Supervisor(listener, Identity("J"), timeout_s=10.0)
    with SiteThread(site):
        found = supervisor.ask("J-TC", READ)
        assert found[READ[0]].s == "gggggg"
        supervisor.command("J-TC", "M0023", {"status": "3", "securityCode": CODE})
        supervisor.watchdog()
        assert supervisor.ask("J-TC", [("S0034", "status")])["S0034", "status"].s == "3"
    with pytest.raises(RsmpError):
        Supervisor(listener, Identity("J"), timeout_s=0.2).ask("J-TC", READ)
    supervisor.close()


def test_nobody_there_is_said_in_time(listener: SocketListener) -> None:
    before = time.monotonic()
    with pytest.raises(ClosedError, match="no site has connected"):
        Supervisor(listener, Identity("J"), timeout_s=0.3).connect()
    assert time.monotonic() - before < 2.0


def test_a_mute_stranger_and_one_who_babbles_keep_nobody_out(listener: SocketListener) -> None:
    mute = socket.create_connection((HOST, listener.port))
    babbler = socket.create_connection((HOST, listener.port))
    babbler.sendall(b"GET / HTTP/1.1\r\n\r\n\x0c" * 100)
    site = VirtualSite(junction(), lambda: dial(HOST, listener.port))
    supervisor = Supervisor(listener, Identity("J"), timeout_s=4.0)
    with SiteThread(site):
        assert supervisor.ask("J-TC", READ)
    supervisor.close()
    mute.close()
    babbler.close()


def crowd(port: int, stop: threading.Event) -> None:
    """Strangers without end: each connects, and says nothing or nonsense."""
    kept: list[socket.socket] = []
    while not stop.is_set():
        try:
            stranger = socket.create_connection((HOST, port), timeout=0.2)
        except OSError:
            continue
        if len(kept) % 2:
            stranger.sendall(b"nonsense\x0c")
        kept.append(stranger)
        if len(kept) > 100:
            kept.pop(0).close()
    for stranger in kept:
        stranger.close()


@pytest.mark.parametrize("secured", [False, True])
def test_strangers_without_end_hold_nobody_for_ever(certificates: Path, secured: bool) -> None:
    files = [certificates / name for name in ("supervisor.pem", "supervisor.key", "authority.pem")]
    context = supervisor_context(*files) if secured else None
    listener = SocketListener(HOST, 0, context, hello_s=0.3)
    supervisor = Supervisor(listener, Identity("J"), timeout_s=1.0)
    stop = threading.Event()
    thread = threading.Thread(target=crowd, args=(listener.port, stop))
    thread.start()
    before = time.monotonic()
    try:
        with pytest.raises(RsmpError):
            supervisor.connect()
        assert time.monotonic() - before < 4.0
    finally:
        stop.set()
        thread.join()
        supervisor.close()


def test_another_site_is_refused(listener: SocketListener) -> None:
    site = VirtualSite(junction(), lambda: dial(HOST, listener.port))
    supervisor = Supervisor(listener, Identity("K"), timeout_s=2.0)
    with SiteThread(site), pytest.raises(ClosedError, match="site id 'K' expected"):
        supervisor.connect()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and a certificate of it for each end; and a stranger's own."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("certificates")
    now = datetime.now(UTC)

    def make(name: str, issuer: tuple[Any, Any] | None) -> tuple[Any, Any]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issued_by, signing = issuer or (subject, key)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issued_by)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
                critical=False,
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=issuer is None,
                    crl_sign=issuer is None,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(signing, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (folder / f"{name}.pem").write_bytes(made.public_bytes(pem))
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (folder / f"{name}.key").write_bytes(key.private_bytes(pem, form, plain))
        return subject, key

    authority = make("authority", None)
    make("supervisor", authority)
    make("site", authority)
    make("stranger", None)
    return folder


@pytest.mark.parametrize(("who", "let_in"), [("site", True), ("stranger", False)])
def test_tls_lets_in_whom_the_authority_vouches_for(
    certificates: Path, who: str, let_in: bool
) -> None:
    authority = certificates / "authority.pem"

    def pair(name: str) -> tuple[Path, Path, Path]:
        return certificates / f"{name}.pem", certificates / f"{name}.key", authority

    listener = SocketListener(HOST, 0, supervisor_context(*pair("supervisor")))
    context = site_context(*pair(who))
    site = VirtualSite(
        junction(), lambda: dial(HOST, listener.port, context, server_name="localhost")
    )
    supervisor = Supervisor(listener, Identity("J"), timeout_s=10.0 if let_in else 1.0)
    with SiteThread(site):
        if let_in:
            assert supervisor.ask("J-TC", READ)
        else:
            with pytest.raises(RsmpError):
                supervisor.connect()
    supervisor.close()


def test_a_site_without_tls_is_turned_away_and_one_with_it_wants_the_right_name(
    certificates: Path,
) -> None:
    authority = certificates / "authority.pem"
    files = (certificates / "supervisor.pem", certificates / "supervisor.key", authority)
    listener = SocketListener(HOST, 0, supervisor_context(*files), hello_s=0.5)
    supervisor = Supervisor(listener, Identity("J"), timeout_s=1.5)
    with (
        SiteThread(VirtualSite(junction(), lambda: dial(HOST, listener.port))),
        pytest.raises(RsmpError),
    ):
        supervisor.connect()
    context = site_context(certificates / "site.pem", certificates / "site.key", authority)
    wrong = VirtualSite(
        junction(), lambda: dial(HOST, listener.port, context, server_name="example.org")
    )
    with SiteThread(wrong), pytest.raises(RsmpError):
        supervisor.connect()
    supervisor.close()
