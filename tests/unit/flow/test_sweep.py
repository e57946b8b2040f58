"""The sweep reaches back to what the last one could vouch for, and looks for links that move no stamp."""

from __future__ import annotations

from datetime import datetime

from sync.core.model.records import RecordRef
from sync.errors import AuthError, Shortfall, TransientError
from sync.flow.report import Outcome
from sync.store import records
from sync.store import streams as stream_store
from tests.store.house import House


def known(house: House, ref: RecordRef) -> bool:
    with house.context.store.read() as tx:
        return bool(records.read_stamps(tx, [ref]))


def last_sweep(house: House) -> datetime | None:
    with house.context.store.read() as tx:
        return next(s.last_sweep for s in stream_store.read_standings(tx, "salesforce") if s.stream == "Lead")


def hide(house: House, ref: RecordRef) -> object:
    """Take it out of every reading, as a transaction does that has not committed."""
    house.sf.changes.remove(ref)
    return house.sf.records.pop(ref)


def test_a_transaction_longer_than_the_overlap_loses_nothing(house: House) -> None:
    """Its rows carry stamps from when it ran; the heads have passed them long ago when they show up."""
    house.lead("00Q1")
    house.settle()
    began = house.clock.now
    late = house.lead("00Q2")
    pending = hide(house, late)
    house.sf.covered = began
    for _ in range(5):
        house.clock.pass_(minutes=30)
        house.lead("00Q3", {"Title": str(house.clock.now)})
        assert house.run(sweep=True).outcome is Outcome.DONE
    assert last_sweep(house) == began
    house.sf.records[late] = pending  # type: ignore[assignment]  # commits, with its old stamp
    house.sf.covered = None
    house.clock.pass_(minutes=1)
    house.run()
    assert not known(house, late), "no head can see it"
    now = house.clock.now
    house.run(sweep=True)
    assert known(house, late)
    assert last_sweep(house) == now


def test_without_a_word_from_the_crm_it_reaches_back_by_the_overlap(house: House) -> None:
    house.lead("00Q1")
    house.settle()
    house.run(sweep=True)
    late = house.lead("00Q2")
    pending = hide(house, late)
    house.clock.pass_(minutes=20)
    house.run(sweep=True)
    house.sf.records[late] = pending  # type: ignore[assignment]  # fifteen minutes late and more
    house.clock.pass_(minutes=5)
    house.run(sweep=True)
    assert known(house, late)


def test_a_sweep_that_broke_does_not_move_what_is_vouched_for(house: House) -> None:
    house.lead("00Q1")
    house.settle()
    before = last_sweep(house)
    house.sf.broken["sweep Lead"] = TransientError("server error")
    house.clock.pass_(hours=3)
    assert house.run(sweep=True).outcome is Outcome.PARTIAL
    assert last_sweep(house) == before


def test_a_call_that_is_moved_to_its_person_is_found_where_a_clock_runs_and_nothing_else_is_read(house: House) -> None:
    house.lead()
    at = "2026-10-06T02:00:00Z"
    person = house.hs.put("contacts", "101", {"email": "00Q1@example.jp"}, created_at=at)
    call = house.hs.put("calls", "7", type="call", direction="outbound", status="done", at=at, subjects=[])
    other = house.hs.put("calls", "8", type="call", direction="outbound", status="done", at=at, subjects=[])
    house.settle()
    house.hs.put("calls", "7", silently=True, subjects=[str(person)])
    house.clock.pass_(minutes=1)
    house.run()
    before = len(house.hs.calls)
    assert house.run(sweep=True).problems == ()
    with house.context.store.read() as tx:
        assert records.load(tx, [call])[call].record.facts["subjects"] == [str(person)]
    assert other and house.hs.calls[before:].count("read calls") == 1
    before = len(house.hs.calls)
    house.clock.pass_(minutes=1)
    house.run(sweep=True)
    assert "links" in house.hs.calls[before:] and "read calls" not in house.hs.calls[before:]


def test_a_call_that_was_taken_away_from_its_person_is_found_too(house: House) -> None:
    house.lead()
    at = "2026-10-06T02:00:00Z"
    person = house.hs.put("contacts", "101", {"email": "00Q1@example.jp"}, created_at=at)
    call = house.hs.put("calls", "7", type="call", direction="inbound", status="done", at=at, subjects=[str(person)])
    house.settle()
    house.hs.put("calls", "7", silently=True, subjects=[])
    house.clock.pass_(minutes=1)
    house.run(sweep=True)
    with house.context.store.read() as tx:
        assert records.load(tx, [call])[call].record.facts["subjects"] == []


def test_links_that_cannot_be_read_are_told_and_the_rest_goes_on(house: House) -> None:
    house.lead()
    house.hs.put("contacts", "101", {"email": "00Q1@example.jp"}, created_at="2026-10-06T02:00:00Z")
    house.settle()
    for error in (TransientError("server error"), AuthError("token refused")):
        house.hs.broken["links"] = error
        house.clock.pass_(minutes=1)
        report = house.run(sweep=True)
        assert report.outcome is Outcome.PARTIAL
        assert Shortfall.LINKS_UNREAD in {problem.code for problem in report.problems}


def test_it_costs_a_question_a_sweep_and_not_one_a_person(house: House) -> None:
    for n in range(40):
        house.lead(f"00Q{n}")
        house.hs.put("contacts", f"1{n}", {"email": f"00Q{n}@example.jp"}, created_at="2026-10-06T02:00:00Z")
    house.settle()
    before = len(house.hs.calls)
    house.clock.pass_(minutes=1)
    house.run(sweep=True)
    assert house.hs.calls[before:].count("links") == 1
