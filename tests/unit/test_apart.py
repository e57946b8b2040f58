"""Works side by side in processes of their own: what they bring, tell and raise, and that none is left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial
from multiprocessing import active_children

import pytest

from connectors.kit.errors import Answer, Refused
from sync.apart import Tell, run_apart
from sync.errors import AuthError, BugError, ConfigError, Problem, TransientError


def _nothing(_stream: str, _count: int) -> None:
    return


def _bring(what: str, tell: Tell) -> tuple[str, int]:
    tell(what, 1)
    return what, os.getpid()


def _fail(error: BaseException, _tell: Tell) -> tuple[str, int]:
    raise error


def _refuse(_tell: Tell) -> tuple[str, int]:
    raise Refused("not that field", Answer(400, body={"Email": "taro@example.jp"}))


def _die(_tell: Tell) -> tuple[str, int]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _leave(_tell: Tell) -> tuple[str, int]:
    os._exit(3)


def _hang(_tell: Tell) -> tuple[str, int]:
    time.sleep(600)
    raise AssertionError


def test_each_brings_its_own_from_its_own_process_and_all_are_heard() -> None:
    heard: list[tuple[str, int]] = []
    works = {name: partial(_bring, name) for name in ("a", "b")}
    found = run_apart(works, lambda stream, count: heard.append((stream, count)))
    assert {name: one and one[0] for name, one in found.items()} == {"a": "a", "b": "b"}
    (_, here), (_, there) = (one or ("", 0) for one in found.values())
    assert here == os.getpid() != there
    assert sorted(heard) == [("a", 1), ("b", 1)]
    assert not active_children()


def test_one_that_is_killed_brings_nothing_and_one_that_leaves_without_a_word_is_a_bug() -> None:
    assert run_apart({"a": partial(_bring, "a"), "b": _die}, _nothing)["b"] is None
    with pytest.raises(BugError, match="baton-b ended with 3"):
        run_apart({"a": partial(_bring, "a"), "b": _leave}, _nothing)


def test_an_error_comes_back_as_what_it_is_without_what_the_crm_answered() -> None:
    with pytest.raises(TransientError, match="not that field") as raised:
        run_apart({"a": partial(_bring, "a"), "b": _refuse}, _nothing)
    assert type(raised.value) is TransientError
    assert "example.jp" not in repr(vars(raised.value))


def test_what_is_wrong_here_or_interrupted_ends_the_others() -> None:
    with pytest.raises(AuthError, match="revoked"):
        run_apart({"a": partial(_fail, AuthError("revoked")), "b": _hang}, _nothing)
    assert not active_children()
    problem = Problem("x", "y")

    def interrupt() -> None:
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run_apart({"a": partial(_bring, "a"), "b": _hang, "c": partial(_fail, ConfigError(problem))}, _nothing)
    assert not active_children()
