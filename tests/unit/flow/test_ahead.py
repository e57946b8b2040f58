"""Reading ahead changes neither the order nor where an error comes, and asks for one page more at most."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sync.budget import Purpose, calling_for, current_purpose
from sync.errors import TransientError
from sync.flow.ahead import read_ahead


def test_an_error_comes_behind_the_pages_before_it() -> None:
    def pages() -> Iterator[int]:
        yield from (1, 2)
        raise TransientError("503")

    taken: list[int] = []
    with pytest.raises(TransientError, match="503"):
        taken.extend(read_ahead(pages()))
    assert list(read_ahead(iter([1, 2, 3]))) == [1, 2, 3]
    assert list(read_ahead(iter(()))) == []
    ahead = read_ahead(pages())
    assert [next(ahead), next(ahead)] == [1, 2]


def test_one_page_is_asked_for_ahead_and_no_more_once_nobody_takes_them() -> None:
    asked = [threading.Event() for _ in range(5)]
    ended = threading.Event()

    def pages() -> Iterator[int]:
        try:
            for n, event in enumerate(asked):
                event.set()
                yield n
        finally:
            ended.set()

    ahead = read_ahead(pages())
    assert next(ahead) == 0
    assert asked[1].wait(5)
    assert not asked[2].wait(0.05)
    assert next(ahead) == 1
    assert asked[2].wait(5)
    del ahead
    assert ended.wait(5)
    assert not asked[3].is_set()


def test_calls_ahead_are_for_the_same_purpose() -> None:
    def pages() -> Iterator[Purpose]:
        yield current_purpose()

    with calling_for(Purpose.DEADLINE):
        assert list(read_ahead(pages())) == [Purpose.DEADLINE]
