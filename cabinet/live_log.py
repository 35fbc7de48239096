"""Structured logs: one JSON object a line on standard error."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterable

LOG = logging.getLogger("greenband.live")
WITHHELD = "[withheld]"
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """`at`, `level`, `logger`, `event` and whatever `extra` a line was given.

    `secrets` are withheld wherever they would appear, in an error's trace too.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(s for s in secrets if s)

    def format(self, record: logging.LogRecord) -> str:
        """As `logging.Formatter.format`."""
        line: dict[str, object] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {k: v for k, v in vars(record).items() if k not in _OWN and k not in line}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps({k: self._plain(v) for k, v in line.items()}, ensure_ascii=False)

    def _plain(self, value: object) -> object:
        """As JSON has it, with every secret withheld."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, list | tuple):
            return [self._plain(v) for v in value]
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, WITHHELD)
        return text


def log_to_stderr(secrets: Iterable[str] = (), level: int = logging.INFO) -> logging.Handler:
    """Send all of Greenband's logs there as JSON lines; returns the handler, to take it off."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets))
    top = logging.getLogger("greenband")
    top.addHandler(handler)
    top.setLevel(level)
    top.propagate = False
    return handler
