"""The budget of calls a day: what it allows, when it opens again, and what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.kit.budget import AccountDay, BudgetSettings, RollingDay
from connectors.kit.meter import Meter
from sync.budget import SHARES, Limit, Purpose, calling_for, current_purpose
from sync.errors import BudgetExhausted

NOON = datetime(2026, 10, 6, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKYO = AccountDay(ZoneInfo("Asia/Tokyo"))


class Wall:
    """A clock in seconds and the vendor's beside it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()

    def headers(self) -> dict[str, str]:
        return {"Date": self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")}


def meter(daily: Any, day: Any = None, *, account: str = "100%", wall: Wall | None = None) -> tuple[Meter, Wall]:
    wall = wall or Wall()
    one = Meter("CRM", BudgetSettings(daily=daily, account=account), day or RollingDay(), wall)  # pyright: ignore[reportArgumentType]  # as an operator writes it
    one.note(wall.headers())
    return one, wall


def spend(one: Meter, calls: int, purpose: Purpose = Purpose.HEAD) -> int:
    """How many of so many calls were let through."""
    with calling_for(purpose):
        for number in range(calls):
            try:
                one.spend()
            except BudgetExhausted:
                return number
    return calls


# -- what the operator writes


@pytest.mark.parametrize(
    ("written", "daily"),
    [("20%", 0.2), (30000, 30000), ({"daily": "12.5 %"}, 0.125), ({"daily": 1}, 1), ({}, 0.2), ("100%", 1.0)],
)
def test_a_budget_is_a_share_or_a_number_of_calls(written: Any, daily: float) -> None:
    read = BudgetSettings.model_validate(written)
    assert read.daily == daily
    assert type(read.daily) is type(daily)
    assert read.account == 0.8


@pytest.mark.parametrize("written", [0.8, 0, -1, "0%", "101%", "20", "many", True, None, {"daily": "5"}, {"dayly": 1}])
def test_what_could_mean_either_is_refused_with_what_to_write(written: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        BudgetSettings.model_validate(written)
    (error,) = caught.value.errors()
    if error["type"] == "value_error":
        assert "%" in error["ctx"]["error"].hint  # pyright: ignore[reportTypedDictNotRequiredAccess]  # of what the model itself raised


# -- never more than the budget


@given(
    st.integers(0, 300),
    st.lists(st.tuples(st.sampled_from(list(Purpose)), st.integers(0, 60), st.integers(0, 400)), max_size=40),
)
@example(10, [(Purpose.DEADLINE, 60, 0), (Purpose.DEADLINE, 60, 23 * 60 + 59), (Purpose.DEADLINE, 60, 1)])
def test_no_day_of_whatever_start_sees_more_calls_than_the_budget(
    allowance: int, asked: list[tuple[Purpose, int, int]]
) -> None:
    one, wall = meter(max(allowance, 1))
    made: list[tuple[datetime, Purpose]] = []
    for purpose, calls, minutes in asked:
        made += [(wall.now, purpose)] * spend(one, calls, purpose)
        wall.now += timedelta(minutes=minutes)
    for start, _ in made:
        day = [purpose for at, purpose in made if start <= at < start + 24 * HOUR]
        assert len(day) <= max(allowance, 1)
    for number, (at, purpose) in enumerate(made):
        before = [one for one, _ in made[:number] if at - 24 * HOUR < one]
        assert len(before) < max(int(max(allowance, 1) * SHARES[purpose]), 1)


@given(st.integers(1, 60), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 900)), max_size=30))
def test_no_day_of_the_account_sees_more_calls_than_the_budget(allowance: int, asked: list[tuple[int, int]]) -> None:
    one, wall = meter(allowance, TOKYO)
    made: dict[Any, int] = {}
    for calls, minutes in asked:
        day = wall.now.astimezone(TOKYO.zone).date()
        made[day] = made.get(day, 0) + spend(one, calls, Purpose.DEADLINE)
        wall.now += timedelta(minutes=minutes)
    assert all(calls <= allowance for calls in made.values())


