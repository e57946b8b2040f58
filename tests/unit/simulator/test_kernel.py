"""The loopback server: what it reads off the wire, what faults do to it, and that bugs behind it come up."""

from __future__ import annotations

import gzip
import http.client
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.simulator.clock import SimClock
from connectors.simulator.faults import Fault, FaultPlan
from connectors.simulator.kernel import LoopbackServer, Request, Response


class Echo:
    """Answers what it was asked."""

    name = "echo"

    def __init__(self) -> None:
        self.clock = SimClock(datetime(2026, 10, 6, 6, 0, tzinfo=UTC), speed=0)

    def handle(self, request: Request) -> Response:
        if request.path == "/crash":
            raise LookupError("a bug")
        if request.path == "/empty":
            return Response(204)
        return Response(
            200,
            {"path": request.path, "query": request.query, "body": request.body.decode(), "big": "x" * 2000},
            cost=3,
        )

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return {"action": action, **payload}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(Echo()) as server:
        yield server


def test_paths_are_decoded_and_queries_keep_every_value(server: LoopbackServer) -> None:
    body = requests.get(f"{server.base_url}/a%20b/?x=1&x=%2B2&y=", timeout=60).json()
    assert body["path"] == "/a b/"
    assert body["query"] == {"x": ["1", "+2"], "y": [""]}
    assert (server.log[0].path, server.log[0].cost, server.total_cost) == ("/a b/", 3, 3)


def test_a_request_cut_in_the_middle_is_no_request(server: LoopbackServer) -> None:
    address = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=60) as client:
        client.sendall(b"PATCH /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert server.log == []


def test_chunked_and_compressed_bodies_are_read(server: LoopbackServer) -> None:
    chunked = requests.post(f"{server.base_url}/a", data=iter([b"ab", b"cd"]), timeout=60)
    assert chunked.json()["body"] == "abcd"
    packed = requests.post(
        f"{server.base_url}/a", data=gzip.compress(b"packed"), headers={"Content-Encoding": "gzip"}, timeout=60
    )
    assert packed.json()["body"] == "packed"


def test_one_connection_serves_many_requests_and_answers_without_a_body(server: LoopbackServer) -> None:
    connection = http.client.HTTPConnection(server.base_url.removeprefix("http://"), timeout=60)
    for path, status in (("/a", 200), ("/empty", 204), ("/a", 200)):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.headers["Date"]) == (status, "Tue, 06 Oct 2026 06:00:00 GMT")
        assert "Content-Encoding" not in answer.headers
    connection.close()
    assert requests.get(f"{server.base_url}/a", timeout=60).headers["Content-Encoding"] == "gzip"


def test_a_crash_of_the_system_comes_up_when_the_server_stops() -> None:
    server = LoopbackServer(Echo()).start()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.base_url}/crash", timeout=60)
    with pytest.raises(RuntimeError, match="crashed on a request") as caught:
        server.stop()
    assert isinstance(caught.value.__cause__, LookupError)
    server.stop()


def test_stopping_ends_open_connections_and_frees_the_port(server: LoopbackServer) -> None:
    with requests.Session() as session:
        session.get(f"{server.base_url}/a", timeout=60)
        server.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{server.base_url}/a", timeout=60)


def test_faults_match_skip_and_run_out() -> None:
    plan = FaultPlan()
    plan.add(
        Fault("status", {"method": "post", "path": r"\?a=1$", "body": "年"}, times=2, after=1),
        Fault("html", times=None),
    )
    assert plan.take("GET", "/x?a=1", b"") is not None, "the html fault matches everything"
    plan.clear()
    plan.add(Fault("status", {"method": "post", "path": r"\?a=1$", "body": "年"}, times=2, after=2))
    asked = ("POST", "/x?a=1", "来年".encode())
    assert [plan.take(*asked) is not None for _ in range(5)] == [False, False, True, True, False]
    assert plan.take("POST", "/x?a=2", "年".encode()) is None


def test_faults_with_unknown_words_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        Fault("explode")  # pyright: ignore[reportArgumentType]  # the point of the test
    with pytest.raises(ValueError, match="host"):
        Fault("html", {"host": "x"})


def test_slow_answers_are_late_but_whole(server: LoopbackServer) -> None:
    server.control("faults", {"add": [{"kind": "slow", "seconds": 0.3}]})
    with pytest.raises(requests.Timeout):
        requests.get(f"{server.base_url}/a", timeout=0.1)
    assert requests.get(f"{server.base_url}/a", timeout=60).status_code == 200
