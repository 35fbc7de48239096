"""What can go wrong with a request, as its sender sees it.

SnmpError
├── SilentError      no answer in time, after the retries that are safe
├── AnsweredError    the agent answered that it would not
└── SecurityError    the agent answered that key, user or clock are wrong
"""

from __future__ import annotations

from .message import status_name


class SnmpError(Exception):
    """A request that brought nothing. Its text never holds a credential."""


class SilentError(SnmpError):
    """No answer came in time."""


class AnsweredError(SnmpError):
    """The agent refused; `name` is the error-status, `index` the pair, from 1 (0: none)."""

    def __init__(self, status: int, index: int) -> None:
        self.name, self.index = status_name(status), index
        super().__init__(f"{self.name} at pair {index}" if index else self.name)


class SecurityError(SnmpError):
    """The agent reports what was wrong with the security of a v3 message."""