def test_each_purpose_leaves_the_rest_for_those_before_it() -> None:
    one, _ = meter(100)
    done = {purpose: spend(one, 1000, purpose) for purpose in reversed(Purpose)}
    assert list(done.values()) == [50, 30, 10, 5, 5]
    assert [pause.purpose for pause in one.usage().pauses] == list(Purpose)


def test_a_share_counts_from_the_quota_that_the_vendor_tells() -> None:
    one, _ = meter("20%")
    assert spend(one, 500) == 500
    one.note_quota(600, 1000)
    assert spend(one, 1) == 0
    one.note_quota(600, 10_000)
    assert spend(one, 2000) == 1800 - 500
    assert one.usage().allowance == 2000


def test_what_was_spent_before_a_restart_counts() -> None:
    first, wall = meter(100)
    spend(first, 60)
    again, _ = meter(100, wall=wall)
    again.set_spent(first.take_spent())
    assert spend(again, 100) == 30
    assert first.take_spent() == {}
    assert sum(again.take_spent().values()) == 30


def test_what_was_spent_before_anybody_told_the_time_counts() -> None:
    wall = Wall()
    one = Meter("CRM", BudgetSettings(daily=10), RollingDay(), wall)
    assert spend(one, 3) == 3
    one.note(wall.headers())
    assert one.usage().ours == 3
    assert spend(one, 10) == 6


# -- when it opens again


def test_calls_of_any_day_come_back_an_hour_at_a_time() -> None:
    one, wall = meter(20)
    spend(one, 10)
    wall.now += HOUR
    assert spend(one, 99) == 8
    (pause,) = [each for each in one.usage().pauses if each.purpose is Purpose.HEAD]
    assert (pause.limit, pause.since) == (Limit.BUDGET, wall.now)
    assert pause.until == NOON + 25 * HOUR  # the whole hour of the first ten must have left the last 24
    wall.now = pause.until - timedelta(seconds=1)
    assert spend(one, 1) == 0
    wall.now = pause.until
    assert spend(one, 99) == 10
    assert [each.since for each in one.usage().pauses if each.purpose is Purpose.HEAD] == [wall.now]


def test_a_day_of_the_account_ends_at_its_own_midnight() -> None:
    one, wall = meter(10, TOKYO)
    assert spend(one, 99) == 9
    with pytest.raises(BudgetExhausted) as caught:
        one.spend()
    assert caught.value.retry_after == 12 * 3600  # noon in Tokyo
    wall.now = datetime(2026, 10, 6, 14, 59, 59, tzinfo=UTC)
    assert spend(one, 1) == 0
    wall.now += timedelta(seconds=1)
    assert spend(one, 99) == 9


