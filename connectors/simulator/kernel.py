"""A loopback HTTP/1.1 server around a simulated system.

Written on the standard library's socket server rather than ASGI: faults must cut, reset and truncate the raw
connection, and an own request reader keeps the overhead well below a millisecond.
"""

from __future__ import annotations

import gzip
import re
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote

import orjson

from connectors.simulator import control
from connectors.simulator.clock import SimClock
from connectors.simulator.faults import BEFORE, EDGE_PAGE, Fault, FaultPlan

JSON = "application/json;charset=UTF-8"
MAX_LINE = 1 << 20
GZIP_FROM = 1024


class Headers(Mapping[str, str]):
    """Header fields by name, whatever the case."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._fields = {name.lower(): value for name, value in (fields or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


@dataclass(slots=True)
class Request:
    """One HTTP request. `path` is percent-decoded, `target` is path and query as they came over the wire."""

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    headers: Mapping[str, str] = field(default_factory=Headers)
    body: bytes = b""
    target: str = ""


@dataclass(slots=True)
class Response:
    """What a system answers. dict and list bodies are sent as JSON; `cost` is the vendor's price in API calls."""

    status: int = 200
    body: bytes | dict[str, Any] | list[Any] | str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cost: int = 1
    content_type: str = JSON
    note: str = ""
    """Written into the request log: what a test wants to see and the body does not show."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request as a server saw it, with full path and body; `at` is simulated. Never holds the token."""

    at: datetime
    system: str
    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes
    status: int
    """0 when the connection was cut instead of an answer."""
    cost: int
    note: str = ""


class System(Protocol):
    """A simulated CRM: `handle` answers HTTP, `control` answers `/__sim/<action>` (at least apply and dump)."""

    name: str
    clock: SimClock

    def handle(self, request: Request) -> Response: ...

    def control(self, action: str, payload: dict[str, Any]) -> object: ...


