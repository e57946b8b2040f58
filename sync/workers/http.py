"""What the daemon answers over HTTP: three short pages, read-only, without a login; on loopback unless told otherwise.

The standard library's server is enough for a probe and a scrape every few seconds (sync/decisions).
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socket import AF_INET, AF_INET6
from typing import Any

import structlog

from sync.errors import ConfigError, Problem

Page = Callable[[str], tuple[int, str, bytes]]
"""`Accept` header → (status, content type, body)."""

MOST = 8
"""Requests at a time; what comes beyond is turned away."""
_TIMEOUT_S = 5.0
_log = structlog.get_logger("baton.http")


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, pages: Mapping[str, Page]) -> None:
        self.address_family = AF_INET6 if ip_address(host).version == 6 else AF_INET
        self.pages = pages
        self.room = threading.BoundedSemaphore(MOST)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hung up in the middle knows it."""
        _log.debug("request_broken")


class _Handler(BaseHTTPRequestHandler):
    timeout = _TIMEOUT_S
    server_version = "baton"
    sys_version = ""

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            self._answer(404, "text/plain; charset=utf-8", b"try /healthz, /readyz or /metrics\n")
            return
        try:
            answer = page(self.headers.get("Accept", ""))
        except Exception as error:  # a page must not take its thread down in silence; what it says may quote anything
            _log.warning("page_failed", page=self.path.partition("?")[0], error=type(error).__name__)
            answer = 500, "text/plain; charset=utf-8", b"failed; the log says more\n"
        self._answer(*answer)

    do_HEAD = do_GET

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """One line per probe says nothing."""


@contextmanager
def serve_pages(host: str, port: int, pages: Mapping[str, Page]) -> Iterator[int]:
    """Answer until the end of the block; the port. Raises ConfigError when it cannot be had."""
    try:
        server = _Server(host, port, pages)
    except OSError as error:
        hint = "write another `service: {port: …}` in config/baton.yaml, `port: 0` for any that is free, or `service: none`"
        raise ConfigError(Problem("config/baton.yaml: service", f"{host}:{port}: {error.strerror}", hint)) from error
    thread = threading.Thread(target=server.serve_forever, name="pages", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
