"""Simulated time: driven, flowing, and always aware."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from connectors.simulator.clock import SimClock

START = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)


def test_a_driven_clock_moves_only_when_told() -> None:
    clock = SimClock(START, speed=0)
    assert clock.now() == START
    clock.advance(timedelta(hours=1))
    clock.advance(timedelta(minutes=-30))
    assert clock.now() == START + timedelta(minutes=30)
    clock.set(datetime(2026, 10, 7, tzinfo=timezone(timedelta(hours=9))))
    assert clock.now() == datetime(2026, 10, 6, 15, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_a_flowing_clock_keeps_its_place_when_the_speed_changes() -> None:
    clock = SimClock(START, speed=0)
    clock.run(3_600)
    time.sleep(0.02)
    clock.run(0)
    stopped = clock.now()
    assert timedelta(seconds=0.02 * 3_600) <= stopped - START < timedelta(hours=10)
    assert clock.now() == stopped
    clock.run(1)
    clock.set(START)
    assert timedelta(0) <= clock.now() - START < timedelta(minutes=1), "set keeps time flowing"


def test_by_default_it_is_real_time() -> None:
    assert abs(SimClock().now() - datetime.now(UTC)) < timedelta(seconds=30)


def test_naive_instants_and_negative_speeds_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        SimClock(START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="negative"):
        SimClock().run(-1)
