"""The whole loop on either database: what is read back is the same, whatever keeps it."""

from __future__ import annotations

from sync.flow.context import Mode
from sync.flow.explain import explain
from sync.flow.gate import approve
from sync.flow.preview import plan
from sync.flow.report import Outcome
from sync.flow.status import status
from sync.store import Store
from sync.store.outbox import State
from tests.store.house import COMPLETE, build


def test_observe_hold_approve_write_and_clear(store: Store) -> None:
    house = build(store, Mode.OBSERVE)
    leads = [house.lead(f"00Q{n}") for n in range(4)]
    assert house.run(sweep=True).outcome is Outcome.DONE
    assert status(house.context).outbox == {("salesforce", State.OBSERVED): 4}
    assert len(plan(house.context, house.clock.now).changes) == 4
    house.change(mode=Mode.WRITE, hold_minimum=3)
    assert house.run().outcome is Outcome.PARTIAL
    assert [h.held for h in status(house.context).held] == [4]
    assert approve(house.context, "salesforce") == 4
    house.settle()
    assert {house.sf.flags(lead)["status"] for lead in leads} == {"preparing"}
    house.lead("00Q0", dict(COMPLETE))
    house.clock.pass_(minutes=1)
    house.run(sweep=True)
    assert house.sf.flags(leads[0])["status"] == "ready"
    told = explain(house.context, leads[0], house.clock.now)
    assert [e.state for e in told.entries] == [State.DELIVERED, State.DELIVERED, State.SUPERSEDED]


def test_a_clock_runs_out_is_confirmed_and_wakes_by_itself(store: Store) -> None:
    house = build(store)
    lead = house.lead()
    house.settle()
    assert status(house.context).next_wake is not None
    house.clock.pass_(hours=24)
    report = house.run()
    assert report.counts["judge"]["confirmed"] == 1
    assert house.sf.flags(lead)["is_sla"] == "breached"
    assert status(house.context).handoffs == {"preparing": 1}


def test_idle_runs_leave_one_row_and_busy_ones_stay(store: Store) -> None:
    house = build(store)
    house.lead()
    house.settle()
    busy = len([r for r in status(house.context).runs if any(r.counts.values())])
    for _ in range(5):
        house.clock.pass_(seconds=30)
        house.run()
    runs = status(house.context).runs
    assert len([r for r in runs if any(r.counts.values())]) == busy
    assert len([r for r in runs if not any(r.counts.values())]) == 1
