"""What a connection has spent, and what the server said the time is."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sync.errors import BudgetExhausted
from sync.ports import Usage

_WAIT_S = 900.0
"""Vendors' quotas roll or reset unannounced; asking again every quarter of an hour costs nothing."""


_JUMP = timedelta(hours=36)


class Meter:
    """Counts every HTTP call of a connection and keeps the latest `Date`. Safe to use from several threads."""

    def __init__(self, share: float) -> None:
        self._lock = threading.Lock()
        self._share = share
        self._calls = 0
        self._used: int | None = None
        self._max: int | None = None
        self._now: datetime | None = None
        self._last_told: datetime | None = None

    @property
    def now(self) -> datetime | None:
        """The server's clock at its latest answer; None before the first."""
        return self._now

    def check(self) -> None:
        """Raises BudgetExhausted when the account's own counter has passed our share of the quota.

        After that, one call every quarter of an hour would learn whether it opened again; the caller waits.
        """
        with self._lock:
            used, limit = self._used, self._max
            if not limit or used is None or used < limit * self._share:
                return
            self._used = None  # the next call is let through: only an answer tells that the quota has opened again
        raise BudgetExhausted(
            f"the account has used {used} of {limit} API calls, past the share of {self._share:.0%} set for Baton",
            retry_after=_WAIT_S,
        )

    def count(self) -> None:
        with self._lock:
            self._calls += 1

    def note(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's headers."""
        told = _read_date(headers.get("Date", ""))
        if told is None:
            return
        with self._lock:
            before, self._last_told = self._last_told, told
            # One machine of many with a wrong clock must not move time: a jump is believed when the next answer agrees.
            if self._now is None or abs(told - self._now) <= _JUMP or (before and abs(told - before) <= _JUMP):
                self._now = told

    def note_quota(self, used: int, limit: int) -> None:
        with self._lock:
            self._used, self._max = used, limit

    def usage(self) -> Usage:
        with self._lock:
            return Usage(self._calls, self._used, self._max)


def _read_date(text: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(text)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
