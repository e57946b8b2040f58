"""Who works on a store when: one backfill, and turns between it and whoever else is there, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from sync.errors import ConfigError
from sync.store import Store, open_store
from sync.store.lock import hold_backfill, hold_lock, is_backfilling, take_turn

WAIT_S = 60


@pytest.fixture
def other(store: Store, store_url: str) -> Iterator[Store]:
    """The same store, opened by somebody else."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@contextmanager
def waiting(store: Store, done: list[str]) -> Iterator[threading.Thread]:
    """Somebody who asks for the turn; who gets it says so in `done`."""
    asked = threading.Event()

    def step() -> None:
        asked.set()
        with take_turn(store):
            done.append("turn")

    thread = threading.Thread(target=step)
    thread.start()
    assert asked.wait(WAIT_S)
    yield thread
    thread.join(WAIT_S)
    assert not thread.is_alive()


def test_a_turn_is_waited_for_and_taken_when_it_is_given_back(store: Store, other: Store) -> None:
    done: list[str] = []
    with ExitStack() as asking, take_turn(store):
        asking.enter_context(waiting(other, done)).join(0.1)
        assert done == []
    assert done == ["turn"]


def test_a_turn_is_given_back_when_a_step_fails(store: Store, other: Store) -> None:
    with pytest.raises(ZeroDivisionError), take_turn(store):
        raise ZeroDivisionError
    with waiting(other, done := []):
        pass
    assert done == ["turn"]


def test_a_daemon_and_a_backfill_are_there_at_the_same_time_and_two_of_a_kind_are_not(
    store: Store, other: Store
) -> None:
    with hold_lock(store, turns=True), hold_backfill(other):
        assert is_backfilling(store)
        with take_turn(other):
            pass
        with pytest.raises(ConfigError, match="in use"), hold_backfill(store):
            pass
        with pytest.raises(ConfigError, match="in use"), hold_lock(other, turns=True):
            pass
    assert not is_backfilling(store)


def test_a_command_of_one_step_keeps_the_turn_to_its_end(store: Store, other: Store) -> None:
    done: list[str] = []
    with ExitStack() as asking, hold_lock(store):
        asking.enter_context(waiting(other, done)).join(0.1)
        assert done == []
    assert done == ["turn"]


def test_who_asks_whether_there_is_a_backfill_does_not_keep_one_from_its_beginning(store: Store, other: Store) -> None:
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            is_backfilling(other)
            over.wait(0.002)  # others get a turn, as between two steps of a daemon

    daemon = threading.Thread(target=ask)
    daemon.start()
    try:
        for _ in range(30):
            with hold_backfill(store):
                pass
    finally:
        over.set()
        daemon.join()
