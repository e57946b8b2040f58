"""A field that cannot be written holds that field, not the record; and no war is fought over a field."""

from __future__ import annotations

from dataclasses import replace

from sync.core.model.records import RecordRef
from sync.errors import RunProblem, Shortfall, TransientError
from sync.flow.context import Mode
from sync.flow.explain import explain
from sync.flow.preview import plan
from sync.flow.report import Outcome
from sync.flow.status import status
from sync.store.outbox import State
from sync.store.restraints import RestraintKind
from tests.store.house import COMPLETE, House


def flags_of(house: House, ref: RecordRef) -> set[str]:
    return set(house.sf.flags(ref))


def test_a_field_that_cannot_be_written_is_left_out_and_the_rest_is_written(house: House) -> None:
    house.sf.closed = {"Lead": {"note", "missing_items"}}
    lead = house.lead()
    report = house.run()
    assert house.sf.flags(lead)["status"] == "preparing"
    assert not {"note", "missing_items"} & flags_of(house, lead)
    assert report.outcome is Outcome.PARTIAL
    assert [str(one) for one in report.problems] == ["salesforce:Lead: unwritable: missing_items, note: NOT_WRITABLE"]
    house.clock.pass_(minutes=1)
    assert house.run().counts["deliver"] == {}, "and quiet from then on"
    assert [one.flag for one in status(house.context).unwritable] == ["missing_items", "note"]


def test_plan_and_explain_do_not_promise_what_cannot_be_written(house: House) -> None:
    house.sf.closed = {"Lead": {"note"}}
    lead = house.lead()
    house.settle()
    assert plan(house.context, house.clock.now).changes == ()
    assert explain(house.context, lead, house.clock.now).pending == ()


def test_a_field_that_appears_is_filled_at_the_next_check(house: House) -> None:
    house.sf.closed = {"Lead": {"note"}}
    lead = house.lead()
    house.settle()
    house.sf.closed = {}
    house.clock.pass_(minutes=1)
    report = house.run()
    assert report.outcome is Outcome.DONE
    assert house.sf.flags(lead)["note"]
    assert status(house.context).unwritable == ()


def test_a_field_that_was_hidden_is_read_again_before_it_is_written(house: House) -> None:
    lead = house.lead()
    house.settle()
    told = house.sf.flags(lead)["note"]
    house.sf.closed = {"Lead": {"note"}}
    house.sf.set_flags(lead, note=None)  # what is hidden reads as empty
    house.clock.pass_(minutes=1)
    house.run()
    house.sf.closed = {}
    shown = house.sf.records[lead]
    house.sf.records[lead] = replace(shown, flags={**(shown.flags or {}), "note": told})  # no stamp moves
    written = len(house.written)
    for _ in range(2):
        house.clock.pass_(minutes=1)
        house.run()
    assert len(house.written) == written, "what stands there was written again"


def test_a_field_that_was_hidden_stays_closed_while_it_cannot_be_read_again(house: House) -> None:
    lead = house.lead()
    house.settle()
    told = house.sf.flags(lead)["note"]
    house.sf.closed = {"Lead": {"note"}}
    house.sf.set_flags(lead, note=None)
    house.clock.pass_(minutes=1)
    house.run()
    house.sf.closed = {}
    shown = house.sf.records[lead]
    house.sf.records[lead] = replace(shown, flags={**(shown.flags or {}), "note": told})
    written = len(house.written)
    house.sf.broken["read Lead"] = TransientError("Salesforce answered 403")
    house.clock.pass_(minutes=1)
    assert house.run().outcome is Outcome.PARTIAL
    assert [one.flag for one in status(house.context).unwritable] == ["note"]
    house.sf.broken.clear()
    house.clock.pass_(minutes=1)
    house.run()
    assert len(house.written) == written, "what stands there was written again"
    assert status(house.context).unwritable == ()


def test_a_permission_taken_away_while_running_costs_one_refusal_and_no_other_record(house: House) -> None:
    house.sf.told_closed = False
    house.sf.closed = {"Lead": {"note"}}
    leads = [house.lead(f"00Q{number}") for number in range(4)]
    report = house.run(prepared=True)
    assert report.counts["deliver"] == {"delivered": 4, "fields_given_up": 1}
    assert [str(one) for one in report.problems] == ["salesforce:Lead: unwritable: note: CLOSED: the field is closed"]
    house.clock.pass_(minutes=1)
    house.lead("00Q0", values=dict(COMPLETE))
    assert house.run(prepared=True).outcome is Outcome.DONE
    assert "note" not in house.written[-1][1]
    house.sf.closed = {}
    house.run()
    assert all(house.sf.flags(lead)["note"] for lead in leads), "the next check finds it open"


