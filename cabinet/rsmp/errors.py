"""What can go wrong between a site and its supervisor.

RsmpError
├── FrameError      more octets without an end than a message may have
├── MessageError    octets that are no message; `message_id` where it could still be read
├── ClosedError     the connection is gone, or was never there
├── SilentError     no answer in time
└── NotAckedError   the other end said MessageNotAck; its text is the reason given
"""

from __future__ import annotations


class RsmpError(Exception):
    """An exchange that brought nothing. Its text never holds a security code."""


class FrameError(RsmpError):
    """A message longer than allowed; it is skipped to its end."""


class MessageError(RsmpError):
    """Octets that are no message of RSMP's."""

    def __init__(self, text: str, message_id: str = "") -> None:
        super().__init__(text)
        self.message_id = message_id


class ClosedError(RsmpError):
    """No connection."""


class SilentError(RsmpError):
    """No answer came in time."""


class NotAckedError(RsmpError):
    """The other end would not."""
