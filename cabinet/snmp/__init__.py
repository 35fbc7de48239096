"""SNMP of our own: agent and client of versions 1, 2c and 3, lean enough for a second's loop."""

from __future__ import annotations

from .agent import Agent, Communities
from .errors import AnsweredError, SecurityError, SilentError, SnmpError
from .message import V1, V2C, V3
from .profile import PROFILES, Profile
from .proxy import Faults, Proxy
from .pysnmp_session import PysnmpSession
from .security import Community
from .server import Server
from .session import Session, SnmpSession, UdpSession, walk
from .transport import CallTransport, UdpTransport
from .usm import User

__all__ = [
    "PROFILES",
    "V1",
    "V2C",
    "V3",
    "Agent",
    "AnsweredError",
    "CallTransport",
    "Communities",
    "Community",
    "Faults",
    "Profile",
    "Proxy",
    "PysnmpSession",
    "SecurityError",
    "Server",
    "Session",
    "SilentError",
    "SnmpError",
    "SnmpSession",
    "UdpSession",
    "UdpTransport",
    "User",
    "walk",
]
