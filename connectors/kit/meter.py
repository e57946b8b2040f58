"""What a connection spends and may spend, and what the server said the time is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from connectors.kit.budget import BudgetSettings, Counter, Day, Ledger, RollingDay, full_hour, merge_hours, tell
from sync.budget import SHARES, Limit, Pause, Purpose, Usage, current_purpose
from sync.errors import BudgetExhausted

_JUMP = timedelta(hours=36)
_FIRST_TO_WAIT = min(Purpose, key=SHARES.__getitem__)
"""No other purpose waits while this one does not."""


class Meter:
    """Counts the calls of a connection, refuses those that its budget has no room for, and keeps the latest `Date`.

    `clock` (seconds of any origin) tells how long ago that was. Safe to use from several threads.
    """

    def __init__(
        self,
        vendor: str,
        settings: BudgetSettings | None = None,
        day: Day | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._vendor = vendor
        self._ledger = Ledger(settings or BudgetSettings(), day or RollingDay())
        self._clock = clock
        self._calls = 0
        self._unplaced = 0
        """Spent before the first answer told what hour it is."""
        self._unsaved: dict[datetime, int] = {}
        self._now: datetime | None = None
        self._heard_at = 0.0
        self._last_told: datetime | None = None
        self._since: dict[Purpose, tuple[Limit, datetime]] = {}

    @property
    def now(self) -> datetime | None:
        """The server's clock at its latest answer; None before the first."""
        return self._now

    @property
    def reckoned(self) -> datetime | None:
        """The server's clock now, by how long ago it was heard."""
        with self._lock:
            return self._reckon()

    @property
    def paused(self) -> bool:
        """Whether some calls are not made now, so that the server may not be heard for hours."""
        with self._lock:
            now = self._reckon()
            return now is not None and self._ledger.blocked(_FIRST_TO_WAIT, now) is not None

    def spend(self) -> None:
        """One call that costs, for the present purpose. Raises BudgetExhausted, without counting, when it must not be made."""
        purpose = current_purpose()
        with self._lock:
            now = self._reckon()
            if now is None:
                self._unplaced += 1
                return
            pause = self._pause(purpose, now)
            if pause is None:
                self._place(now, 1)
                return
            raise self._exhausted(pause, now)

    def count(self) -> None:
        """One HTTP call, whether it costs or not."""
        with self._lock:
            self._calls += 1

    def refuse(self, retry_after: float | None = None) -> BudgetExhausted:
        """The vendor refused a call because the account's quota is used up; the error to raise."""
        with self._lock:
            now = self._reckon() or datetime.now(UTC)  # no vendor refuses without telling the time
            self._ledger.refuse(now, retry_after)
            pause = self._pause(current_purpose(), now)
            assert pause is not None
            return self._exhausted(pause, now)

    def note(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's headers."""
        told = _read_date(headers.get("Date", ""))
        if told is None:
            return
        with self._lock:
            before, self._last_told = self._last_told, told
            # One machine of many with a wrong clock must not move time: a jump is believed when the next answer agrees.
            if self._now is None or abs(told - self._now) <= _JUMP or (before and abs(told - before) <= _JUMP):
                self._set(told)

    def note_time(self, at: datetime) -> None:
        """Somebody else's clock, which is believed where it is ahead of ours: nobody is heard while no call is made."""
        with self._lock:
            now = self._reckon()
            if now is not None and at > now:
                self._set(at)

    def note_quota(self, used: int, limit: int) -> None:
        """The vendor's counter of all tools."""
        with self._lock:
            if limit > 0 and (now := self._reckon()):
                self._ledger.account = Counter(used, limit, now)

    def note_app(self, used: int, limit: int) -> None:
        """The vendor's counter of our app, where it has a limit of its own."""
        with self._lock:
            if limit > 0 and (now := self._reckon()):
                self._ledger.app = Counter(used, limit, now)

    def take_spent(self) -> dict[datetime, int]:
        """Calls by full hour since this was asked last: whoever asks keeps them."""
        with self._lock:
            spent, self._unsaved = self._unsaved, {}
            return spent

    def set_spent(self, hours: Mapping[datetime, int]) -> None:
        """All that was kept so far, by this process, those before and those beside it."""
        with self._lock:
            self._ledger.hours = merge_hours(hours, self._unsaved)

    def usage(self) -> Usage:
        with self._lock:
            now, account = self._reckon(), self._ledger.account
            return Usage(
                self._calls,
                account.used if account else None,
                account.maximum if account else None,
                self._ledger.ours(now) if now else self._unplaced,
                self._ledger.allowance(),
                dict(self._ledger.hours),
                tuple(self._pauses(now)) if now else (),
            )

    def _set(self, at: datetime) -> None:
        self._now, self._heard_at = at, self._clock()
        if self._unplaced:
            self._place(at, self._unplaced)
            self._unplaced = 0

    def _place(self, now: datetime, calls: int) -> None:
        hour = full_hour(now)
        self._ledger.spend(hour, calls)
        self._unsaved[hour] = self._unsaved.get(hour, 0) + calls

    def _reckon(self) -> datetime | None:
        if self._now is None:
            return None
        return self._now + timedelta(seconds=max(self._clock() - self._heard_at, 0.0))

    def _pauses(self, now: datetime) -> Iterator[Pause]:
        return (pause for purpose in Purpose if (pause := self._pause(purpose, now)))

    def _pause(self, purpose: Purpose, now: datetime) -> Pause | None:
        found = self._ledger.blocked(purpose, now)
        if found is None:
            self._since.pop(purpose, None)
            return None
        limit, until, allowed = found
        before, since = self._since.get(purpose, (limit, now))
        since = since if before is limit else now
        self._since[purpose] = limit, since
        return Pause(purpose, limit, since, until, self._ledger.ours(now), allowed)

    def _exhausted(self, pause: Pause, now: datetime) -> BudgetExhausted:
        wait = max((pause.until - now).total_seconds(), 1.0)
        return BudgetExhausted(tell(pause, self._vendor, self._ledger), retry_after=wait)


@lru_cache(maxsize=4)
def _read_date(text: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(text)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
