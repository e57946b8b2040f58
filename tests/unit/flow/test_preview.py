"""`plan` and `explain` tell what a run would do and why, from the store alone."""

from __future__ import annotations

import pytest

from sync.errors import ConfigError
from sync.flow.connect import prepare
from sync.flow.context import Mode
from sync.flow.explain import explain
from sync.flow.preview import plan
from sync.flow.pull import pull_head
from sync.flow.status import status
from tests.store.house import COMPLETE, House


def test_the_plan_names_every_field_with_old_and_new_value_and_is_what_a_run_writes(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.lead(values=dict(COMPLETE))
    house.lead("00Q2")
    house.run(write=False)
    before = (list(house.written), status(house.context).outbox)
    planned = plan(house.context, house.clock.now)
    assert (list(house.written), status(house.context).outbox) == before
    fields = {c.ref: {f.name: (f.old, f.new) for f in c.fields} for c in planned.changes}
    assert fields[lead]["status"] == ("preparing", "ready")
    assert planned.judged == planned.in_scope == 2
    written = len(house.written)
    house.run()
    assert {ref: set(values) for ref, values in house.written[written:]} == {r: set(f) for r, f in fields.items()}
    assert plan(house.context, house.clock.now).changes == ()


def test_the_plan_says_why_handoffs_are_out_of_scope(house: House) -> None:
    house.lead(values={"Status": "Unqualified"})
    house.run(write=False)
    planned = plan(house.context, house.clock.now)
    assert planned.in_scope == 0
    assert sum(planned.out_of_scope.values()) == 1
    assert "" not in planned.out_of_scope


def test_the_plan_says_when_records_wait_to_be_linked(house: House) -> None:
    house.lead()
    house.change(mode=Mode.OBSERVE)
    house.run()
    house.lead("00Q2")
    ready, _ = prepare(house.context)
    connection = ready.connections["salesforce"]
    pull_head(ready, connection, connection.streams, house.clock.now)
    assert plan(house.context, house.clock.now).unlinked == 1


def test_explain_tells_the_judgement_the_case_and_what_was_written_when(house: House) -> None:
    lead = house.lead()
    house.settle()
    house.lead(values=dict(COMPLETE))
    house.settle()
    told = explain(house.context, str(lead), house.clock.now)
    assert told.judgement.status.value == "ready"
    assert told.held["status"] == "ready"
    assert told.shown
    assert told.pending == ()
    assert [entry.new["status"] for entry in told.entries] == ["ready", "preparing"]
    assert told.case.records[lead].values["Company"] == "株式会社アオバ工業"


@pytest.mark.parametrize("ref", ["nonsense", "salesforce:Lead:unknown", "salesforce:User:IS1"])
def test_explain_of_what_is_no_handoff_says_so(house: House, ref: str) -> None:
    house.run()
    with pytest.raises(ConfigError, match=ref):
        explain(house.context, ref, house.clock.now)
