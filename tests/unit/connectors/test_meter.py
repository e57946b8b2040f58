"""Counting calls, keeping the server's time, and stopping at our share of the quota."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.kit.instant import instant_fact, read_instant
from connectors.kit.limiter import Limiter
from connectors.kit.meter import Meter


def test_the_servers_clock_is_that_of_the_latest_answer() -> None:
    meter = Meter("X")
    assert meter.now is None
    meter.note({"Date": "Tue, 06 Oct 2026 01:00:00 GMT"})
    meter.note({})
    assert meter.now == datetime(2026, 10, 6, 1, 0, tzinfo=UTC)


def test_no_second_sees_more_calls_than_allowed() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    limiter = Limiter(4, clock=lambda: now[0], sleep=sleep)
    starts: list[float] = []
    for number in range(40):
        limiter.wait()
        starts.append(now[0])
        now[0] += 0.01 if number % 3 else 0.2
    assert all(later - earlier > 0.999 for earlier, later in zip(starts, starts[4:], strict=False))
    assert starts[3] < 1


def test_no_limit_never_waits() -> None:
    def sleep(_: float) -> None:
        raise AssertionError("waited")

    limiter = Limiter(0, sleep=sleep)
    for _ in range(100):
        limiter.wait()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-20T09:15:02.000+0000", "2026-11-20T09:15:02Z"),
        ("2026-02-25T16:23:49.023Z", "2026-02-25T16:23:49Z"),
        ("2026-03-12T10:00:00Z", "2026-03-12T10:00:00Z"),
        ("2026-03-12T19:00:00+09:00", "2026-03-12T10:00:00Z"),
        ("1773300826615", "2026-03-12T07:33:46Z"),
        (1773300826615, "2026-03-12T07:33:46Z"),
        ("", None),
        (None, None),
        ("2026-03-12", None),
        ("2026-03-12T10:00:00", None),
        ("tomorrow", None),
        ("9" * 30, None),
    ],
)
def test_instants_of_both_vendors_are_read_and_nothing_is_guessed(text: object, shown: str | None) -> None:
    assert instant_fact(text) == shown
    assert (read_instant(text) is None) is (shown is None)


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Oct 2026 01:00:00 GMT", "Tue, 06 Oct 99999 01:00:00 GMT"])
def test_a_date_that_is_none_moves_nothing(date: str) -> None:
    meter = Meter("X")
    meter.note({"Date": "Tue, 06 Oct 2026 01:00:00 GMT"})
    meter.note({"Date": date})
    meter.note({})
    assert meter.now == datetime(2026, 10, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("odd", ["Tue, 06 Oct 2037 01:00:30 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_one_machine_with_a_wrong_clock_does_not_move_time(odd: str) -> None:
    meter = Meter("X")
    for date in ("Tue, 06 Oct 2026 01:00:00 GMT", odd, "Tue, 06 Oct 2026 01:00:30 GMT"):
        meter.note({"Date": date})
        assert meter.now is not None and meter.now.year == 2026


def test_a_jump_that_the_next_answer_confirms_is_believed() -> None:
    meter = Meter("X")
    for date in ("Tue, 06 Oct 2026 01:00:00 GMT", "Fri, 06 Nov 2026 01:00:00 GMT", "Fri, 06 Nov 2026 01:00:01 GMT"):
        meter.note({"Date": date})
    assert meter.now == datetime(2026, 11, 6, 1, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "²", "9" * 400, "--1", []])
def test_an_instant_that_no_clock_shows_is_none(text: object) -> None:
    assert read_instant(text) is None


def test_an_early_year_is_written_with_four_digits() -> None:
    assert instant_fact("0202-01-01T00:00:00Z") == "0202-01-01T00:00:00Z"
