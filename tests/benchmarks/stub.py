"""Both CRMs as a stub in a process of its own: it serves pages of records as fast as they are asked for, so that what is
measured is the client. With `modelled` it takes as long as the real APIs do and keeps to their limits.

`with running_stub(folder, scale=40) as stub:` → `stub.folder` and `stub.overrides` open an app, `stub.counts` says how many
records there are of what, `stub.change()` changes another hundredth of them, `stub.requests()` are the calls made since
`stub.record()`. Alone: `python -m tests.benchmarks.stub FOLDER --scale 40 [--modelled]` prints one line of JSON and serves
until its standard input ends.

Salesforce: token, versions, describe, query, queryAll, Composite of both, getDeleted, Bulk API 2.0 query jobs (CSV with
locators), sObject Collections. HubSpot: account, properties, owners, list, one record, search, batch read and update,
associations. What is written is kept and read back; stamps never move.
"""

from __future__ import annotations

import argparse
import shutil
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import requests

from tests.benchmarks.company import Company
from tests.benchmarks.org import SalesforceStub
from tests.benchmarks.pages import JSON, Answer, System
from tests.benchmarks.portal import HubSpotStub

ROOT = Path(__file__).resolve().parents[2]
_SECRETS = {"sf_client_id": "stub-key", "sf_client_secret": "stub-secret", "hubspot_token": "pat-na1-stub"}


@dataclass(frozen=True, slots=True)
class Stub:
    """Running elsewhere; `folder` points Baton at it, `overrides` are settings on top of it."""

    folder: Path
    overrides: dict[str, Any]
    urls: tuple[str, str]
    """Salesforce, HubSpot."""
    counts: dict[str, int]
    """Records by object, `salesforce.Lead` and so on."""
    pid: int

    @property
    def records(self) -> int:
        return sum(self.counts.values())

    def change(self) -> None:
        """A text of another hundredth of all records changes; no stamp moves."""
        self._post("change")

    def record(self) -> None:
        """Keep every request from now on."""
        self._post("record")

    def requests(self) -> list[tuple[str, str, str]]:
        """(method, address, body) of the requests since `record`, which ends."""
        return [(method, address, body) for _, method, address, body in self.timed_requests()]

    def timed_requests(self) -> list[tuple[float, str, str, str]]:
        """The same, each behind the instant at which it came, by this machine's monotonic clock."""
        told = requests.get(f"{self.urls[0]}/__stub/requests", timeout=60).json()
        return [(at, method, address, body) for at, method, address, body in told]

    def told(self) -> dict[str, Any]:
        """What was served: calls and refusals by kind, records and bytes."""
        return requests.get(f"{self.urls[0]}/__stub/told", timeout=60).json()

    def _post(self, action: str) -> None:
        requests.post(f"{self.urls[0]}/__stub/{action}", timeout=60).raise_for_status()


@contextmanager
def running_stub(folder: Path, *, scale: int = 40, modelled: bool = False, handoffs: bool = False) -> Iterator[Stub]:
    command = [sys.executable, "-m", "tests.benchmarks.stub", str(folder), "--scale", str(scale)]
    command += [*(["--modelled"] if modelled else []), *(["--handoffs"] if handoffs else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdin is not None and process.stdout is not None
    try:
        told = orjson.loads(process.stdout.readline())
        yield Stub(folder, told["overrides"], tuple(told["urls"]), told["counts"], process.pid)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


class _Handler(socketserver.StreamRequestHandler):
    """HTTP/1.1 with connections that stay open; as little of it as the clients need."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        while line := self.rfile.readline(65_536):
            method, target, _ = line.decode("latin-1").split(" ", 2)
            length = 0
            while (header := self.rfile.readline(65_536)) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            body = self.rfile.read(length) if length else b""
            status, data, headers = self._answer(method, target, body)
            told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"HTTP/1.1 {status} OK\r\nDate: {self._stub.system.now}\r\n{told}Content-Length: {len(data)}\r\n\r\n"
            self.wfile.write(head.encode() + data)

    @property
    def _stub(self) -> _Server:
        assert isinstance(self.server, _Server)
        return self.server

    def _answer(self, method: str, target: str, body: bytes) -> Answer:
        server = self._stub
        system = server.system
        if target.startswith("/__stub/"):
            return 200, orjson.dumps(server.control(target.removeprefix("/__stub/"))), JSON
        if system.kept is not None:
            system.kept.append((time.monotonic(), method, system.url + target, body.decode()))
        answer = system.answer(method, target, body)
        system.calls["all"] += 1
        system.pages.served["bytes"] += len(answer[1])
        return answer


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, system: System, systems: Sequence[System]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.system, self._systems = system, systems
        system.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed hangs up; anything else is a bug of the stub."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def control(self, action: str) -> Any:
        match action:
            case "change":
                self.system.company.rounds += 1
                for one in self._systems:
                    one.pages.forget()
            case "record":
                for one in self._systems:
                    one.kept = []
            case "requests":
                kept = [request for one in self._systems for request in one.kept or ()]
                for one in self._systems:
                    one.kept = None
                return kept
            case _:
                return {type(one).__name__: {**one.calls, **one.pages.served} for one in self._systems}
        return {}


def _furnish(folder: Path) -> None:
    shutil.copytree(ROOT / "examples" / "saas-jp", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("var"))
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)
    for name, value in _SECRETS.items():
        path = folder / "secrets" / name
        path.write_text(value, encoding="utf-8")
        path.chmod(0o600)


def _overrides(urls: tuple[str, str], modelled: bool) -> dict[str, Any]:
    secret = {name: f"file:secrets/{name}" for name in _SECRETS}
    grant = {
        "flow": "client_credentials", "client_id": secret["sf_client_id"], "client_secret": secret["sf_client_secret"],
    }  # fmt: skip
    portal = {"kind": "hubspot", "url": urls[1], "auth": {"flow": "token", "token": secret["hubspot_token"]}}
    return {
        "mode": "write",
        "environment": "sandbox",
        "store": "sqlite:///var/baton.db",
        "connections": {
            "salesforce": {"kind": "salesforce", "url": urls[0], "auth": grant},
            "hubspot": portal if modelled else {**portal, "search_per_second": 0},
        },
    }


def serve(folder: Path, scale: int, *, modelled: bool, handoffs: bool) -> None:
    """Until standard input ends."""
    company = Company(scale, handoffs)
    systems = (SalesforceStub(company, modelled), HubSpotStub(company, modelled))
    servers = [_Server(system, systems) for system in systems]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    _furnish(folder)
    urls = (systems[0].url, systems[1].url)
    counts = {
        f"{name}.{table.name}": table.count
        for name, system in zip(("salesforce", "hubspot"), systems, strict=True)
        for table in system.tables.values()
        if table.count and table.name != "User"
    }
    told = {"overrides": _overrides(urls, modelled), "urls": urls, "counts": counts}
    print(orjson.dumps(told).decode(), flush=True)
    sys.stdin.read()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.stub", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=int, default=40, help="2,000,000 records divided by this")
    parser.add_argument("--modelled", action="store_true", help="80 ms a call, and HubSpot's limits")
    parser.add_argument("--handoffs", action="store_true", help="what handoffs are made of alone, with histories")
    asked = parser.parse_args()
    serve(asked.folder, asked.scale, modelled=asked.modelled, handoffs=asked.handoffs)


if __name__ == "__main__":
    main()
