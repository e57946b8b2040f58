"""Repeating one call within seconds. What takes longer is the engine's: it keeps the work and comes back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from connectors.kit.errors import Refused
from sync.errors import BudgetExhausted, OutcomeUnknown, Throttled, TransientError

T = TypeVar("T")
_LONGER = 3
_LONGEST_S = 90.0
"""A server that hangs is not waited for again and again: a stopping daemon waits for its calls."""


class Retry:
    """Runs a call up to `attempts` times while it fails with a TransientError that waiting can heal.

    Waits what the vendor asks and up to a quarter more (many that were refused together must not come back together), else
    0.3 s doubling with jitter; never more than `cap` seconds in total: an error that asks for a longer wait leaves at once. A
    vendor that says again, after the wait it asked for, that there are too many calls, is given three times as long: its window
    may be longer than its answer says. A refusal, an exhausted budget and a write of unknown outcome are not repeated.
    """

    def __init__(
        self,
        attempts: int = 4,
        cap: float = 20.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempts = attempts
        self._cap = cap
        self._sleep = sleep
        self._clock = clock
        self._backoff = wait_random_exponential(multiplier=0.3, max=8)

    def __call__(self, call: Callable[[], T]) -> T:
        began = self._clock()
        try:
            return call()
        except TransientError as error:
            return self._again(call, error, began)

    def _again(self, call: Callable[[], T], failed: TransientError, began: float) -> T:
        """The first attempt failed so. What repeats is made here alone: hardly any call needs it."""
        first = [failed]

        def attempt() -> T:
            if first:
                raise first.pop()
            return call()

        slept = [0.0]
        asked: list[float | None] = []

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked.append(error.retry_after if isinstance(error, TransientError) else None)
            again = _count_last(asked) if isinstance(error, Throttled) else 1
            return self._wait(state, asked[-1], _LONGER ** (again - 1), self._cap - slept[0])

        def worth(error: BaseException) -> bool:
            if isinstance(error, Refused | BudgetExhausted | OutcomeUnknown) or not isinstance(error, TransientError):
                return False
            return slept[0] + (error.retry_after or 0.0) <= self._cap

        def sleep(seconds: float) -> None:
            slept[0] += seconds
            self._sleep(seconds)

        return Retrying(
            retry=retry_if_exception(worth),
            wait=wait,
            stop=stop_after_attempt(self._attempts) | stop_after_delay(_LONGEST_S - (self._clock() - began)),
            sleep=sleep,
            reraise=True,
        )(attempt)

    def _wait(self, state: RetryCallState, asked: float | None, times: int, at_most: float) -> float:
        if asked is None:
            return self._backoff(state)
        return max(asked, min(asked * times * random.uniform(1.0, 1.25), at_most))  # noqa: S311 (no secret)


def _count_last(asked: Sequence[float | None]) -> int:
    """How often the latest wish was uttered in a row."""
    return sum(1 for _ in takewhile(lambda one: one == asked[-1], reversed(asked)))
