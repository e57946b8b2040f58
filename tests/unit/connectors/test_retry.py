"""Within one call: what is repeated, how long it waits, and what leaves at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.kit.errors import Answer, Refused
from connectors.kit.retry import Retry
from sync.errors import AuthError, BudgetExhausted, OutcomeUnknown, Throttled, TransientError


def failing(*errors: Exception) -> Callable[[], str]:
    waiting = list(errors)

    def call() -> str:
        if waiting:
            raise waiting.pop(0)
        return "done"

    return call


@pytest.mark.parametrize(
    "error",
    [
        AuthError("no"),
        Refused("no", Answer(400)),
        BudgetExhausted("no", 1.0),
        OutcomeUnknown("no"),
        ValueError("no"),
        Throttled("asks for longer than a call may take", 21.0),
    ],
)
def test_what_waiting_does_not_heal_leaves_at_once(error: Exception) -> None:
    slept: list[float] = []
    with pytest.raises(type(error)):
        Retry(sleep=slept.append)(failing(error))
    assert slept == []


def test_the_vendors_wish_is_waited_out() -> None:
    slept: list[float] = []
    assert Retry(sleep=slept.append)(failing(Throttled("slow", 10.0), Throttled("slow", 1.0))) == "done"
    assert 10 <= slept[0] <= 12.5
    assert 1 <= slept[1] <= 1.25


def test_a_vendor_whose_window_is_longer_than_it_says_is_waited_for() -> None:
    """HubSpot's windows are ten seconds long, whatever an answer of its edge asks for."""
    slept: list[float] = []
    assert Retry(sleep=slept.append)(failing(*[Throttled("slow", 1.0)] * 3)) == "done"
    assert 10 < sum(slept) <= 20
    with pytest.raises(TransientError):
        Retry(sleep=slept.append)(failing(*[TransientError("down", 2.0)] * 4))
    assert all(2 <= seconds <= 2.5 for seconds in slept[3:]), "an outage is no matter of pace"


def test_those_that_were_refused_together_do_not_come_back_together() -> None:
    slept: list[float] = []
    for _ in range(9):
        Retry(sleep=slept.append)(failing(Throttled("slow", 1.0)))
    assert len(set(slept)) > 1


def test_the_total_wait_is_capped() -> None:
    slept: list[float] = []
    with pytest.raises(Throttled):
        Retry(sleep=slept.append, cap=20)(failing(*[Throttled("slow", 9.0)] * 5))
    assert sum(slept) <= 20


def test_it_gives_up_with_the_error_itself() -> None:
    slept: list[float] = []
    with pytest.raises(TransientError, match="third"):
        Retry(attempts=3, sleep=slept.append)(failing(*(TransientError(name) for name in ("first", "second", "third"))))
    assert len(slept) == 2
    assert all(0 <= seconds <= 8 for seconds in slept)


def test_a_server_that_hung_is_not_asked_again() -> None:
    slept: list[float] = []
    with pytest.raises(TransientError, match="hung"):
        Retry(sleep=slept.append, clock=iter((0.0, 100.0)).__next__)(failing(TransientError("hung")))
    assert slept == []