def test_a_record_that_wants_nothing_but_a_closed_field_is_not_parked(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.sf.told_closed, house.sf.closed = False, {"Lead": {"note"}}
    house.sf.set_flags(lead, note="by hand")
    house.clock.pass_(minutes=1)
    report = house.run(prepared=True)
    assert report.counts["deliver"] == {"not_writable": 1, "fields_given_up": 1}
    assert not any(state is State.PARKED for _, state in status(house.context).outbox)


def test_what_was_ready_when_the_field_was_given_up_goes_out_without_it(house: House) -> None:
    house.sf.verdict = None
    house.change(hold_minimum=1)
    leads = [house.lead(f"00Q{number}") for number in range(3)]
    house.run()
    house.sf.closed = {"Lead": {"note"}}
    house.change(gate_approved=True)
    house.run()
    assert all(house.sf.flags(lead)["status"] == "preparing" for lead in leads)
    assert all("note" not in values for _, values in house.written)


def test_observing_asks_for_no_permission_to_write(house: House) -> None:
    house.change(mode=Mode.OBSERVE)
    house.sf.closed = {"Lead": {"note"}}
    house.lead()
    assert house.run().outcome is Outcome.DONE


def test_a_neighbour_that_rewrites_our_field_has_it_for_a_day_after_three_restorations(house: House) -> None:
    lead = house.lead()
    house.settle()
    for _ in range(12):
        house.clock.pass_(minutes=2)
        house.sf.set_flags(lead, status="passed")
        house.run()
    ours = [values["status"] for ref, values in house.written if ref == lead and "status" in values]
    assert ours == ["preparing"] * 4
    assert house.sf.flags(lead)["status"] == "passed"
    (one,) = status(house.context).contested
    assert (one.kind, one.ref, one.flag, one.code, one.message) == (
        RestraintKind.CONTESTED,
        lead,
        "status",
        "preparing",
        "passed",
    )
    house.clock.pass_(days=1, minutes=1)
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing", "tried again the next day"
    assert status(house.context).contested == ()


def test_other_fields_of_a_contested_record_are_kept_right(house: House) -> None:
    lead = house.lead()
    house.settle()
    for _ in range(6):
        house.clock.pass_(minutes=2)
        house.sf.set_flags(lead, next_actor="fs")
        house.run()
    house.lead(values=dict(COMPLETE))
    house.run()
    assert house.sf.flags(lead)["status"] == "ready"
    assert house.sf.flags(lead)["next_actor"] == "fs"


def test_what_somebody_typed_into_our_field_is_not_told(house: House) -> None:
    lead = house.lead()
    house.settle()
    problems: list[RunProblem] = []
    for _ in range(6):
        house.clock.pass_(minutes=2)
        house.sf.set_flags(lead, definition="call Mr Secret")
        problems += house.run().problems
    assert [p for p in problems if p.code is Shortfall.CONTESTED] == [
        RunProblem(Shortfall.CONTESTED, "salesforce:Lead", "definition", 1, (str(lead),))
    ]


def test_a_war_over_many_records_is_told_once_per_field(house: House) -> None:
    leads = [house.lead(f"00Q{number}") for number in range(5)]
    house.settle()
    told: list[RunProblem] = []
    for _ in range(6):
        house.clock.pass_(minutes=2)
        for lead in leads:
            house.sf.set_flags(lead, definition="by somebody else")
        told += house.run().problems
    names = tuple(str(lead) for lead in leads[:3])
    assert told == [RunProblem(Shortfall.CONTESTED, "salesforce:Lead", "definition", 5, names)]


def test_values_that_change_for_a_reason_are_no_war(house: House) -> None:
    lead = house.lead()
    house.settle()
    for number in range(10):
        house.clock.pass_(minutes=2)
        house.lead(values=dict(COMPLETE) if number % 2 == 0 else dict.fromkeys(COMPLETE))
        house.run()
    assert status(house.context).contested == ()
    assert house.sf.flags(lead)["status"] == "preparing"
