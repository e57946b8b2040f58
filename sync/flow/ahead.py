"""Reading ahead: the next page is asked for while the present one is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

_One = TypeVar("_One")


def read_ahead(pages: Iterator[_One]) -> Iterator[_One]:
    """The same, in the same order, errors behind what came before them; one more than the one given out is held at most.

    `pages` runs in a thread of its own, under the circumstances (`sync.budget`) in which this was called first.
    """
    kept: Queue[tuple[_One] | BaseException | None] = Queue()
    free, stopped = Event(), Event()

    def read() -> None:
        try:
            for page in pages:
                kept.put((page,))
                free.wait()
                free.clear()
                if stopped.is_set():
                    return
            kept.put(None)
        except BaseException as error:
            kept.put(error)  # raised again where the pages are taken

    Thread(target=copy_context().run, args=(read,), name="baton-ahead", daemon=True).start()
    try:
        while (taken := kept.get()) is not None:
            if isinstance(taken, BaseException):
                raise taken
            free.set()
            yield taken[0]
    finally:
        stopped.set()
        free.set()
