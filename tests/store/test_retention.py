"""What is over is dropped after its time, verdicts and dates stay, and what comes back is judged on the whole again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from sync.core.model.records import RecordRef
from sync.errors import Shortfall, TransientError
from sync.store import Store, agenda
from sync.store.tables import HandoffRow, OutboxRow, SourceRecordRow, table
from tests.store.house import House, build
from tests.store.test_sealed import dump

PAIN = "月末の締めに五日かかり残業が増えている"
KEPT = timedelta(days=400)


def a_lead_that_is_over(store: Store) -> tuple[House, RecordRef]:
    """Judged and flagged while it was open, closed since."""
    house = build(store)
    ref = house.lead(values={"Pain__c": PAIN})
    house.sf.put("Task", "00T1", type="call", direction="outbound", status="done", subjects=[str(ref)],
                 at="2026-10-06T03:00:00Z", logged_at="2026-10-06T03:00:00Z", automated=False)  # fmt: skip
    house.settle()
    house.clock.pass_(days=3)
    house.lead(values={"Status": "Closed - Not Converted"})
    house.settle()
    assert dump(store).count(PAIN) > 0
    return house, ref


def a_run_after(house: House, time: timedelta) -> dict[str, int]:
    house.clock.pass_(seconds=time.total_seconds())
    return dict(house.run().counts["house"])


def test_values_stay_as_long_as_the_operator_says(store: Store) -> None:
    house, _ = a_lead_that_is_over(store)
    assert "values_dropped" not in a_run_after(house, KEPT - timedelta(days=1))
    assert PAIN in dump(store) and "00Q1@example.jp" in dump(store)


def test_no_value_outlives_its_time_and_verdicts_do(store: Store) -> None:
    house, ref = a_lead_that_is_over(store)
    counts = a_run_after(house, KEPT + timedelta(days=1))
    assert counts["values_dropped"] == 2, "the lead and its call"
    assert counts["writes_forgotten"] >= 1
    left = dump(store)
    for text in (PAIN, "00Q1@example.jp", "アオバ工業", "山田", "03-5253-1111", "課題"):
        assert text not in left, text
    with store.read() as tx:
        summary = tx.execute(select(table(HandoffRow).c.summary)).scalar_one()
    assert summary["status"] == "out_of_scope" and summary["clocks"]["is_first_contact"]["state"]
    assert str(ref) in left


def test_open_handoffs_are_kept_however_long_they_rest(store: Store) -> None:
    house = build(store)
    house.lead(values={"Pain__c": PAIN})
    house.settle()
    assert "values_dropped" not in a_run_after(house, 3 * KEPT)
    assert PAIN in dump(store)


def test_what_was_dropped_is_judged_no_more_under_new_rules(store: Store) -> None:
    house, _ = a_lead_that_is_over(store)
    a_run_after(house, KEPT + timedelta(days=1))
    with store.write() as tx:
        agenda.mark_all_dirty(tx)
        tx.execute(table(HandoffRow).update().values(rules_hash="older"))
    assert house.run().counts["judge"].get("judged", 0) == 0


def test_a_lead_that_is_opened_again_is_read_and_judged_on_the_whole(store: Store) -> None:
    house, ref = a_lead_that_is_over(store)
    a_run_after(house, KEPT + timedelta(days=1))
    house.sf.put("Lead", "00Q1", {"Status": "Working"})
    house.settle()
    assert PAIN in dump(store)
    flags = house.sf.flags(ref)
    assert flags["status"] == "preparing" and "pain" not in flags["missing_items"].split(";")
    with store.read() as tx:
        expired = tx.execute(
            select(table(SourceRecordRow).c.ref).where(table(SourceRecordRow).c.expired_at.isnot(None))
        )
        assert list(expired) == [], "its call was read again as well"


def test_a_call_logged_late_on_what_was_dropped_brings_it_back(store: Store) -> None:
    house, ref = a_lead_that_is_over(store)
    a_run_after(house, KEPT + timedelta(days=1))
    house.sf.put("Task", "00T2", type="call", direction="outbound", status="done", subjects=[str(ref)],
                 at="2028-01-06T03:00:00Z", logged_at="2028-01-06T03:00:00Z", automated=False)  # fmt: skip
    house.settle()
    assert PAIN in dump(store)


def test_what_cannot_be_read_again_is_unreadable_and_told(store: Store) -> None:
    house, ref = a_lead_that_is_over(store)
    a_run_after(house, KEPT + timedelta(days=1))
    house.sf.broken["read Lead"] = TransientError("away")
    house.sf.put("Task", "00T3", type="call", direction="outbound", status="done", subjects=[str(ref)],
                 at="2028-01-06T03:00:00Z", logged_at="2028-01-06T03:00:00Z", automated=False)  # fmt: skip
    written = len(house.written)
    report = house.run()
    assert report.partial and Shortfall.EXPIRED_UNREAD in {problem.code for problem in report.problems}
    assert len(house.written) == written, "nothing was told on half of a record"


def test_the_house_is_kept_once_a_day(store: Store) -> None:
    house, _ = a_lead_that_is_over(store)
    assert a_run_after(house, KEPT + timedelta(days=1))["values_dropped"] == 2
    with store.write() as tx:
        tx.execute(table(OutboxRow).update().values(new={"note": PAIN}))
    assert "writes_forgotten" not in a_run_after(house, timedelta(hours=1))
    assert "writes_forgotten" in a_run_after(house, timedelta(days=1))
