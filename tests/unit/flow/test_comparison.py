"""The full comparison repairs whatever differs, a slice at a time, and believes no list that is much too short."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sync.core.model.records import RecordRef
from sync.errors import RunProblem, Shortfall, TransientError
from sync.flow.comparison import HELD, LINKS, begin_comparison, compare, has_work
from sync.flow.connect import prepare
from sync.flow.cycle import run_once
from sync.flow.report import CycleReport, Outcome
from sync.store import comparison, records
from tests.store.house import House

DAY = timedelta(hours=24)


def reconcile(house: House) -> CycleReport:
    return run_once(house.context, reconcile=True)


def stored(house: House, *refs: RecordRef) -> dict[RecordRef, bool]:
    """Whether deleted, of those that are stored."""
    with house.context.store.read() as tx:
        return {ref: deleted for ref, (_, deleted) in records.read_stamps(tx, refs).items()}


def compared(house: House, part: str = "Lead") -> comparison.Progress:
    with house.context.store.read() as tx:
        return next(one for one in comparison.read(tx) if one.part == part)


def vanish(house: House, ref: RecordRef) -> None:
    """Removed without a bin: no head and no sweep tells of it."""
    del house.sf.records[ref]
    house.sf.changes = [one for one in house.sf.changes if one != ref]


def test_what_was_removed_without_a_trace_is_found_and_nothing_else_is_read(house: House) -> None:
    lead, other = house.lead("00Q1"), house.lead("00Q2")
    house.settle()
    vanish(house, lead)
    house.clock.pass_(hours=1)
    assert house.run(sweep=True).problems == ()
    assert stored(house, lead) == {lead: False}
    reads = house.sf.calls.count("read Lead")
    report = reconcile(house)
    assert (report.outcome, report.counts["reconcile"]["missing"]) == (Outcome.DONE, 1)
    assert stored(house, lead, other) == {lead: True, other: False}
    assert house.sf.calls.count("read Lead") - reads == 1


def test_what_is_missing_older_or_deleted_on_one_side_is_read_again(house: House) -> None:
    older, restored = house.lead("00Q1"), house.lead("00Q2")
    house.settle()
    house.sf.delete(restored)
    house.run()
    house.clock.pass_(minutes=1)
    house.sf.records[restored] = replace(house.sf.records[restored], deleted=False)
    unheard = house.lead("00Q3")
    house.lead("00Q1", {"Title": "部長"})
    house.sf.changes = [one for one in house.sf.changes if one != unheard][:-1]  # no head will tell of them
    house.run()
    assert stored(house, restored, unheard) == {restored: True}
    house.clock.pass_(minutes=1)
    assert reconcile(house).counts["reconcile"]["differing"] == 3
    assert stored(house, restored, unheard) == {restored: False, unheard: False}
    with house.context.store.read() as tx:
        assert records.load(tx, [older])[older].record.values["Title"] == "部長"
    house.clock.pass_(minutes=1)
    again = reconcile(house).counts["reconcile"]
    assert again.keys() == {"compared"}, "what was repaired differs no more"


def test_it_goes_on_after_a_restart_where_the_slice_ended(house: House) -> None:
    for n in range(10):
        house.lead(f"00Q{n}")
    house.settle()
    vanish(house, RecordRef("salesforce", "Lead", "00Q4"))
    house.clock.pass_(hours=25)
    context, _ = prepare(house.context)
    assert has_work(context, house.clock.now)
    begin_comparison(context, house.clock.now)
    slices = 0
    while has_work(context, house.clock.now) and slices < 99:
        for connection in prepare(house.context)[0].connections.values():  # as another process would
            assert compare(context, connection, house.clock.now, steps=1).problems == []
        slices += 1
    assert slices > 10
    assert stored(house, RecordRef("salesforce", "Lead", "00Q4")) == {RecordRef("salesforce", "Lead", "00Q4"): True}
    assert compared(house).finished_at == house.clock.now
    with house.context.store.read() as tx:
        assert comparison.count_unseen(tx, "salesforce", "Lead", house.clock.now) > 0, "what was seen is forgotten"


def test_a_first_reading_is_as_good_as_a_comparison_and_the_next_is_a_day_later(house: House) -> None:
    house.lead()
    house.run()
    context, _ = prepare(house.context)
    assert not has_work(context, house.clock.now)
    assert not has_work(context, house.clock.now + DAY - timedelta(minutes=1))
    assert has_work(context, house.clock.now + DAY)
    assert has_work(replace(context, reconcile=timedelta(hours=2)), house.clock.now + timedelta(hours=2))


def test_a_list_that_is_much_too_short_is_held_until_a_person_says_that_it_is_right(house: House) -> None:
    leads = [house.lead(f"00Q{n:03}") for n in range(130)]
    house.context = replace(house.context, hold_minimum=10_000)
    house.settle()
    for lead in leads[:120]:
        vanish(house, lead)
    house.clock.pass_(hours=1)
    report = reconcile(house)
    assert report.outcome is Outcome.PARTIAL
    assert report.counts["reconcile"]["missing_held"] == 120
    assert report.problems == (RunProblem(Shortfall.MISSING, "salesforce:Lead", "130", 120),)
    assert not any(stored(house, *leads).values())
    assert compared(house).place == HELD
    context, _ = prepare(house.context)
    assert not has_work(context, house.clock.now), "it is not asked again and again"
    house.context = replace(house.context, gate_approved=True)
    assert reconcile(house).counts["reconcile"]["missing"] == 120
    assert sum(stored(house, *leads).values()) == 120


def test_a_held_list_is_read_anew_when_its_time_comes(house: House) -> None:
    leads = [house.lead(f"00Q{n:03}") for n in range(130)]
    house.settle()
    house.sf.unlisted = {lead.record_id for lead in leads[:120]}
    house.clock.pass_(hours=1)
    reconcile(house)
    house.sf.unlisted = set()
    house.clock.pass_(hours=25)
    house.run()
    assert reconcile(house).problems == ()
    assert compared(house).place == "" and compared(house).finished_at == house.clock.now


def test_a_record_that_only_the_list_left_out_stays(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.unlisted = {lead.record_id}
    house.clock.pass_(hours=1)
    assert reconcile(house).counts["reconcile"]["missing"] == 1
    assert stored(house, lead) == {lead: False}


def test_a_record_that_came_while_the_list_was_read_is_not_looked_for(house: House) -> None:
    house.lead()
    house.settle()
    house.clock.pass_(hours=1)
    context, _ = prepare(house.context)
    begin_comparison(context, house.clock.now, at_once=True)
    house.clock.pass_(minutes=1)
    new = house.lead("00Q0")
    house.sf.unlisted = {new.record_id}
    house.run()
    tally = compare(context, context.connections["salesforce"], house.clock.now, None)
    assert "missing" not in tally.counts


def test_what_breaks_is_told_and_goes_on_another_time_while_the_others_are_compared(house: House) -> None:
    lead = house.lead()
    house.settle()
    vanish(house, lead)
    house.sf.broken["inventory Lead"] = TransientError("server error")
    house.clock.pass_(hours=1)
    report = reconcile(house)
    assert report.outcome is Outcome.PARTIAL and any("server error" in one.detail for one in report.problems)
    assert compared(house).begun_at is not None and compared(house, "Contact").begun_at is None
    house.sf.broken.clear()
    house.clock.pass_(minutes=1)
    assert reconcile(house).outcome is Outcome.DONE
    assert stored(house, lead) == {lead: True}


def test_a_reading_that_breaks_between_two_streams_ends_none_of_them(house: House) -> None:
    lead = house.lead()
    house.settle()
    vanish(house, lead)
    house.sf.broken["read Lead"] = TransientError("server error")
    house.clock.pass_(hours=1)
    report = reconcile(house)
    assert Shortfall.UNCOMPARED in {problem.code for problem in report.problems}
    assert compared(house).begun_at is not None
    house.sf.broken.clear()
    assert reconcile(house).outcome is Outcome.DONE
    assert stored(house, lead) == {lead: True}


def test_a_stream_that_is_switched_off_keeps_nothing_waiting(house: House) -> None:
    house.sf.missing["EmailMessage"] = "no such object"
    house.lead()
    house.settle()
    house.clock.pass_(hours=25)
    assert reconcile(house).outcome is Outcome.DONE
    assert "inventory EmailMessage" not in house.sf.calls


def test_a_call_that_was_moved_without_a_stamp_is_found_where_no_clock_runs(house: House) -> None:
    house.lead()
    person = house.hs.put("contacts", "101", {"email": "00Q1@example.jp", "lifecyclestage": "lead"},
                          created_at="2026-10-01T00:00:00Z")  # fmt: skip
    call = house.hs.put("calls", "7", type="call", direction="outbound", status="done", at="2026-10-05T01:00:00Z",
                        owner="hubspot:owners:1", subjects=[])  # fmt: skip
    house.settle()
    house.hs.put("calls", "7", silently=True, subjects=[str(person)])
    house.clock.pass_(hours=1)
    house.run()
    with house.context.store.read() as tx:
        assert records.load(tx, [call])[call].record.facts["subjects"] == []
    assert reconcile(house).outcome is Outcome.DONE
    with house.context.store.read() as tx:
        assert records.load(tx, [call])[call].record.facts["subjects"] == [str(person)]
    assert compared(house, LINKS).begun_at is None and compared(house, LINKS).finished_at is not None


def test_formulas_are_read_again_of_what_is_open_and_in_scope(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.unstamped = ("Title",)
    house.sf.put("Lead", "00Q1", {"Title": "計算結果"}, silently=True)
    house.clock.pass_(hours=1)
    house.run()
    with house.context.store.read() as tx:
        assert records.load(tx, [lead])[lead].record.values.get("Title") is None
    assert reconcile(house).counts["reconcile"]["formulas"] == 1
    with house.context.store.read() as tx:
        assert records.load(tx, [lead])[lead].record.values["Title"] == "計算結果"
