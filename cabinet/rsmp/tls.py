"""TLS for both ends: 1.3 or later, certificates of a common authority on both sides (RSMP core)."""

from __future__ import annotations

import ssl
from pathlib import Path


def supervisor_context(certificate: Path, key: Path, authority: Path) -> ssl.SSLContext:
    """For `SocketListener`: only a site with a certificate of `authority` is let in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _filled(context, certificate, key, authority)


def site_context(certificate: Path, key: Path, authority: Path) -> ssl.SSLContext:
    """For `dial`: the supervisor's certificate must be `authority`'s, and for its host name."""
    return _filled(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key, authority)


def _filled(
    context: ssl.SSLContext, certificate: Path, key: Path, authority: Path
) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    return context
