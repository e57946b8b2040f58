"""Absences that are booked in the CRM reach the rules where the operator says that they count, and only there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.handoff import Colleague
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.flow.case import load_directories
from tests.store.house import House

IS1 = RecordRef("salesforce", "User", "IS1")


def count(house: House, yes: bool) -> None:
    clocks = (house.context.rules.is_clock, house.context.rules.fs_clock)
    is_clock, fs_clock = (replace(c, calendars=replace(c.calendars, booked_count=yes)) for c in clocks)
    house.change(rules=replace(house.context.rules, is_clock=is_clock, fs_clock=fs_clock))


def book(house: House, **facts: Any) -> RecordRef:
    ref = house.sf.put("Event", "00U1", owner=str(IS1), **facts)
    house.sf.records[ref] = replace(house.sf.records[ref], kind=Kind.ABSENCE)
    return ref


def colleague(house: House) -> Colleague:
    with house.context.store.read() as tx:
        (directory,) = load_directories(house.context, tx).values()
    return directory[IS1]


@pytest.fixture
def away(house: House) -> House:
    count(house, yes=True)
    house.lead()
    house.settle()
    return house


def test_a_booked_absence_is_its_owner_s_until_it_is_taken_back(away: House) -> None:
    book(away, **{"from": "2026-10-06", "until": "2026-10-07"})
    away.run()
    (absence,) = colleague(away).absences
    assert (absence.start.isoformat(), absence.end.isoformat()) == ("2026-10-06T00:00:00", "2026-10-08T00:00:00")
    book(away, **{"from": "2026-10-06", "until": "2026-10-06"})
    away.run()
    assert [one.end.day for one in colleague(away).absences] == [7]
    away.sf.delete(RecordRef("salesforce", "Event", "00U1"))
    away.run()
    assert colleague(away).absences == ()


def test_a_new_absence_has_everything_judged_again(away: House) -> None:
    assert away.run().counts["judge"].get("judged", 0) == 0
    book(away, **{"from": "2026-10-06", "until": "2026-10-07"})
    assert away.run().counts["judge"]["judged"] == 1


def test_where_they_do_not_count_nothing_is_read_or_judged(away: House) -> None:
    count(away, yes=False)
    book(away, **{"from": "2026-10-06", "until": "2026-10-07"})
    assert away.run().counts["judge"].get("judged", 0) == 0
    assert colleague(away).absences == ()


def test_an_absence_is_no_contact(away: House) -> None:
    book(away, **{"from": "2026-10-06", "until": "2026-10-07"})
    away.run()
    assert away.sf.flags(RecordRef("salesforce", "Lead", "00Q1"))["is_sla"] == "waiting"


def waits_until(house: House) -> str:
    return house.sf.flags(RecordRef("salesforce", "Lead", "00Q1"))["is_due"]


@pytest.fixture
def paused(house: House) -> House:
    """A lead of Tuesday noon, due at six that day, where the owner's absences stop the clock."""
    rules = house.context.rules
    calendars = replace(rules.is_clock.calendars, booked_count=True)
    clock = replace(rules.is_clock, calendars=calendars, owner_absent_pauses=True)
    fs_clock = replace(rules.fs_clock, calendars=replace(rules.fs_clock.calendars, booked_count=True))
    house.change(rules=replace(rules, is_clock=clock, fs_clock=fs_clock, rules_hash="own"))
    house.lead()
    house.settle()
    assert waits_until(house) == "2026-10-06T09:00:00Z"
    book(house, **{"from": "2026-10-06", "until": "2026-10-07"})
    house.run()
    house.run()
    assert waits_until(house) == "2026-10-08T09:00:00Z"
    return house


def switch_to_busy(house: House) -> None:
    ref = RecordRef("salesforce", "Event", "00U1")
    house.sf.put("Event", "00U1")
    facts = {"type": "meeting", "status": "scheduled", "subjects": [], "owner": str(IS1)}
    house.sf.records[ref] = replace(house.sf.records[ref], kind=Kind.ACTIVITY, facts=facts)


def delete(house: House) -> None:
    house.sf.delete(RecordRef("salesforce", "Event", "00U1"))


def delete_for_good(house: House) -> None:
    """Only a reading by id tells, which knows nothing but that it is gone."""
    ref = RecordRef("salesforce", "Event", "00U1")
    house.sf.delete(ref)
    house.sf.records[ref] = SourceRecord(ref, Kind.ACTIVITY, house.clock.now, deleted=True)


@pytest.mark.parametrize("taken_back", [switch_to_busy, delete, delete_for_good])
def test_an_absence_that_is_none_any_more_moves_the_deadline_back(
    paused: House, taken_back: Callable[[House], None]
) -> None:
    paused.clock.pass_(minutes=1)
    taken_back(paused)
    paused.run()
    assert waits_until(paused) == "2026-10-06T09:00:00Z"


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (("2026-10-06", "2026-10-06"), "2026-10-07T09:00:00Z"),
        (("2026-10-20", "2026-10-21"), "2026-10-06T09:00:00Z"),
    ],
)
def test_an_absence_that_is_shortened_or_moved_moves_the_deadline(
    paused: House, days: tuple[str, str], due: str
) -> None:
    paused.clock.pass_(minutes=1)
    book(paused, **{"from": days[0], "until": days[1]})
    paused.run()
    assert waits_until(paused) == due


def test_an_absence_of_somebody_else_is_nobody_else_s(paused: House) -> None:
    paused.clock.pass_(minutes=1)
    ref = book(paused, **{"from": "2026-10-06", "until": "2026-10-07"})
    paused.sf.records[ref] = replace(
        paused.sf.records[ref], facts={**paused.sf.records[ref].facts, "owner": "salesforce:User:FS1"}
    )
    paused.run()
    assert waits_until(paused) == "2026-10-06T09:00:00Z"


def test_where_they_do_not_count_taking_one_back_judges_nothing(away: House) -> None:
    book(away, **{"from": "2026-10-06", "until": "2026-10-07"})
    away.run()
    count(away, yes=False)
    away.run()
    away.clock.pass_(minutes=1)
    delete_for_good(away)
    assert away.run().counts["judge"].get("judged", 0) == 0
