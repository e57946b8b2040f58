"""A run can be taken back: observed first, then as it was, where nobody changed it since."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.records import RecordRef
from sync.errors import ConfigError, RunProblem, Shortfall, TransientError
from sync.flow.context import Mode
from sync.flow.deliver import deliver
from sync.flow.preview import plan
from sync.flow.status import status
from sync.flow.undo import CHANGED, GONE, plan_undo, release, undo
from sync.ports import FlagWrite, WriteOutcome
from sync.store import outbox
from sync.store.outbox import State
from tests.store.fakes import Killed
from tests.store.house import COMPLETE, House


def first_run(house: House, count: int = 1) -> tuple[int, list[RecordRef]]:
    leads = [house.lead(f"00Q{number}") for number in range(count)]
    run = house.run().run_id
    house.clock.pass_(minutes=1)
    return run, leads


def test_the_records_get_back_what_they_held_and_are_only_observed(house: House) -> None:
    run, (lead,) = first_run(house)
    done = undo(house.context, run, approved=False)
    assert not done.partial
    assert house.sf.flags(lead) == {}
    house.clock.pass_(minutes=1)
    house.lead(values=dict(COMPLETE))
    house.run()
    house.clock.pass_(days=2)
    house.run()
    assert house.sf.flags(lead) == {}, "nothing of our own goes there any more"
    assert status(house.context).undone == {run: 1}
    assert plan(house.context, house.clock.now).changes, "what would be written is still told"


def test_released_they_are_written_again(house: House) -> None:
    run, (lead,) = first_run(house)
    undo(house.context, run, approved=False)
    house.clock.pass_(minutes=1)
    house.run()
    assert release(house.context, run) == 1
    house.run()
    assert house.sf.flags(lead)["status"] == "preparing"
    assert status(house.context).undone == {}


def test_values_from_before_come_back_not_emptiness(house: House) -> None:
    _, (lead,) = first_run(house)
    before = house.sf.flags(lead)
    house.lead("00Q0", values=dict(COMPLETE))
    second = house.run().run_id
    house.clock.pass_(minutes=1)
    undo(house.context, second, approved=False)
    assert house.sf.flags(lead) == before


def test_what_a_person_changed_since_is_left_and_told(house: House) -> None:
    run, (lead,) = first_run(house)
    house.sf.set_flags(lead, next_actor="revops")
    done = undo(house.context, run, approved=False)
    assert done.partial
    assert [(one.ref, one.reason, one.flags) for one in done.plan.left] == [(lead, CHANGED, ("next_actor",))]
    assert house.sf.flags(lead) == {"next_actor": "revops"}


def test_a_record_that_is_gone_is_told(house: House) -> None:
    run, (lead,) = first_run(house)
    house.sf.delete(lead)
    done = undo(house.context, run, approved=False)
    assert [(one.ref, one.reason) for one in done.plan.left] == [(lead, GONE)]


def test_a_preview_writes_nothing_and_holds_nothing(house: House) -> None:
    run, (lead,) = first_run(house)
    held = house.sf.flags(lead)
    found = plan_undo(house.context, run)
    assert [one.ref for one in found.restore] == [lead]
    assert house.sf.flags(lead) == held
    assert status(house.context).undone == {}


def test_asked_twice_the_second_does_nothing(house: House) -> None:
    run, _ = first_run(house)
    undo(house.context, run, approved=False)
    writes = house.sf.calls.count("write")
    again = undo(house.context, run, approved=False)
    assert again.plan.restore == ()
    assert house.sf.calls.count("write") == writes


def test_undoing_the_undoing_brings_the_values_back(house: House) -> None:
    run, (lead,) = first_run(house)
    before = house.sf.flags(lead)
    first = undo(house.context, run, approved=False)
    house.clock.pass_(minutes=1)
    undo(house.context, first.report.run_id, approved=False)
    assert house.sf.flags(lead) == before


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.WRITE])
def test_it_works_in_every_mode(house: House, mode: Mode) -> None:
    run, (lead,) = first_run(house)
    house.change(mode=mode)
    undo(house.context, run, approved=False)
    assert house.sf.flags(lead) == {}


def test_far_more_than_usual_waits_for_approval_and_nothing_else_is_released_by_it(house: House) -> None:
    run, leads = first_run(house, 4)
    house.lead("00Q9")
    house.change(hold_minimum=1)
    house.run()
    held = status(house.context).outbox["salesforce", State.HELD]
    assert held == 1
    done = undo(house.context, run, approved=False)
    assert done.held == 4
    assert all(house.sf.flags(lead) for lead in leads)
    house.run()
    assert status(house.context).outbox["salesforce", State.HELD] == 5, "a cycle in between does not drop them"
    done = undo(house.context, run, approved=True)
    assert not any(house.sf.flags(lead) for lead in leads)
    assert status(house.context).outbox["salesforce", State.HELD] == 1


def test_killed_after_sending_it_goes_on_and_writes_nothing_twice(house: House) -> None:
    run, (lead,) = first_run(house)
    house.sf.kill_after_writing = True
    with pytest.raises(Killed):
        undo(house.context, run, approved=False)
    house.sf.kill_after_writing = False
    writes = len(house.written)
    house.run()
    assert house.sf.flags(lead) == {}, "a cycle of the daemon in between writes nothing of our own"
    undo(house.context, run, approved=False)
    assert len(house.written) == writes
    assert house.sf.flags(lead) == {}


def test_killed_before_anything_was_read_the_records_are_observed_already(house: House) -> None:
    run, (lead,) = first_run(house)
    house.sf.broken["read_flags"] = TransientError("no answer")
    with pytest.raises(TransientError):
        undo(house.context, run, approved=False)
    latest = status(house.context).runs[0]
    assert (latest.job, latest.outcome, latest.problems) == (
        "undo",
        "failed",
        (RunProblem(Shortfall.FAILED, detail="no answer", error="TransientError"),),
    )
    del house.sf.broken["read_flags"]
    before = house.sf.flags(lead)
    house.lead("00Q0", values=dict(COMPLETE))
    house.run()
    assert house.sf.flags(lead) == before
    undo(house.context, run, approved=False)
    assert house.sf.flags(lead) == {}


def test_a_write_of_unknown_outcome_that_was_applied_belongs_to_the_run_that_sent_it(house: House) -> None:
    def apply_and_say_nothing(change: FlagWrite) -> Any:
        house.sf.answer = lambda _change: None
        house.sf._write(change)
        return WriteOutcome.UNKNOWN

    lead = house.lead("00Q0")
    house.sf.answer = apply_and_say_nothing
    first, second = house.run().run_id, house.run().run_id
    assert [one.ref for one in plan_undo(house.context, first).restore] == [lead]
    assert plan_undo(house.context, second).records == 0


def test_a_run_that_nobody_knows_is_a_mistake_of_the_caller(house: House) -> None:
    with pytest.raises(ConfigError, match="no such run"):
        undo(house.context, 99, approved=False)
    with pytest.raises(ConfigError, match="no such run"):
        plan_undo(house.context, 99)


def test_fields_that_cannot_be_written_are_left_and_told(house: House) -> None:
    run, (lead,) = first_run(house)
    house.sf.closed = {"Lead": {"note"}}
    done = undo(house.context, run, approved=False)
    assert [one.flags for one in done.plan.left] == [("note",)]
    assert set(house.sf.flags(lead)) == {"note"}


def test_records_of_other_runs_are_not_touched(house: House) -> None:
    run, _ = first_run(house)
    other = house.lead("00Q5")
    house.run()
    undo(replace(house.context), run, approved=False)
    assert house.sf.flags(other)["status"] == "preparing"


def test_what_was_refused_before_is_not_written_to_a_record_that_is_only_observed(house: House) -> None:
    run, (lead,) = first_run(house)
    house.sf.answer = lambda _change: WriteOutcome.REJECTED
    house.lead("00Q0", values=dict(COMPLETE))
    house.run()
    house.sf.answer = lambda _change: None
    (refused,) = [one.id for one in status(house.context).parked]
    undo(house.context, run, approved=False)
    before = house.sf.flags(lead)
    with house.context.store.write() as tx:
        outbox.retry(tx, [refused])
    deliver(house.context, house.clock.now)
    assert house.sf.flags(lead) == before, "retried while a cycle stands between judging and writing"
