"""The address that alerts go to: what it is sent, what counts as taken, and that it is never told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest

from connectors.notify.webhook import Webhook
from sync.errors import ConfigError, TransientError

SECRET = "T000/B000/xyzzy"


class Channel(HTTPServer):
    """A channel on loopback that answers as it is told."""

    status, headers = 200, dict[str, str]()

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/{SECRET}?v=1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Channel)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, orjson.loads(body)))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def channel() -> Iterator[Channel]:
    server = Channel()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_posts_json_that_slack_reads(channel: Channel) -> None:
    Webhook(channel.url, "alerts.webhook").send(
        {"text": "保留", "alerts": [{"since": datetime(2026, 1, 1, tzinfo=UTC)}]}
    )
    path, body = channel.heard[0]
    assert path.endswith("xyzzy?v=1")
    assert body == {"text": "保留", "alerts": [{"since": "2026-01-01T00:00:00+00:00"}]}


@pytest.mark.parametrize("status", [301, 400, 404, 410, 429, 500, 503])
def test_whatever_is_no_yes_was_not_taken_and_goes_nowhere_else(channel: Channel, status: int) -> None:
    channel.status, channel.headers = status, {"Location": channel.url}
    with pytest.raises(TransientError) as caught:
        Webhook(channel.url, "alerts.webhook").send({"text": "x"})
    assert str(caught.value) == f"127.0.0.1 answered {status}"
    assert len(channel.heard) == 1


def test_nobody_there_is_told_by_host_alone() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/services/{SECRET}"
    with pytest.raises(TransientError) as caught:
        Webhook(url, "alerts.webhook").send({"text": "x"})
    assert "127.0.0.1 did not answer" in str(caught.value)
    assert "xyzzy" not in str(caught.value)
    assert caught.value.__suppress_context__, "a traceback would quote the address"


@pytest.mark.parametrize(
    "url", ["http://hooks.example/services/xyzzy", "ftp://hooks.example/xyzzy", "xyzzy", "https://", ""]
)
def test_an_address_that_must_not_be_called_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Webhook(url, "config/baton.yaml: alerts.webhook")
    assert "xyzzy" not in str(caught.value)
