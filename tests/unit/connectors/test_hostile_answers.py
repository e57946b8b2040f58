"""Answers that hang, trickle, never end or nest without end: every one is a failed call in bounded time and memory."""

from __future__ import annotations

import re
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import orjson
import pytest

from connectors.hubspot.client import Client as HubSpotClient
from connectors.hubspot.settings import HubSpotSettings
from connectors.kit.cell import LONGEST, read_cells
from connectors.kit.retry import Retry
from connectors.salesforce.client import Client as SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from sync.errors import OutcomeUnknown, TransientError

LIMITS = {"connect": 1, "read": 0.2, "total": 0.4}
HEAD = b"HTTP/1.1 200 OK\r\nDate: Tue, 06 Oct 2026 01:00:00 GMT\r\nContent-Type: application/json\r\n"
Answer = Callable[[socket.socket], None]


def take(connection: socket.socket) -> bytes:
    """One request to its end: what is sent before would be taken for the answer to another."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536) or _gone()
    found = re.search(rb"(?i)content-length: (\d+)", request)
    body = request.partition(b"\r\n\r\n")[2]
    while found and len(body) < int(found[1]):
        body += connection.recv(65536) or _gone()
    return request


def _gone() -> bytes:
    raise ConnectionError


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server on loopback that reads a request and lets `answer` do what it likes with the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while True:
            connection, _ = listener.accept()
            if over.is_set():
                connection.close()
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = take(connection)
            if b"oauth2/token" in request:
                host = f"http://127.0.0.1:{listener.getsockname()[1]}"
                body = orjson.dumps({"access_token": "t", "instance_url": host, "id": "https://x/id/00D/005"})
                connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                take(connection)
            answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join()
        listener.close()


def call_salesforce(url: str, writing: bool) -> Any:
    auth = {"flow": "client_credentials", "client_id": "k", "client_secret": "s"}
    client = SalesforceClient(
        SalesforceSettings.model_validate({"url": url, "auth": auth, "timeouts": LIMITS}), Retry(attempts=1)
    )
    return client.patch("composite/sobjects", {}) if writing else client.get("query/")


def call_hubspot(url: str, writing: bool) -> Any:
    auth = {"flow": "token", "token": "t"}
    client = HubSpotClient(
        HubSpotSettings.model_validate({"url": url, "auth": auth, "timeouts": LIMITS}), Retry(attempts=1)
    )
    return client.post("/crm/objects/2026-09/contacts/batch/update", {}, writing=writing)


def hang(connection: socket.socket) -> None:
    time.sleep(3)


def hang_after_the_headers(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 9\r\n\r\n")
    time.sleep(3)


def trickle(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 99999\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def trickle_in_chunks(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.05)


def cut_in_the_middle(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 9\r\n\r\n{}")


def cut_between_chunks(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")


def never_end(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b" " * 1_000_000)


@cache
def packed_bomb() -> bytes:
    """Half a gigabyte in half a megabyte."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(b" " * (1 << 20)) for _ in range(512)) + packer.flush()


def bomb(connection: socket.socket) -> None:
    packed = packed_bomb()
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)


def nest(connection: socket.socket) -> None:
    body = b"[" * 1_000_000 + b"]" * 1_000_000
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("call", [call_salesforce, call_hubspot])
@pytest.mark.parametrize(
    "answer",
    [
        hang,
        hang_after_the_headers,
        trickle,
        trickle_in_chunks,
        cut_in_the_middle,
        cut_between_chunks,
        never_end,
        bomb,
        nest,
    ],
)
def test_it_is_a_failed_call_in_bounded_time(call: Callable[[str, bool], Any], answer: Answer) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(answer) as url:
        for writing, error in ((False, TransientError), (True, OutcomeUnknown)):
            began = time.monotonic()
            with pytest.raises(error):
                call(url, writing)
            assert time.monotonic() - began < 20, "it was waited for"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 600 * 1024, "kibibytes: the limit of a body, a few times over"


def test_a_field_of_a_hundred_megabytes_is_cut_to_what_a_field_can_hold() -> None:
    row = read_cells({"Id": "1", "a": "x" * 100_000_000, "b": [1], "Owner": {"Name": "n"}, "c": 1.5})
    assert row == {"Id": "1", "a": "x" * LONGEST, "b": None, "Owner": {"Name": "n"}, "c": 1.5}
    honest = {"a": "x" * 131_072}
    assert read_cells(honest) is honest
