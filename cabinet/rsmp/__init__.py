"""RSMP, the Nordic roadside message protocol: both ends, and a virtual traffic light site."""

from __future__ import annotations

from .errors import ClosedError, MessageError, NotAckedError, RsmpError, SilentError
from .peer import Identity, Peer, Role, Timing
from .site import SiteThread, VirtualSite
from .site_config import SiteConfig, config_of
from .stream import MemoryListener, SocketListener, dial
from .supervisor import Supervisor
from .tls import site_context, supervisor_context

__all__ = [
    "ClosedError",
    "Identity",
    "MemoryListener",
    "MessageError",
    "NotAckedError",
    "Peer",
    "Role",
    "RsmpError",
    "SilentError",
    "SiteConfig",
    "SiteThread",
    "SocketListener",
    "Supervisor",
    "Timing",
    "VirtualSite",
    "config_of",
    "dial",
    "site_context",
    "supervisor_context",
]
