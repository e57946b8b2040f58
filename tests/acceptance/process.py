"""The real command against a running trial: to its end in this process, or at work in one of its own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import orjson

from sync.cli import main
from tests import leak

TIMEOUT_S = 120.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return orjson.loads(self.out)


def baton(folder: Path, *arguments: str, said: str = "") -> Answer:
    """Run one command to its end; `said`: what a person types.

    In this process: to start another costs more than most commands do, and shows only what `daemon` and `started` show.
    """
    out, err, typed = (TextIOWrapper(BytesIO(text.encode()), encoding="utf-8") for text in ("", "", said))
    with redirect_stdout(out), redirect_stderr(err), _only(environment()):
        before, sys.stdin = sys.stdin, typed
        try:
            main(command(folder, *arguments)[3:])
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.stdin = before
    answer = Answer(int(code or 0), _read(out), _read(err))
    leak.check(answer.err, answer.out)
    return answer


@contextmanager
def _only(kept: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(kept)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _read(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def until(condition: Callable[[], Any], what: str, seconds: float = TIMEOUT_S) -> None:
    """Wait for something that happens elsewhere."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.01)


@dataclass(slots=True)
class Daemon:
    """A `baton run --json`; every line that it prints is a report, or why it did not start or go on."""

    process: subprocess.Popen[bytes]
    errors: Path
    listener: threading.Thread = field(init=False)
    lines: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue[dict[str, Any]])
    seen: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def err(self) -> str:
        return self.errors.read_text(encoding="utf-8")

    def report(self, job: str = "", seconds: float = TIMEOUT_S) -> dict[str, Any]:
        """The next report (of that job)."""
        while True:
            try:
                line = self.lines.get(timeout=seconds)
            except queue.Empty:
                raise AssertionError(f"no report of {job or 'any job'}; stderr: {self.err[-2000:]}") from None
            self.seen.append(line)
            assert "report" in line, line
            if not job or line["job"] == job:
                return line["report"]

    @property
    def problem(self) -> str:
        """What it said about why it stopped, in one text; empty if it said nothing."""
        problems = [p for line in self.seen for p in line.get("problems", ())]
        return "; ".join(f"{p['path']}: {p['message']}" for p in problems)

    def kill(self) -> None:
        """`kill -9`: nothing in the process gets a chance."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(TIMEOUT_S)

    def end(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(TIMEOUT_S)
        self.listener.join(TIMEOUT_S)
        while not self.lines.empty():
            self.seen.append(self.lines.get())
        return code

    def __post_init__(self) -> None:
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(orjson.loads(line))


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that is still at work; whatever happens, nothing is left running."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command(folder, *arguments), stdin=quiet, stdout=quiet, stderr=quiet, env=environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait(TIMEOUT_S)


@contextmanager
def daemon(folder: Path, *arguments: str) -> Iterator[Daemon]:
    """Start `baton run`; whatever happens, nothing is left running."""
    errors = folder / f"daemon-{time.monotonic_ns()}.err"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            command(folder, "run", "--json", *arguments), stdout=subprocess.PIPE, stderr=stderr, env=environment()
        )
    started = Daemon(process, errors)
    try:
        yield started
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(TIMEOUT_S)
        started.listener.join(TIMEOUT_S)
        assert process.stdout is not None
        process.stdout.close()
        leak.check(started.err + repr(started.seen))


def command(folder: Path, *arguments: str) -> list[str]:
    at = 2 if arguments[0] in ("definition", "ops", "setup", "try") else 1
    return [sys.executable, "-m", "sync", *arguments[:at], "--config", str(folder), *arguments[at:]]


def environment() -> dict[str, str]:
    """Ours, with the code of this tree first, and without what could change the answers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    return {**kept, "PYTHONPATH": str(_ROOT), "NO_COLOR": "1"}
