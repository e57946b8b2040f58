"""People who came by one upload: one start and one deadline for all, whatever the order in which they turn up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sync.cli.catalogue import speak
from sync.cli.explanation import Teller
from sync.core.model.handoff import ClockFinding
from sync.core.model.records import RecordRef
from sync.core.rules.definition import AtRisk, BatchRule, GivenBatch
from sync.flow.explain import explain
from sync.flow.status import status
from tests.store.house import House

EVENING = datetime(2026, 10, 9, 8, 30, tzinfo=UTC)
"""Friday 17:30 in Tokyo; the Monday after it is a holiday."""
TOGETHER = "2026-10-19T09:00:00Z"
"""The closing of the fifth working day after Friday."""
ALONE = "2026-10-20T09:00:00Z"
"""That of who came after closing: they count from Tuesday."""


@pytest.fixture
def house(house: House) -> House:
    house.clock.now = EVENING
    change(house, at_least=5)
    return house


def change(house: House, **policy: Any) -> None:
    """The policy of batches, with a smaller number than a company would take."""
    rules, is_clock = house.context.rules, house.context.rules.is_clock
    assert is_clock.batch is not None, "shipped"
    if "at_least" in policy:
        policy["rule"] = BatchRule(policy.pop("at_least"), timedelta(hours=1))
    changed = replace(is_clock, batch=replace(is_clock.batch, **policy), at_risk=AtRisk(share=0.25))
    house.change(rules=replace(rules, is_clock=changed, shows_at_risk=True, rules_hash=repr(changed.batch)))


def badges(house: House, *minutes: float, source: str = "展示会", **facts: Any) -> list[RecordRef]:
    """Created so many minutes after Friday 17:30."""
    found: list[RecordRef] = []
    for minute in minutes:
        at = EVENING + timedelta(minutes=minute)
        name = f"00Q{source}{minute}".replace(".", "_")
        values = {"LeadSource": source, "Email": f"b{minute}@{len(source)}.example.jp"}
        found.append(house.lead(name, values, created_at=f"{at:%Y-%m-%dT%H:%M:%SZ}", **facts))
    return found


def settle(house: House, minutes: float = 60) -> None:
    house.clock.now = max(house.clock.now, EVENING + timedelta(minutes=minutes))
    house.settle()


def dues(house: House, leads: list[RecordRef]) -> list[object]:
    return [house.sf.flags(lead).get("is_due") for lead in leads]


def clock_of(house: House, lead: RecordRef) -> ClockFinding:
    return explain(house.context, lead, house.clock.now).judgement.clocks[0]


def test_badges_of_a_friday_evening_are_due_together(house: House) -> None:
    leads = badges(house, 0, 10, 29, 31, 59)
    settle(house)
    assert dues(house, leads) == [TOGETHER] * 5, "the last two alone would be due a day later"


def test_one_too_few_go_by_themselves_until_one_more_comes(house: House) -> None:
    few = badges(house, 0, 10, 31, 59)
    settle(house)
    assert dues(house, few) == [TOGETHER, TOGETHER, ALONE, ALONE]
    more = badges(house, 60)
    settle(house, 61)
    assert dues(house, [*few, *more]) == [TOGETHER] * 5, "the span of an hour has both ends"


def test_an_upload_in_two_halves_is_one(house: House) -> None:
    first = badges(house, 0, 1, 2, 3, 4)
    settle(house, 6)
    start = len(house.written)
    second = badges(house, 50, 51, 52)
    settle(house)
    assert dues(house, [*first, *second]) == [TOGETHER] * 8
    assert {ref for ref, _ in house.written[start:]} == set(second), "those of the first half are not written again"


def test_two_sources_are_two_uploads(house: House) -> None:
    events, cards = badges(house, 0, 1, 31, 32), badges(house, 2, 3, 33, source="名刺交換")
    settle(house)
    assert dues(house, [*events, *cards]) == [TOGETHER, TOGETHER, ALONE, ALONE, TOGETHER, TOGETHER, ALONE]


def test_inquiries_of_other_sources_are_no_batch(house: House) -> None:
    leads = badges(house, 0, 1, 2, 31, 32, source="紹介")
    settle(house)
    assert [clock_of(house, lead).batch for lead in leads] == [None] * 5


def test_who_goes_may_leave_none(house: House) -> None:
    leads = badges(house, 0, 31, 32, 33, 34)
    settle(house)
    assert dues(house, leads) == [TOGETHER] * 5
    house.sf.delete(leads[0])
    settle(house, 70)
    assert dues(house, leads[1:]) == [ALONE] * 4
    house.lead(leads[1].record_id, {**house.sf.records[leads[1]].values, "LeadSource": "紹介"})
    settle(house, 80)
    assert {clock_of(house, lead).batch for lead in leads[1:]} == {None}


def test_what_the_person_asks_later_is_a_clock_of_their_own(house: House) -> None:
    leads = badges(house, 0, 31, 32, 33, 34)
    settle(house)
    called = EVENING + timedelta(days=4)
    at = f"{called:%Y-%m-%dT%H:%M:%SZ}"
    house.clock.now = called + timedelta(minutes=1)
    missed: dict[str, Any] = {
        "type": "call",
        "direction": "inbound",
        "connected": False,
        "duration_s": 0,
        "status": "done",
    }
    house.sf.put("Task", "T1", at=at, logged_at=at, subjects=[str(leads[4])], **missed)
    settle(house)
    assert clock_of(house, leads[4]).start == called
    assert clock_of(house, leads[4]).batch is None
    assert clock_of(house, leads[3]).start == EVENING


def test_nobody_is_told_of_each_that_little_time_is_left(house: House) -> None:
    leads, alone = badges(house, 0, 1, 2, 31, 59), badges(house, 0, source="名刺交換")
    settle(house)
    start = len(house.written)
    house.clock.now = datetime(2026, 10, 16, 8, 0, tzinfo=UTC)
    house.run()
    assert [house.sf.flags(lead)["is_sla"] for lead in (*leads, *alone)] == ["waiting"] * 5 + ["at_risk"]
    assert {ref for ref, _ in house.written[start:]} == set(alone)


def test_a_long_list_makes_no_storm(house: House) -> None:
    change(house, at_least=50)
    rules, is_clock = house.context.rules, house.context.rules.is_clock
    targets = {**is_clock.target_by_channel, "event": is_clock.target_by_channel["demo"]}
    timed = replace(is_clock, target_by_channel=targets, thin=None)
    house.change(rules=replace(rules, is_clock=timed, rules_hash="timed"), hold_minimum=10_000)
    uploaded = [n / 40 for n in range(1_100)]
    badges(house, *uploaded[:800], source="購入リスト")
    leads = badges(house, *uploaded[800:])
    settle(house, 40)
    first = Counter(ref for ref, _ in house.written)
    assert set(first.values()) == {1}, "one write brings each of them its state and its deadline"
    start = len(house.written)
    for closing in (datetime(2026, 10, day, 9, 15, tzinfo=UTC) for day in (9, 13, 14)):
        house.clock.now = max(house.clock.now, closing)
        house.run()
    again = Counter(ref for ref, _ in house.written[start:])
    assert again == Counter(leads), "and one more when it runs out, where there is a deadline at all"
    assert {clock_of(house, lead).state.value for lead in leads[::100]} == {"breached"}


@pytest.mark.parametrize(
    ("rank", "due"),
    [("A", "2026-10-15T09:00:00Z"), ("B", "2026-10-20T09:00:00Z"), ("C", None), (None, "2026-10-20T09:00:00Z")],
)
def test_what_the_operator_says_of_an_upload_counts(house: House, rank: str | None, due: str | None) -> None:
    given = GivenBatch("展示会", date(2026, 10, 9), date(2026, 10, 9), date(2026, 10, 10), rank)
    change(house, given=(given,))
    leads = badges(house, 0, 31)
    other = badges(house, 24 * 60)
    house.clock.now = EVENING + timedelta(days=5)
    settle(house)
    assert dues(house, leads) == [due] * 2, "from the opening of Tuesday, the first after the day that was given"
    assert clock_of(house, other[0]).batch is None, "of another day"


def test_what_is_to_start_is_waited_for(house: House) -> None:
    change(house, given=(GivenBatch("展示会", date(2026, 10, 9), date(2026, 10, 9), date(2026, 10, 14), "A"),))
    leads = badges(house, 0)
    settle(house)
    assert dues(house, leads) == [None]
    house.clock.now = datetime(2026, 10, 14, 0, 0, tzinfo=UTC)
    house.run()
    assert dues(house, leads) == ["2026-10-16T09:00:00Z"]


def test_what_is_told_of_it(house: House) -> None:
    change(house, at_least=5, capacity_per_day=3, worked_by=frozenset({"IS"}))
    leads = badges(house, 0, 1, 2, 31, 59, 60, 61)
    settle(house, 62)
    at = f"{house.clock.now:%Y-%m-%dT%H:%M:%SZ}"
    call: dict[str, Any] = {"type": "call", "direction": "outbound", "status": "done", "owner": "salesforce:User:IS1"}
    house.sf.put("Task", "T1", at=at, logged_at=at, subjects=[str(leads[0])], **call)
    settle(house, 63)
    (one,) = status(house.context).batches
    assert (one.source, one.records, one.open, one.people, one.per_day, one.days) == ("展示会", 7, 6, 1, 3, 2.0)
    assert one.start == EVENING and f"{one.due:%Y-%m-%dT%H:%M:%SZ}" == TOGETHER
    told = explain(house.context, leads[6], house.clock.now)
    zone = house.context.rules.is_clock.calendar.zone
    for language, wanted in (
        ("ja", "一括登録のSLA：「展示会」7件をまとめて 2026-10-09 17:30:00 JST から計る"),
        ("en", "one of a batch: 7 people from “展示会” share the start 2026-10-09 17:30:00 JST"),
    ):
        teller = Teller(speak(language), language, told.mapping, zone, told.calendars, together=told.together)
        assert any(wanted in line for line in teller.clock(told.judgement.clocks[0]))