class LoopbackServer:
    """Serves one system on a loopback port (0 = any free one) until `stop`. Usable as a context manager."""

    def __init__(self, system: System, host: str = "127.0.0.1", port: int = 0) -> None:
        self.system = system
        self.faults = FaultPlan()
        self.log: list[LogEntry] = []
        self.crashes: list[Exception] = []
        """What a system raised instead of answering: a bug of the simulator, which `stop` brings up."""
        self.shared_actions: dict[str, Callable[[dict[str, Any]], object]] = {}
        """Control actions that concern more than this server; they run without its lock."""
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._tcp = _Listener((host, port), _Connection)
        self._tcp.owner = self
        self._thread: threading.Thread | None = None
        bound = self._tcp.server_address
        self.base_url = f"http://{bound[0]}:{bound[1]}"

    def start(self) -> LoopbackServer:
        self._thread = threading.Thread(
            target=self._tcp.serve_forever, kwargs={"poll_interval": 0.05}, name=f"sim-{self.system.name}", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every open connection; safe to call twice. Raises RuntimeError if a request crashed."""
        if self._thread is not None:
            self._tcp.shutdown()
            self._thread.join()
            self._thread = None
        self._tcp.server_close()
        for connection in list(self._connections):
            _hang_up(connection)
        if self.crashes:
            crash, self.crashes = self.crashes[0], []
            raise RuntimeError(f"the simulated {self.system.name} crashed on a request") from crash

    def __enter__(self) -> LoopbackServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def total_cost(self) -> int:
        """API calls spent so far, in the vendor's own counting."""
        return sum(entry.cost for entry in self.log)

    def control(self, action: str, payload: dict[str, Any] | None = None) -> Any:
        """The control API as a method. Raises ValueError or KeyError for a bad payload."""
        if (shared := self.shared_actions.get(action)) is not None:
            return shared(payload or {})
        with self._lock:
            return control.run_action(self, action, payload or {})

    def hold(self) -> AbstractContextManager[object]:
        """Keeps requests and control actions out of this server's system."""
        return self._lock

    def answer(self, request: Request) -> tuple[Response, Fault | None]:
        """Run one request through faults, system and log. One request at a time."""
        if request.path.startswith(control.PREFIX):
            return self._answer_control(request), None
        with self._lock:
            fault = self.faults.take(request.method, request.target or request.path, request.body)
            response = None if fault and fault.kind in BEFORE else self.system.handle(request)
            shown = _disturb(response, fault)
            cut = fault is not None and fault.kind in ("reset_before", "reset_after", "truncate")
            note = "; ".join(part for part in (shown.note, f"fault {fault.kind}" if fault else "") if part)
            self.log.append(
                LogEntry(
                    self.system.clock.now(),
                    self.system.name,
                    request.method,
                    request.path,
                    request.query,
                    request.body,
                    0 if cut else shown.status,
                    shown.cost,
                    note,
                )
            )
        if fault and fault.kind == "slow":
            time.sleep(fault.seconds)
        return shown, fault

    def _answer_control(self, request: Request) -> Response:
        action = request.path.removeprefix(control.PREFIX).strip("/")
        try:
            payload = orjson.loads(request.body) if request.body else {}
            return Response(200, _plain(self.control(action, payload)), cost=0)
        except (ValueError, KeyError, TypeError) as error:
            return Response(400, {"error": type(error).__name__, "message": str(error)}, cost=0)


def _plain(result: object) -> dict[str, Any] | list[Any]:
    return result if isinstance(result, dict | list) else {"result": result}  # pyright: ignore[reportUnknownVariableType]  # JSON is untyped


def _disturb(response: Response | None, fault: Fault | None) -> Response:
    """What the client gets to see under a fault."""
    if fault is None:
        return response or Response(204)
    if fault.kind == "html":
        return Response(fault.status or 503, fault.body or EDGE_PAGE, dict(fault.headers), content_type="text/html")
    if fault.kind in ("status", "status_after"):
        cost = response.cost if response else 1
        kind = "text/html" if isinstance(fault.body, str) else JSON
        return Response(fault.status or 503, fault.body, dict(fault.headers), cost=cost, content_type=kind)
    return response or Response(503, None)


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    owner: LoopbackServer


class _Connection(socketserver.StreamRequestHandler):
    """One keep-alive connection."""

    disable_nagle_algorithm = True
    wbufsize = 0

    @property
    def _owner(self) -> LoopbackServer:
        assert isinstance(self.server, _Listener)
        return self.server.owner

    def setup(self) -> None:
        super().setup()
        self._owner._connections.add(self.connection)

    def finish(self) -> None:
        self._owner._connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            return  # the peer or a fault closed it first

    def handle(self) -> None:
        while True:
            try:
                request = self._read_request()
            except (OSError, ValueError):
                return  # hung up, or spoke no HTTP: nothing to answer to
            if request is None:
                return
            try:
                response, fault = self._owner.answer(request)
            except Exception as error:
                self._owner.crashes.append(error)
                raise
            try:
                if not self._send(request, response, fault):
                    return
            except OSError:
                return  # the client did not wait for the answer

    def _read_request(self) -> Request | None:
        """The next request of this connection; None when the client is done."""
        line = self.rfile.readline(MAX_LINE)
        if not line.strip():
            return None
        method, target, _version = line.decode("latin-1").split()
        headers = self._read_headers()
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._read_body(headers)
        path, _, query = target.partition("?")
        fields = parse_qs(query, keep_blank_values=True, max_num_fields=5000)
        return Request(method, unquote(path), fields, headers, body, target)

    def _read_headers(self) -> Headers:
        fields: dict[str, str] = {}
        while (line := self.rfile.readline(MAX_LINE)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.strip()] = value.strip()
        return Headers(fields)

    def _read_body(self, headers: Headers) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._read_chunks()
        else:
            length = int(headers.get("content-length", "0") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                raise OSError("the client went away in the middle of its request")
        if headers.get("content-encoding", "").lower() == "gzip":
            return zlib.decompress(body, wbits=31)
        return body

    def _read_chunks(self) -> bytes:
        chunks: list[bytes] = []
        while size := int(self.rfile.readline(MAX_LINE).split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline(MAX_LINE)
        while self.rfile.readline(MAX_LINE) not in (b"\r\n", b"\n", b""):
            pass
        return b"".join(chunks)

    def _send(self, request: Request, response: Response, fault: Fault | None) -> bool:
        if fault and fault.kind in ("reset_before", "reset_after"):
            _reset(self.connection)
            return False
        head, body = _render(request, response, self._owner.system.clock.now())
        if fault and fault.kind == "truncate":
            self.connection.sendall(head + body[: len(body) // 2])
            _hang_up(self.connection)
            return False
        self.connection.sendall(head if request.method == "HEAD" else head + body)
        return request.headers.get("connection", "").lower() != "close"


def _render(request: Request, response: Response, now: datetime) -> tuple[bytes, bytes]:
    """Status line with headers, and the body as sent. `Date` is simulated: clients take their time from it."""
    body = _encode(response.body)
    headers = {"Date": format_datetime(now, usegmt=True), **response.headers}
    if body:
        headers.setdefault("Content-Type", response.content_type)
        if len(body) > GZIP_FROM and re.search(r"\bgzip\b", request.headers.get("accept-encoding", "")):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
            headers["Vary"] = "Accept-Encoding"
    if response.status not in (204, 304):
        headers["Content-Length"] = str(len(body))
    else:
        body = b""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Status"  # codes of the vendors' edges, such as 420 and 477
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), body


def _encode(body: bytes | dict[str, Any] | list[Any] | str | None) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return orjson.dumps(body)


def _reset(connection: socket.socket) -> None:
    """Close with RST: the client sees "connection reset", not an empty answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already closed by the peer
