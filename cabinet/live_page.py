"""The status page's server: reads only, on this computer's own address unless told otherwise."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from greenband.engine.errors import InputError

from .live_status import metrics_of, page_of

LOG = logging.getLogger("greenband.live")
Status = Callable[[], Mapping[str, Any]]
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}


class Page:
    """Serves ``/``, ``/status.json`` and ``/metrics`` from a thread until `close`.

    Raises InputError where the address can't be had.
    """

    def __init__(self, host: str, port: int, status: Status) -> None:
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(status))
        except OSError as error:
            raise InputError(
                "page", f"{host}:{port}: {error.strerror or error}", "an address that is free",
                'Change page in the configuration; page = "" is none.',
            ) from None  # fmt: skip
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="status page", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the port that was had where 0 was asked for."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)


def _handler(status: Status) -> type[BaseHTTPRequestHandler]:
    forms: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
        "/": ("text/html; charset=utf-8", page_of),
        "/status.json": ("application/json", lambda s: json.dumps(s, allow_nan=False)),
        "/metrics": ("text/plain; version=0.0.4; charset=utf-8", metrics_of),
    }

    class Handler(BaseHTTPRequestHandler):
        """GET and HEAD alone; any other method has no function here, and so is refused."""

        server_version, sys_version = "greenband", ""
        timeout = 10.0

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def log_message(self, format: str, *args: Any) -> None:
            LOG.debug("page", extra={"request": format % args})

        def _answer(self, *, body: bool) -> None:
            form = forms.get(self.path.partition("?")[0])
            kind, text = ("text/plain", "not found\n") if form is None else (form[0], "")
            if form is not None:
                text = form[1](status())
            data = text.encode()
            self.send_response(404 if form is None else 200)
            for name, value in (
                *HEADERS.items(), ("Content-Type", kind), ("Content-Length", str(len(data))),
            ):  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(data)

    return Handler
