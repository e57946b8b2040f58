"""Absences that are booked in the CRM reach the rules where the operator says that they count, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.handoff import Colleague
from sync.core.model.records import Kind, RecordRef
from sync.flow.case import load_directories
from tests.store.house import House

IS1 = RecordRef("salesforce", "User", "IS1")


def count(house: House, yes: bool) -> None:
    clocks = (house.context.rules.is_clock, house.context.rules.fs_clock)
    is_clock, fs_clock = (replace(c, calendars=replace(c.calendars, booked_count=yes)) for c in clocks)
    house.change(rules=replace(house.context.rules, is_clock=is_clock, fs_clock=fs_clock))


def book(house: House, **facts: str) -> RecordRef:
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
