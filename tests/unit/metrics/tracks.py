"""Tracks and questions for tests of the metrics: one pass a line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.metrics.measure import Measured, measure
from sync.core.metrics.question import Question, Version, months_until
from sync.core.metrics.track import Track

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 12, 1, tzinfo=UTC)
_numbers = count(1)


def at(day: str, hour: int = 12) -> datetime:
    """`10-06` of 2026 in Tokyo."""
    return datetime.fromisoformat(f"2026-{day}").replace(hour=hour, tzinfo=TOKYO)


def track(born: str = "10-01", **given: Any) -> Track:
    """A lead; `passed`, `deal`, `accepted`, `won`, `lost`, `returned` are days."""
    number = next(_numbers)
    days = {
        name: given.pop(name) for name in ("passed", "deal", "accepted", "won", "lost", "returned") if name in given
    }
    facts: dict[str, Any] = {"born_at": at(born), "version": "v1"}
    if passed := days.get("passed"):
        facts |= {"passed": True, "passed_at": at(passed)}
    if deal := days.get("deal"):
        facts |= {"is_deal": True, "deal_at": at(deal)}
    if accepted := days.get("accepted"):
        facts |= {"accepted": True, "accepted_at": at(accepted)}
    if over := days.get("won") or days.get("lost"):
        facts |= {"closed": True, "closed_at": at(over), "won": "won" in days}
    if returned := days.get("returned"):
        facts |= {"returned": True, "returned_at": at(returned)}
    return Track(f"h{number}", f"salesforce:Lead:{number}", **{**facts, **given})


def question(window: Iterable[str] = ("2026-10",), *, now: datetime = NOW, **given: Any) -> Question:
    return Question(now, TOKYO, tuple(window), given.pop("trend", months_until("2026-12", 12)), **given)


def measured(*tracks: Track, **given: Any) -> Measured:
    return measure(tracks, question(**given))


def many(n: int, hits: int, make: Any) -> list[Track]:
    """`make(hit)` so many times."""
    return [make(number < hits) for number in range(n)]


V1, V2 = Version("v1", date(2026, 1, 1)), Version("v2", date(2026, 8, 1), "厳格化")
A_DAY = timedelta(days=1)
