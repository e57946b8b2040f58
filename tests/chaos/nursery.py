"""Processes that may be killed: a nursery that imported everything once and forks a Baton per wish.

It is forked before the campaign's process has any thread, and has none itself, so that forking from it is safe.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event

from sync.app import App, read_settings
from sync.errors import ConfigError
from sync.flow.cycle import run_once
from sync.store.lock import hold_lock
from sync.workers.local import Schedule, serve
from tests.chaos.engine import open_engine

REFUSED, CRASHED = 2, 70
_SOON = timedelta(seconds=0.4)


@dataclass
class Nursery:
    """The parent's end."""

    pid: int
    wire: socket.socket

    @classmethod
    def start(cls) -> Nursery:
        here, there = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            here.close()
            _attend(there)
        there.close()
        return cls(pid, here)

    def stop(self) -> None:
        self.wire.close()
        os.waitpid(self.pid, 0)

    def bear(self, **wish: Any) -> int:
        """Fork a Baton that does this; its process id."""
        return int(self._ask({"wish": wish})["pid"])

    def wait(self, pid: int) -> int:
        """How it ended: its exit code, negative the signal that killed it."""
        return int(self._ask({"wait": pid})["status"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        self.wire.sendall(orjson.dumps(question) + b"\n")
        return orjson.loads(_read_line(self.wire))


def _read_line(wire: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = wire.recv(65_536)
        if not piece:
            return b""
        line += piece
    return line


def _attend(wire: socket.socket) -> None:
    """The nursery's own loop; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)
    while line := _read_line(wire):
        asked = orjson.loads(line)
        if "wait" in asked:
            _, status = os.waitpid(asked["wait"], 0)
            answer = {"status": os.waitstatus_to_exitcode(status)}
        else:
            answer = {"pid": _fork(wire, asked["wish"])}
        wire.sendall(orjson.dumps(answer) + b"\n")
    os._exit(0)


def _fork(wire: socket.socket, wish: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    wire.close()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = CRASHED
    try:
        code = _live(wish)
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        (Path(wish["folder"]) / f"crash-{os.getpid()}.txt").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def _live(wish: dict[str, Any]) -> int:
    overrides = wish["overrides"]
    with open_engine(
        read_settings(Path(wish["folder"]), overrides), overrides["connections"]["salesforce"]["url"]
    ) as app:
        _count_down(app, wish.get("statements"))
        try:
            _WISHES[wish["do"]](app, wish)
        except ConfigError as error:
            if any("in use by another Baton" in problem.message for problem in error.problems):
                return REFUSED
            raise
    return 0


def _cycles(app: App, wish: dict[str, Any]) -> None:
    with hold_lock(app.store):
        for number in range(wish.get("cycles", 1)):
            run_once(app.context, sweep=wish.get("sweep", False) and number == 0)


def _serve(app: App, _wish: dict[str, Any]) -> None:
    serve(app.context, Schedule(hot=_SOON, other=_SOON, sweep=2 * _SOON))


_WISHES: dict[str, Callable[[App, dict[str, Any]], None]] = {"cycles": _cycles, "serve": _serve}


def _count_down(app: App, statements: int | None) -> None:
    """Die at the n-th statement or commit, before or after it."""
    if statements is None:
        return
    left = [statements]

    def tick(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(app.store.engine, name, tick)
