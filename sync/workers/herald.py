"""A thread beside the worker that tells people what they should know. Whatever becomes of a message, the loop goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from sync.errors import BatonError, TransientError
from sync.ports import Notifier
from sync.store import Store
from sync.store.notices import Notice, Notices, read_notices, write_notices
from sync.workers.alert import News, compare, note_told

EVERY = timedelta(seconds=15)
SOONEST, LATEST = timedelta(minutes=1), timedelta(hours=1)
"""Between two messages; between two tries of one that was not taken, at most."""
_log = structlog.get_logger("baton.alert")


Look = Callable[[datetime], tuple[list[Notice], frozenset[str]]]
"""What is so now, and which kinds were looked for."""
Compose = Callable[[list[News]], dict[str, Any]]


class Herald:
    """One step at a time, on its own thread; `step` by hand in tests."""

    def __init__(self, store: Store, look: Look, compose: Compose, notifier: Notifier | None) -> None:
        self._store = store
        self._look = look
        self._compose = compose
        self.notifier = notifier
        """None: nobody asked to be told; what is open is kept and shown all the same."""
        self._ending = threading.Event()
        self._next_at: datetime | None = None
        self._wait = SOONEST
        self._book: Notices | None = None

    @property
    def open(self) -> tuple[Notice, ...]:
        return self._book.open if self._book else ()

    def step(self, now: datetime) -> None:
        """Look, note what is new, tell it when it is time."""
        if self._book is None:
            with self._store.read() as tx:
                self._book = read_notices(tx)
        before = self._book
        found, known = self._look(now)
        opened, news = compare(before.open, found, known, now)
        _log_changes(before.open, opened)
        book = replace(before, open=tuple(opened))
        if self.notifier is None:
            book = Notices(tuple(note_told(opened, news)))
        elif news and (self._next_at is None or now >= self._next_at):
            book = self._tell(self.notifier, book, news, now)
        if _lasting(book) != _lasting(before):
            with self._store.write() as tx:
                write_notices(tx, book)
        self._book = book

    def _tell(self, notifier: Notifier, book: Notices, news: list[News], now: datetime) -> Notices:
        try:
            notifier.send(self._compose(news))
        except TransientError as error:
            _log.warning("alert_not_taken", error=str(error), again_in=self._wait.total_seconds())
            self._next_at, self._wait = now + self._wait, min(2 * self._wait, LATEST)
            return replace(book, failing_since=book.failing_since or now, failure=str(error))
        self._next_at, self._wait = now + SOONEST, SOONEST
        _log.info("alert_sent", alerts=len(news))
        return Notices(tuple(note_told(book.open, news)))

    @contextmanager
    def running(self, fail: Callable[[BaseException], None]) -> Iterator[None]:
        """Go on until the end of the block. `fail` is told what nobody expected."""
        thread = threading.Thread(target=self._run, args=(fail,), name="herald", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            thread.join(timeout=1.0)  # it may be waiting for somebody who does not answer

    def _run(self, fail: Callable[[BaseException], None]) -> None:
        while True:
            try:
                self.step(datetime.now(UTC))
            except BatonError as error:
                # The store is busy or gone: the worker meets the same and says what follows from it.
                _log.warning("herald_waits", error=type(error).__name__)
            except BaseException as error:
                fail(error)
                return
            if self._ending.wait(EVERY.total_seconds()):
                return


def _log_changes(before: tuple[Notice, ...], after: list[Notice]) -> None:
    known = {one.key: one.over_since is None for one in before}
    for one in after:
        if one.over_since is None and not known.get(one.key):
            _log.warning("alert_raised", kind=one.kind, subject=one.subject, facts=dict(one.facts))
        elif one.over_since is not None and known.get(one.key):
            _log.info("alert_calms", kind=one.kind, subject=one.subject)


def _lasting(notices: Notices) -> tuple[object, ...]:
    """Without what changes at every look: how many minutes it is by now is not worth a write."""
    return (*(replace(one, facts={}) for one in notices.open), notices.failing_since, notices.failure)
