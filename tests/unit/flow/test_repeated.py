"""Texts that five or more open handoffs of one owner share word for word: named on all of them, and nothing else changes."""

from __future__ import annotations

from sync.core.model.records import RecordRef
from sync.store import texts
from tests.store.house import COMPLETE, House

PASTED = "請求書の発行に毎月4日かかり締め日に間に合わない"
SAID = "ほかの引き継ぎと同じ文面です"


def leads(house: House, count: int, first: int = 1, text: str = PASTED, **facts: str) -> list[RecordRef]:
    own = {**COMPLETE, "Pain__c": text}
    return [
        house.lead(f"00Q{n}", {**own, "SQL_Reason__c": f"{n}部署の責任者と話せている"}, **facts)
        for n in range(first, first + count)
    ]


def named(house: House, refs: list[RecordRef]) -> list[bool]:
    return [SAID in str(house.sf.flags(ref)["note"]) for ref in refs]


def test_the_fifth_is_named_and_with_it_the_other_four(house: House) -> None:
    four = leads(house, 4)
    house.settle()
    before = {ref: dict(house.sf.flags(ref)) for ref in four}
    assert not any(named(house, four))
    (fifth,) = leads(house, 1, first=5, text=f"  {PASTED.replace('4日', '４日')}\n")
    house.clock.pass_(minutes=1)
    house.run()
    assert all(named(house, [*four, fifth]))
    for ref in four:
        assert {name for name, value in house.sf.flags(ref).items() if value != before[ref][name]} == {"note"}
    note = str(house.sf.flags(fifth)["note"])
    assert f"・具体性の確認：顕在化している課題「{PASTED.replace('4日', '４日')}」は、{SAID} → " in note
    house.clock.pass_(minutes=1)
    assert house.run().counts["judge"] == {}


def test_it_goes_when_they_are_four_again(house: House) -> None:
    five = leads(house, 5)
    house.settle()
    assert all(named(house, five))
    house.clock.pass_(minutes=1)
    house.sf.put(
        "Lead", "00Q1", {**house.sf.records[five[0]].values, "Pain__c": "経理の担当者が1名で、休むと支払いが止まる"}
    )
    house.run()
    assert not any(named(house, five))


def test_those_already_named_stay_unwritten_when_one_more_comes(house: House) -> None:
    five = leads(house, 5)
    house.settle()
    start = len(house.written)
    (sixth,) = leads(house, 1, first=6)
    house.clock.pass_(minutes=1)
    house.run()
    assert named(house, [*five, sixth]) == [True] * 6
    assert {ref for ref, _ in house.written[start:]} == {sixth}


def test_texts_of_other_owners_of_closed_handoffs_and_short_ones_are_no_repetition(house: House) -> None:
    house.sf.put("User", "IS2", email="is2@us.example", active=True, roles=["IS"])
    here, there = leads(house, 4), leads(house, 4, first=11, owner="salesforce:User:IS2")
    closed = house.lead("00Q21", {**COMPLETE, "Pain__c": PASTED, "Status": "Unqualified"})
    short = leads(house, 5, first=31, text="残業が多い")
    house.settle()
    assert not any(named(house, [*here, *there, *short]))
    assert SAID not in str(house.sf.flags(closed).get("note"))


def test_no_text_lies_in_what_recognises_it(house: House) -> None:
    leads(house, 5)
    house.settle()
    with house.context.store.read() as tx:
        ids = [row[0] for row in tx.exec_driver_sql("select distinct handoff_id from shared_text")]
        held = texts.read(tx, ids, 5)
    marks = {mark for one in held.values() for mark in one.marks.values()}
    assert len(ids) == 5 and len(marks) == 6, "the pain is one, the reasons are five"
    assert all(len(mark) == 32 and int(mark, 16) for mark in marks)
