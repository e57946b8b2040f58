"""API calls by hour and how a connection stood, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.budget import Limit, Pause, Purpose, Usage
from sync.flow.spending import measure
from sync.store import Store, usage

HOUR = timedelta(hours=1)
AT = datetime(2026, 10, 6, 3, tzinfo=UTC)


def test_counts_of_processes_beside_each_other_add_up(store: Store) -> None:
    with store.write() as tx:
        usage.add_calls(tx, "a", {AT: 5, AT + HOUR: 1})
        usage.add_calls(tx, "b", {AT: 100})
        usage.add_calls(tx, "a", {AT: 2})
        usage.add_calls(tx, "a", {})
    with store.read() as tx:
        assert usage.read_calls(tx, "a") == {AT: 7, AT + HOUR: 1}
        assert usage.read_calls(tx, "a", AT + HOUR) == {AT + HOUR: 1}
    with store.write() as tx:
        usage.forget_calls(tx, "a", AT + HOUR)
        assert usage.read_calls(tx, "a") == {AT + HOUR: 1}
        assert usage.read_calls(tx, "b") == {AT: 100}


def test_how_a_connection_stood_is_told_as_it_was(store: Store) -> None:
    pause = Pause(Purpose.HEAD, Limit.BUDGET, AT, AT + HOUR, 90, 90)
    with store.write() as tx:
        assert usage.read_standing(tx, "a") is None
        usage.save_standing(tx, "a", Usage(7, 500, 1000, 90, 100, {AT: 90}, (pause,)))
        usage.save_standing(tx, "b", Usage(0))
    with store.read() as tx:
        assert usage.read_standing(tx, "a") == Usage(0, 500, 1000, 90, 100, {}, (pause,))
        assert usage.read_standing(tx, "b") == Usage(0)


def test_a_day_is_measured_by_its_ordinary_full_hours() -> None:
    hours = {AT - n * HOUR: 100 for n in range(1, 20)}
    assert measure(hours, 2400, AT + timedelta(minutes=30)) == 2400
    assert measure({**hours, AT - 3 * HOUR: 90_000, AT: 3}, 2400, AT + timedelta(minutes=30)) == 2400
    assert measure({AT - n * HOUR: 105 for n in range(1, 4)}, 2400, AT) == 2520
    assert measure({AT - n * HOUR: 105 for n in range(1, 3)}, 2400, AT) is None
    assert measure({AT - n * HOUR: 12 for n in range(1, 24)}, 2400, AT) is None, "run by hand now and then"
    assert measure({AT - n * HOUR: 105 for n in range(30, 40)}, 2400, AT) is None, "of another day"
