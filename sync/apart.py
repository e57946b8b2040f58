"""Works that have nothing to do with each other side by side, each in a process of its own: one interpreter counts on one core.

A process is started anew (no fork: clients have threads) and is given its work through a pipe, as it gives back what it
found; nothing of it is on a disk or in a command line. It ends with the process that started it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from sync.errors import AuthError, BatonError, BudgetExhausted, BugError, ConfigError, TransientError

Tell = Callable[[str, int], None]
_One = TypeVar("_One")
_TOLD, _DONE, _FAILED = "told", "done", "failed"


def run_apart(works: Mapping[str, Callable[[Tell], _One]], tell: Tell) -> dict[str, _One | None]:
    """What each of these brought, None for one whose process was killed; `tell` hears what any of them tells.

    The first is done here, the others apart: they must be picklable, and what they bring. The first error is raised once
    those before it are done, and the others are ended; so they are when this is interrupted.
    """
    (first, work), *others = works.items()
    spawn, running = get_context("spawn"), list[_Other]()
    try:
        for name, one in others:
            mine, its = spawn.Pipe(duplex=False)
            process = spawn.Process(target=_run, args=(its, one), name=f"baton-{name}", daemon=True)
            running.append(_Other(process, mine))
            process.start()
            its.close()

        def tell_all(stream: str, count: int) -> None:
            tell(stream, count)
            for one in running:
                one.listen(tell)

        found: dict[str, _One | None] = {first: work(tell_all)}
        for (name, _), one in zip(others, running, strict=True):
            found[name] = one.wait(tell)
        return found
    finally:
        for one in running:
            one.end()


@dataclass
class _Other:
    process: SpawnProcess
    pipe: Pipe
    last: tuple[str, Any] | None = None
    """What it said at the end."""

    def listen(self, tell: Tell) -> None:
        """To what it told so far."""
        while self.last is None and self.pipe.poll():
            self._receive(tell)

    def wait(self, tell: Tell) -> Any:
        while self.last is None:
            self._receive(tell)
        sort, what = self.last
        if sort == _FAILED:
            raise what
        return what

    def end(self) -> None:
        """One that is done ends by itself; any other is stopped where it is."""
        if self.process.pid is not None:
            self.process.terminate()
            self.process.join()
        self.pipe.close()

    def _receive(self, tell: Tell) -> None:
        try:
            sort, what = self.pipe.recv()
        except EOFError:
            self.last = self._explain_end()
            return
        if sort == _TOLD:
            tell(*what)
        else:
            self.last = sort, what

    def _explain_end(self) -> tuple[str, Any]:
        self.process.join()
        if (self.process.exitcode or 0) < 0:
            return _DONE, None
        return _FAILED, BugError(f"{self.process.name} ended with {self.process.exitcode} and said nothing")


def _run(pipe: Pipe, work: Callable[[Tell], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both: whoever started this one ends it
    with suppress(BrokenPipeError):  # nobody is there any more
        try:
            told = _DONE, work(lambda stream, count: pipe.send((_TOLD, (stream, count))))
        except BatonError as error:
            told = _FAILED, _in_short(error)
        pipe.send(told)


def _in_short(error: BatonError) -> BatonError:
    """Its kind and its words, without what only the connector that raised it understands."""
    if isinstance(error, ConfigError):
        return ConfigError(error.problems)
    kinds = (BudgetExhausted, TransientError, AuthError, BugError)
    return next((kind for kind in kinds if isinstance(error, kind)), BatonError)(str(error))