def test_a_day_of_23_hours_has_one_midnight() -> None:
    berlin = AccountDay(ZoneInfo("Europe/Berlin"))
    assert berlin.start(datetime(2026, 3, 29, 20, tzinfo=UTC)) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert berlin.end(datetime(2026, 3, 29, 20, tzinfo=UTC)) == datetime(2026, 3, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", None, "Nowhere/Nothing", "../etc/passwd", 7])
def test_a_zone_that_nobody_knows_changes_nothing(name: object) -> None:
    day = AccountDay(ZoneInfo("Asia/Tokyo"))
    day.tell_zone(name)
    assert day.zone.key == "Asia/Tokyo"


def test_the_zone_may_be_told_while_another_thread_asks() -> None:
    day = AccountDay()

    class Asked(datetime):
        def __ge__(self, other: Any) -> bool:
            day.tell_zone("Asia/Tokyo")
            return super().__ge__(other)

    assert day.start(NOON) == NOON.replace(hour=0)
    day.end(Asked(2026, 10, 6, 4, tzinfo=UTC))
    assert day.start(NOON) == datetime(2026, 10, 5, 15, tzinfo=UTC)


# -- others


def test_it_yields_when_all_tools_together_come_near_the_limit_and_still_confirms_deadlines() -> None:
    one, wall = meter(10_000, account="80%")
    one.note_quota(79_999, 100_000)
    assert spend(one, 3) == 3
    one.note_quota(80_000, 100_000)
    for purpose in Purpose:
        assert spend(one, 1, purpose) == (1 if purpose is Purpose.DEADLINE else 0)
    wall.now += timedelta(minutes=15)
    assert spend(one, 1) == 1  # nobody says when a rolling quota opens: one call looks
    one.note_quota(80_001, 100_000)
    assert spend(one, 1) == 0
    one.note_quota(79_000, 100_000)
    assert spend(one, 1) == 1


def test_a_counter_of_a_day_that_is_over_says_nothing() -> None:
    one, wall = meter(10_000, TOKYO, account="80%")
    one.note_quota(90_000, 100_000)
    assert spend(one, 1) == 0
    wall.now = datetime(2026, 10, 6, 15, 0, 59, tzinfo=UTC)
    assert spend(one, 1) == 0  # a margin behind midnight
    wall.now += timedelta(seconds=1)
    assert spend(one, 1) == 1


def test_a_limit_of_our_own_app_is_kept_by_purpose() -> None:
    one, _ = meter(10_000)
    one.note_quota(500, 100_000)
    one.note_app(85, 100)
    assert [spend(one, 1, purpose) for purpose in Purpose] == [1, 1, 1, 0, 0]
    one.note_app(100, 100)
    assert [spend(one, 1, purpose) for purpose in Purpose] == [0] * 5


def test_a_refusal_of_the_vendor_stops_everything_until_then() -> None:
    one, wall = meter(10_000, TOKYO)
    with pytest.raises(BudgetExhausted):
        raise one.refuse()
    assert [spend(one, 1, purpose) for purpose in Purpose] == [0] * 5
    wall.now = datetime(2026, 10, 6, 15, 1, tzinfo=UTC)
    assert spend(one, 1) == 1
    rolling, wall = meter(10_000)
    assert (rolling.refuse(3600).retry_after or 0) == 3600
    assert rolling.refuse(10**9).retry_after == 24 * 3600
    assert Meter("CRM").refuse(None).retry_after == 900  # before any time was told


def test_time_goes_on_while_nobody_is_heard() -> None:
    one, wall = meter(100, TOKYO)
    spend(one, 100, Purpose.DEADLINE)
    assert one.paused
    wall.now += 13 * HOUR
    assert one.now == NOON
    assert one.reckoned == NOON + 13 * HOUR
    assert not one.paused


def test_another_clock_is_believed_only_where_it_is_ahead() -> None:
    one, _ = meter(1)
    one.note_time(NOON - HOUR)
    assert one.now == NOON
    one.note_time(NOON + HOUR)
    assert one.now == NOON + HOUR
    unheard = Meter("CRM")
    unheard.note_time(NOON)
    assert unheard.now is None


# -- what it says


def test_an_error_names_the_limit_what_is_used_until_when_and_what_to_do() -> None:
    one, _ = meter(20)
    one.note_quota(400, 1000)
    spend(one, 99)
    for words in ("18 of 18", "20 a day", "400 of 1000", "18 of them by Baton", "2026-10-07 04:00 UTC", "budget.daily"):
        assert words in _told(one)
    yielding, _ = meter("20%", account="40%")
    yielding.note_quota(400, 1000)
    for words in ("all tools together", "past 40%", "400 of 1000", "0 of them by Baton", "03:15 UTC", "budget.account"):
        assert words in _told(yielding)
    app, _ = meter("20%")
    app.note_app(7, 7)
    for words in ("7 of 7", "admin", "this app", "03:15 UTC"):
        assert words in _told(app)
    refused, _ = meter("20%")
    refused.note_quota(1000, 1000)
    for words in ("used up", "1000 of 1000", "03:15 UTC"):
        assert words in str(refused.refuse(None))


def _told(one: Meter) -> str:
    with pytest.raises(BudgetExhausted) as caught:
        one.spend()
    return str(caught.value)


def test_the_purpose_ends_with_what_it_was_for() -> None:
    assert current_purpose() is Purpose.HEAD
    with calling_for(Purpose.SWEEP):
        with pytest.raises(ValueError), calling_for(Purpose.DEADLINE):
            raise ValueError
        assert current_purpose() is Purpose.SWEEP
    assert current_purpose() is Purpose.HEAD
