"""Erasing a person: nothing of them stays in any table, they are not kept again, and nobody else loses anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sync.core.model.records import RecordRef
from sync.flow import erase as flow
from sync.flow.erase import erase, find, lift
from sync.store import Store, ledger, open_store
from tests.store.house import House, build
from tests.store.test_sealed import dump

PAIN = "月末の締めに五日かかり残業が増えている"
MAIL = "yamada@aoba.example.jp"
OTHER = "佐藤は別の会社の担当者"


def two_people(store: Store) -> tuple[House, RecordRef, RecordRef]:
    """One in both CRMs with a call, and somebody else with one call of their own and one that both were in."""
    house = build(store)
    lead = house.lead("00Q1", {"Email": MAIL, "Pain__c": PAIN})
    contact = house.hs.put("contacts", "7001", {"email": MAIL, "lifecyclestage": "marketingqualifiedlead"},
                           created_at="2026-10-05T03:00:00Z")  # fmt: skip
    other = house.lead("00Q2", {"Pain__c": OTHER})
    for task, subjects in (("00T1", [lead]), ("00T2", [lead, other]), ("00T3", [other])):
        house.sf.put("Task", task, type="call", direction="outbound", status="done", automated=False,
                     subjects=[str(one) for one in subjects], at="2026-10-06T03:00:00Z", logged_at="2026-10-06T03:00:00Z")  # fmt: skip
    house.settle()
    return house, lead, contact


def test_a_person_is_found_in_both_crms_with_what_hangs_on_them_alone(store: Store) -> None:
    _, lead, contact = two_people(store)
    for named in (lead, contact):
        found = find(store, named)
        assert set(found.records) == {lead, contact}
        assert found.hanging == 1


def test_nothing_of_them_stays_in_any_table(store: Store) -> None:
    house, lead, contact = two_people(store)
    assert all(text in dump(store) for text in (PAIN, MAIL, str(lead), str(contact), "Task:00T1"))
    done = erase(store, contact, house.clock.now)
    left = dump(store)
    for text in (PAIN, MAIL, str(lead), str(contact), "Task:00T1", "00Q1", "7001"):
        assert text not in left.replace("00T2", ""), text
    assert done.hanging == 1
    assert OTHER in left and "Task:00T3" in left and "Task:00T2" in left


def test_they_are_not_kept_again_however_often_their_crm_tells_of_them(store: Store) -> None:
    house, lead, _ = two_people(store)
    erase(store, lead, house.clock.now)
    for step in range(3):
        house.clock.pass_(minutes=20)
        house.lead("00Q1", {"Pain__c": f"{PAIN}{step}"})
        house.sf.put("Task", f"00T9{step}", type="call", direction="outbound", status="done", automated=False,
                     subjects=[str(lead)], at="2026-10-06T03:00:00Z", logged_at="2026-10-06T03:00:00Z")  # fmt: skip
        house.run(sweep=True)
    left = dump(store)
    assert PAIN not in left and MAIL not in left and "00T90" not in left and "Task:00T3" in left


def test_the_others_of_their_handoffs_are_judged_without_them(store: Store) -> None:
    house, lead, contact = two_people(store)
    deal = house.sf.put("Opportunity", "0061", {"Name": "導入", "StageName": "Prospecting"}, owner="salesforce:User:FS1",
                        created_at="2026-10-06T03:00:00Z", closed=False, won=False)  # fmt: skip
    person = house.sf.put("Contact", "0031", {"Email": MAIL, "LastName": "山田"}, created_at="2026-10-06T03:00:00Z")
    house.sf.put(
        "OpportunityContactRole", "00K1", person=str(person), deal=str(deal), role="Decision Maker", primary=True
    )
    house.settle()
    found = find(store, person)
    assert {lead, contact, person} == set(found.records)
    erase(store, person, house.clock.now)
    report = house.run()
    assert "judge_failed" not in report.counts["judge"] and "link_failed" not in report.counts["link"]
    left = dump(store)
    assert str(deal) in left and str(person) not in left and "00K1" not in left


def test_what_they_wrote_is_not_kept_in_texts_on_the_records_of_others(store: Store) -> None:
    house = build(store)
    created: dict[str, Any] = {"created_at": "2026-10-06T03:00:00Z"}
    contact = house.hs.put("contacts", "7001", {"email": MAIL, "pain": PAIN}, **created)
    person = house.sf.put("Contact", "0031", {"Email": MAIL, "LastName": "山田"}, **created)
    values = {"Name": "導入", "StageName": "Prospecting", "Type": "New Business"}
    deal = house.sf.put("Opportunity", "0061", values, owner="salesforce:User:FS1", closed=False, won=False, **created)
    role = {"person": str(person), "deal": str(deal), "role": "Decision Maker", "primary": True}
    house.sf.put("OpportunityContactRole", "00K1", **role)
    house.sf.put("Task", "00T1", type="call", status="done", owner="salesforce:User:IS1", subjects=[str(deal)],
                 at="2026-10-06T03:00:00Z", logged_at="2026-10-06T03:00:00Z")  # fmt: skip
    house.settle()
    house.clock.pass_(days=2)
    house.settle()
    assert PAIN in str(house.sf.flags(deal)["brief"])
    erase(store, contact, house.clock.now)
    with store.read() as tx:
        written = ledger.read_history(tx, [deal])
    assert any("status" in one.new for one in written), "what is no text is kept"
    assert not any({"brief", "note"} & {*one.old, *one.new} for one in written)
    house.settle()
    assert PAIN not in str(house.sf.flags(deal).get("brief")), "the record is put right as well"
    assert PAIN not in dump(store), "nor as what stood there before that"
    assert not any("sealed:" in str(value) for value in house.sf.flags(deal).values())


def test_a_record_can_be_kept_again(store: Store) -> None:
    house, lead, _ = two_people(store)
    erase(store, lead, house.clock.now)
    assert lift(store, [lead]) == 1 and lift(store, [lead]) == 0
    house.clock.pass_(minutes=1)
    house.lead("00Q1", {"Pain__c": "新しい相談"})
    house.run()
    assert "新しい相談" in dump(store)


def test_the_pages_of_the_file_hold_nothing_of_them(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    store = open_store(f"sqlite:///{path}")
    house, lead, _ = two_people(store)
    assert MAIL.encode() in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    erase(store, lead, house.clock.now)
    store.close()
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert MAIL.encode() not in left and b"00Q1" not in left and PAIN.encode() not in left


def test_a_store_without_erasures_asks_nothing_of_its_records(store: Store) -> None:
    house, _, _ = two_people(store)
    with store.write() as tx:
        records = list(house.sf.records.values())
        assert flow.leave_out_erased(tx, records) is records
